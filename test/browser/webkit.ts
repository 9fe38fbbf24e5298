/** MiniBrowser of WebKitGTK, on a display that nobody sees, by the plain protocol of WebDriver: no library is needed, or pinned to its version. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { Browser, Tab } from "./engines";

const MINIBROWSER = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);
/** The most a script in a page may take. */
const PATIENCE_MS = 300_000;

/** A port that is free now. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** An X server that picks its own number, and says it. */
function display(): Promise<{ child: ChildProcess; name: string }> {
  const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new Error("Xvfb is not installed; .ci/run says which packages the browser tests need")));
    child.stdio[3]!.once("data", (text: Buffer) => resolve({ child, name: `:${String(text).trim()}` }));
  });
}

export async function openWebKit(): Promise<Browser> {
  const binary = MINIBROWSER.find((f) => existsSync(f));
  if (binary === undefined || !existsSync("/usr/bin/WebKitWebDriver"))
    throw new Error("webkit2gtk-driver is not installed; .ci/run says which packages the browser tests need");
  const [x, port] = await Promise.all([display(), freePort()]);
  const driver = spawn("/usr/bin/WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
    env: { ...process.env, DISPLAY: x.name, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1", LIBGL_ALWAYS_SOFTWARE: "1" },
    stdio: "ignore",
  });

  const ask = async <T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`WebKit: ${value?.error ?? response.status}: ${value?.message ?? ""}`);
    return value;
  };
  const session = async (): Promise<{ sessionId: string; capabilities: { browserVersion?: string } }> => {
    const alwaysMatch = { "webkitgtk:browserOptions": { binary, args: ["--automation"] } };
    for (let tries = 0; ; tries++)
      try {
        return await ask("POST", "/session", { capabilities: { alwaysMatch } });
      } catch (error) {
        // the driver takes a moment before it listens
        if (tries === 50 || !(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
  };

  const close = async () => {
    for (const child of [driver, x.child]) child.kill();
  };
  try {
    // the driver has one session, with one window: tabs have their turns in it
    const { sessionId, capabilities } = await session();
    const at = `/session/${sessionId}`;
    await ask("POST", `${at}/timeouts`, { script: PATIENCE_MS, pageLoad: PATIENCE_MS });
    const tab: Tab = {
      problems: [],
      go: (url) => ask("POST", `${at}/url`, { url }),
      run: async <T>(body: string) => {
        const script = `const done = arguments[0];
          (async () => {\n${body}\n})().then((value) => done({ value }), (e) => done({ thrown: String(e) + "\\n" + (e && e.stack) }));`;
        const result = await ask<{ value?: T; thrown?: string }>("POST", `${at}/execute/async`, { script, args: [] });
        if (result.thrown !== undefined) throw new Error(result.thrown);
        return result.value as T;
      },
      close: () => ask("POST", `${at}/url`, { url: "about:blank" }),
    };
    return {
      version: capabilities.browserVersion ?? "unknown",
      tab: async () => tab,
      close: async () => {
        await ask("DELETE", at).catch(() => {});
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

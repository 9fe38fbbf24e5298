/** The service as a process of its own, for those who kill it or load it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The service as one file with all it needs, which starts several times as fast as the sources; in build/. */
export async function bundle(name: string): Promise<string> {
  const outfile = here(`../../../build/${name}.mjs`);
  await build({
    entryPoints: [here("../src/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    alias: { neurite: here("../../../src/index.ts") },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile,
    logLevel: "error",
  });
  return outfile;
}

export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal and waits for the end; the code, or the signal it died of. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Starts it on a port of its own, `under` another command if asked, and waits until it answers. */
export async function start(
  script: string,
  env: Record<string, string>,
  { under = [] as readonly string[], nodeOptions = [] as readonly string[] } = {},
): Promise<Running> {
  const { PATH = "" } = process.env;
  const [command, ...args] = [...under, process.execPath, ...nodeOptions, script];
  const child = spawn(command!, args, {
    env: { PATH, PORT: "0", LOG_LEVEL: "error", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<number | NodeJS.Signals>((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code!)));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /^neurite service: (http\S+),/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
      else console.error(line);
    });
    void exited.then((code) => reject(new Error(`the service ended with ${code} before it listened`)));
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { url, pid: child.pid!, end };
}

/** A request with a key; the body of the answer, whatever its status. */
export async function ask<T>(url: string, key: string, body?: unknown): Promise<{ status: number; body: T }> {
  const post = { method: "POST", body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(url, { headers, ...(body === undefined ? {} : post) });
  return { status: response.status, body: (await response.json()) as T };
}

/** Rows of two or more classes on a spiral, the same for the same number. */
export function spiral(rows: number, classes: number, turn: number) {
  const at = (k: number) => [(k / rows) * 3 + 0.2, (k / rows) * 4 + (2 * Math.PI * (k % classes)) / classes + turn] as const;
  return {
    rows: Array.from({ length: rows }, (_, k) => {
      const [r, a] = at(k);
      return [r * Math.cos(a), r * Math.sin(a)];
    }),
    labels: Array.from({ length: rows }, (_, k) => `arm ${k % classes}`),
  };
}

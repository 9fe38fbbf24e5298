import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CliError } from "../errors";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** The browser's file: as given, or where such browsers are. */
export function findChromium(given: string, env: Readonly<Record<string, string | undefined>>): string {
  if (given !== "") {
    if (!existsSync(given)) throw new CliError(`--browser: there is no ${given}`);
    return given;
  }
  const folders = ["/usr/bin", "/usr/local/bin", "/snap/bin", ...(env.PATH ?? "").split(delimiter)];
  const found = [...NAMES.flatMap((name) => folders.map((f) => join(f, name))), ...PLACES].find((file) => existsSync(file));
  if (found === undefined)
    throw new CliError(
      "--browser: no Chromium, Chrome or Edge found; install one (Debian: apt-get install chromium) or name it: --browser PATH",
    );
  return found;
}

export interface Browser {
  /** Said last, for messages. */
  readonly errors: string;
  /** When it has ended, by itself or closed. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

/** Opens a page in a headless browser with a profile of its own. Nothing but the browser is needed: the page itself asks the server for work. */
export function openPage(executable: string, url: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), "neurite-browser-"));
  const flags = [
    "--headless=new",
    // a page that is served from this machine alone; containers and root have no sandbox to offer
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
    url,
  ];
  const child: ChildProcess = spawn(executable, flags, { stdio: ["ignore", "ignore", "pipe"], detached: process.platform !== "win32" });
  const state = { errors: "", ended: false };
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    state.errors = (state.errors + text).slice(-1000);
  });
  const gone = new Promise<void>((resolve) => {
    const end = (text: string) => {
      state.errors += text;
      state.ended = true;
      resolve();
    };
    child.once("exit", () => end("")).once("error", (error) => end(error.message));
  });
  return {
    get errors() {
      return state.errors;
    },
    gone,
    close: async () => {
      // the browser's processes are a group of their own
      if (!state.ended && child.pid !== undefined) {
        if (process.platform === "win32") child.kill();
        else process.kill(-child.pid, "SIGKILL");
      }
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

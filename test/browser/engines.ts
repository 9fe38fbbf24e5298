/** The three engines of today's browsers, as Debian packages them, behind one small face. */
import { existsSync } from "node:fs";
import { chromium as playwright } from "playwright-core";
import puppeteer from "puppeteer-core";
import { openWebKit } from "./webkit";

export interface Tab {
  /** Errors on the console, and what was thrown and not caught; of WebKit only what `run` throws. */
  readonly problems: string[];
  go(url: string): Promise<void>;
  /** Runs the body of an async function in the page; what it returns has to be JSON. */
  run<T>(body: string): Promise<T>;
  close(): Promise<void>;
}

export interface Browser {
  readonly version: string;
  /** A new page, in a profile of its own where the engine has such. */
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

const FILES = {
  chromium: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
};

/** The program's file; a test that cannot find its browser fails and says what to install. */
function executable(name: keyof typeof FILES): string {
  const file = FILES[name].find((f) => existsSync(f));
  if (file === undefined) throw new Error(`${name} is not installed; .ci/run says which packages the browser tests need`);
  return file;
}

/** A function of the page's, of a body as text. */
const asyncBody = (body: string): string => `(async () => {\n${body}\n})()`;

/** With flags of one's own. */
export async function chromium(...flags: string[]): Promise<Browser> {
  const browser = await playwright.launch({
    executablePath: executable("chromium"),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-sync",
      ...flags,
    ],
  });
  return {
    version: browser.version(),
    tab: async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (m) => m.type() === "error" && problems.push(m.text()));
      return {
        problems,
        go: async (url) => void (await page.goto(url)),
        run: (body) => page.evaluate(asyncBody(body)),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

async function firefox(): Promise<Browser> {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: executable("firefox"), headless: true });
  return {
    version: await browser.version(),
    tab: async () => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (m) => m.type() === "error" && problems.push(m.text()));
      return {
        problems,
        go: async (url) => void (await page.goto(url)),
        run: <T>(body: string) => page.evaluate(asyncBody(body)) as Promise<T>,
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

export const ENGINES = { chromium: () => chromium(), firefox, webkit: openWebKit } satisfies Record<string, () => Promise<Browser>>;
export type EngineName = keyof typeof ENGINES;

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { initialSettings, SCHEMAS, type TabName } from "../../examples/playground/src/shared/settings";
import { encode } from "../../examples/playground/src/shared/share";
import { type Site, serve } from "../browser/serve";

export interface Options {
  theme?: "light" | "dark";
  width?: number;
  height?: number;
  /** Of another server, with other headers. */
  origin?: string;
  reducedMotion?: boolean;
  /** Run in the page before its own scripts. */
  before?: () => void;
  /** Put before the worker's program. */
  worker?: string;
}

let browser: Browser;
let site: Site;
/** What the console and the network had to complain about, of all pages since the last look. */
const problems: string[] = [];

/** A browser and a plain static server for a file of tests; every test ends with a quiet console. */
export function playground(): void {
  beforeAll(async () => {
    const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((f) => existsSync(f));
    if (executablePath === undefined) throw new Error("chromium is not installed; .ci/run says which packages the browser tests need");
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    });
    site = await serve({ folders: { "/": inject("playground") } });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
}

export const origin = () => site.origin;
export const folder = () => inject("playground");

/** The part of an address behind #, as the playground writes it. */
export function link<T extends TabName>(tab: T, changes: Partial<ReturnType<typeof initialSettings<T>>> = {}): string {
  return `#${encode(tab, SCHEMAS[tab], { ...initialSettings(tab), ...changes })}`;
}

/** Opens the playground in a fresh profile. */
export async function open(
  hash = "",
  { theme = "light", width = 1280, height = 900, reducedMotion = false, before, worker, ...rest }: Options = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && problems.push(m.text()));
  page.on("response", (r) => r.status() >= 400 && problems.push(`${r.status()} ${r.url()}`));
  if (before !== undefined) await page.addInitScript(before);
  if (worker !== undefined)
    await page.route(/assets\/main-.*\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${worker}\n${await response.text()}` });
    });
  await page.goto(`${rest.origin ?? site.origin}/${hash}`);
  return page;
}

/** Ends a page, and asserts that nothing was complained about but what is expected. */
export async function close(page: Page, expected: RegExp[] = []): Promise<void> {
  await page.context().close();
  const seen = problems.splice(0);
  expect(seen.filter((p) => !expected.some((e) => e.test(p)))).toEqual([]);
}

/** The number a figure shows; NaN where it shows none. */
export const figure = async (page: Page, name: string): Promise<number> =>
  Number.parseFloat(((await page.locator(`[role=tabpanel]:not([hidden]) [data-figure="${name}"]`).textContent()) ?? "").replace(/,/g, ""));

/** Waits until a figure fulfils a condition. */
export async function until(page: Page, name: string, holds: (value: number) => boolean, seconds = 60): Promise<number> {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await figure(page, name);
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`${name} is ${value} after ${seconds} s`);
    await page.waitForTimeout(100);
  }
}

export const play = (page: Page) => page.locator("[role=tabpanel]:not([hidden]) button.play").click();
export const setting = (page: Page, name: string) => page.locator(`[role=tabpanel]:not([hidden]) [data-setting="${name}"]`);
export const notice = (page: Page) => page.locator(".notice:not([hidden]) p");

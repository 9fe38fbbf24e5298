import { expect } from "vitest";
import type { Browser } from "./engines";
import { TITLE } from "./pages";
import { type Content, serve } from "./serve";

/** Serves a page, opens it, and returns what its title becomes; asserts that nothing was wrong on the way, but for errors on the console that are expected. */
export async function titleOf(browser: Browser, content: Content, expected?: RegExp): Promise<string> {
  const site = await serve(content);
  const tab = await browser.tab();
  try {
    await tab.go(`${site.origin}/`);
    const title = await tab.run<string>(TITLE);
    expect(tab.problems.filter((p) => !expected?.test(p))).toEqual([]);
    expect(site.missing).toEqual([]);
    return title;
  } finally {
    await tab.close();
    await site.close();
  }
}

/** The same for a page that says "loss " and a number. */
export async function lossOf(browser: Browser, content: Content): Promise<number> {
  const title = await titleOf(browser, content);
  expect(title).toMatch(/^loss \d/);
  return Number(title.slice(5));
}

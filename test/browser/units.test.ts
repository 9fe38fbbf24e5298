import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, ENGINES, type EngineName, type Tab } from "./engines";
import { ISOLATED, type Site, serve } from "./serve";
import { bundle, files, NODE_ALONE, top } from "./units/bundle";
import type { Counts } from "./units/vitest";

let folder: string;
let site: Site;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurite-units-"));
  await bundle(folder);
  const html = '<!doctype html><meta charset="utf-8"><title>tests</title>';
  site = await serve({ files: { "/": html }, folders: { "/units/": folder, "/repository/": top }, headers: ISOLATED });
});
afterAll(async () => {
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("all but a few files are run in pages", () => {
  expect(files.length).toBeGreaterThan(10 * Object.keys(NODE_ALONE).length);
});

describe.each(Object.keys(ENGINES) as EngineName[])("the unit tests in %s", (name) => {
  let browser: Browser;
  let tab: Tab;
  beforeAll(async () => {
    browser = await ENGINES[name]();
    tab = await browser.tab();
  });
  afterAll(() => browser?.close());

  it.each(files)("%s", async (file) => {
    // a page of its own, and so a memory of its own
    await tab.go(`${site.origin}/?${file}`);
    const counts = await tab.run<Counts>(`const { run } = await import("/units/vitest.js"); return run("/units/${file}.js");`);
    expect(counts.failed).toEqual([]);
    expect(counts.passed).toBeGreaterThan(0);
  });
});

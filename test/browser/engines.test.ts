import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, ENGINES, type EngineName } from "./engines";
import { ISOLATED, type Site, serve } from "./serve";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const html = '<!doctype html><meta charset="utf-8"><title>a page</title>';

let plain: Site;
let isolated: Site;
beforeAll(async () => {
  const content = { folders: { "/dist/": dist }, files: { "/": html } };
  [plain, isolated] = await Promise.all([serve(content), serve({ ...content, headers: ISOLATED })]);
});
afterAll(() => Promise.all([plain.close(), isolated.close()]));

describe("the server of the tests", () => {
  it("gives nothing out of a folder, and notes what it does not have", async () => {
    expect((await fetch(`${plain.origin}/dist/..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${plain.origin}/none.js`)).status).toBe(404);
    expect(plain.missing).toEqual(["/dist/../package.json", "/none.js"]);
  });
});

describe.each(Object.keys(ENGINES) as EngineName[])("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await ENGINES[name]();
  }, 60_000);
  afterAll(() => browser?.close());

  it("runs what it is given in a page, and says what is thrown there", async () => {
    const tab = await browser.tab();
    await tab.go(plain.origin);
    expect(await tab.run("return { title: document.title, isolated: crossOriginIsolated }")).toEqual({ title: "a page", isolated: false });
    await expect(tab.run('await 0; throw new RangeError("of the page")')).rejects.toThrow(/of the page/);
    await tab.go(isolated.origin);
    // WebKit says so, and has no SharedArrayBuffer all the same
    expect(await tab.run("return crossOriginIsolated")).toBe(true);
    await tab.close();
    expect(tab.problems).toEqual([]);
  });
});

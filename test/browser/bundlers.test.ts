import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Packed, pack } from "../packaging/pack";
import { APP, BUNDLERS, write } from "./bundle";
import { type Browser, ENGINES } from "./engines";
import { lossOf } from "./loss";

let packed: Packed;
let browser: Browser;
beforeAll(async () => {
  packed = pack({ built: true });
  write(join(packed.project, "src/index.js"), APP);
  browser = await ENGINES.chromium();
});
afterAll(async () => {
  await browser?.close();
  packed?.remove();
});

describe("an app of five lines, from the packed tarball, in Chromium", () => {
  it.each(Object.keys(BUNDLERS))("built by %s without configuration or warnings, trains", async (name) => {
    const { folder, warnings } = await BUNDLERS[name]!(packed.project);
    expect(warnings).toEqual([]);
    expect(await lossOf(browser, { folders: { "/": folder } })).toBeLessThan(0.05);
  });
});

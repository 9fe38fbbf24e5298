import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import { describe, expect, it } from "vitest";
import { close, open, play, playground } from "./harness";

playground();

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TABS = ["Plane", "Perceptron", "Layers", "Optimizers", "Digits"];

describe.each(["light", "dark"] as const)("in %s colours", (theme) => {
  it("axe finds nothing on any tab, and tabs are reached by the keys", async () => {
    const page = await open("", { theme });
    await page.evaluate(AXE);
    await page.getByRole("tab", { name: "Plane" }).focus();
    for (const [k, name] of TABS.entries()) {
      if (k > 0) await page.keyboard.press("ArrowRight");
      expect(await page.getByRole("tab", { name }).getAttribute("aria-selected")).toBe("true");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name);
      await page.locator("[role=tabpanel]:not([hidden]) canvas").first().waitFor();
      await page.waitForTimeout(300);
      const found = await page.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run()).violations);
      expect(
        found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join("\n")}`),
        name,
      ).toEqual([]);
    }
    await close(page);
  });
});

describe("on a phone", () => {
  it("every tab is as wide as the screen, and no wider", async () => {
    const page = await open("", { width: 360, height: 740 });
    for (const name of TABS) {
      await page.getByRole("tab", { name }).click();
      await page.locator("[role=tabpanel]:not([hidden]) canvas").first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBe(360);
    }
    await close(page);
  });
});

describe("colours", () => {
  it("follow the reader's choice over the system's, and keep it", async () => {
    const page = await open("", { theme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Switch to dark colours" }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.getByRole("button", { name: "Switch to light colours" }).click();
    expect(await ground()).toBe(light);
    await close(page);
  });
});

describe("where motion is to be reduced", () => {
  it("pictures come four a second at most, and training goes on", async () => {
    const page = await open("", { reducedMotion: true });
    const figure = page.locator('[role=tabpanel]:not([hidden]) [data-figure="Step"]');
    await figure.filter({ hasText: "0" }).waitFor();
    await page.evaluate(() => {
      const state = window as unknown as { changes: number; since: number };
      state.changes = 0;
      state.since = performance.now();
      new MutationObserver(() => state.changes++).observe(document.querySelector('[data-figure="Step"]')!, { childList: true });
    });
    await play(page);
    await page.waitForTimeout(2000);
    await play(page);
    const { changes, seconds } = await page.evaluate(() => {
      const state = window as unknown as { changes: number; since: number };
      return { changes: state.changes, seconds: (performance.now() - state.since) / 1000 };
    });
    expect(changes).toBeGreaterThan(0);
    // the first comes at once, and one may be on its way
    expect(changes).toBeLessThanOrEqual(4 * seconds + 2);
    await close(page);
  });
});

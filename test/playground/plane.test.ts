import { describe, expect, it } from "vitest";
import { ISOLATED, serve } from "../browser/serve";
import { close, figure, folder, link, notice, open, play, playground, setting, until } from "./harness";

playground();

const spirals = { data: "spirals", noise: 0.03, layers: [16, 16], lr: 0.02, speed: "most" } as const;

describe("the plane", () => {
  it("learns two spirals to over 95 % of training and test points", async () => {
    const page = await open(link("plane", spirals));
    await play(page);
    expect(await until(page, "Train accuracy", (v) => v > 95)).toBeGreaterThan(95);
    expect(await until(page, "Test accuracy", (v) => v > 95)).toBeGreaterThan(95);
    await play(page);
    const step = await figure(page, "Step");
    await page.waitForTimeout(500);
    expect(await figure(page, "Step")).toBe(step);
    await close(page);
  });

  it("steps one step at a time, and begins anew on Reset with the same numbers", async () => {
    const page = await open(link("plane", { batch: "one" }));
    const first = await until(page, "Train loss", Number.isFinite);
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await until(page, "Step", (v) => v === 1);
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await until(page, "Step", (v) => v === 2);
    await page.getByRole("button", { name: "Reset" }).click();
    await until(page, "Step", (v) => v === 0);
    expect(await figure(page, "Train loss")).toBe(first);
    await close(page);
  });

  it("trains with every optimizer, schedule, initialiser, and with batch norm and dropout", async () => {
    const page = await open(link("plane", { batchNorm: true, dropout: 0.1, layers: [6], batch: "all" }));
    await until(page, "Step", (v) => v === 0);
    const changes = { optimizer: 14, schedule: 6, init: 7, activation: 8 };
    for (const [name, choices] of Object.entries(changes)) {
      const options = await setting(page, name)
        .locator("option")
        .evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
      expect(options.length).toBe(choices);
      for (const option of options) {
        await setting(page, name).selectOption(option);
        if (name !== "schedule") await until(page, "Step", (v) => v === 0);
        const before = await figure(page, "Step");
        await page.getByRole("button", { name: "Step", exact: true }).click();
        await until(page, "Step", (v) => v === before + 1);
        expect(await figure(page, "Train loss"), `${name} ${option}`).toBeLessThan(5);
      }
    }
    expect(await notice(page).count()).toBe(0);
    await close(page);
  });

  it("takes points drawn with the mouse and with the keys", async () => {
    const page = await open(link("plane", { data: "drawn", layers: [], lr: 0.3, activation: "linear" }));
    await notice(page).filter({ hasText: "Draw some points first" }).waitFor();
    const plane = page.getByRole("application");
    const { width } = (await plane.boundingBox())!;
    for (const y of [0.3, 0.5, 0.7]) await plane.click({ position: { x: 0.2 * width, y: y * width } });
    await plane.focus();
    for (let k = 0; k < 6; k++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("2");
    for (let k = 0; k < 2; k++) {
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("2");
    }
    await until(page, "Step", (v) => v === 0);
    await play(page);
    await until(page, "Train accuracy", (v) => v === 100);
    expect(await notice(page).count()).toBe(0);
    await close(page);
  });

  it("works with isolation headers as without, and says which", async () => {
    for (const [headers, says] of [
      [{}, "not isolated"],
      [ISOLATED, "page isolated"],
    ] as const) {
      const other = await serve({ folders: { "/some/folder/": folder() }, headers });
      const page = await open(link("plane"), { origin: `${other.origin}/some/folder` });
      await page.locator(".runtime", { hasText: says }).waitFor();
      await page.getByRole("button", { name: "Step", exact: true }).click();
      await until(page, "Step", (v) => v === 1);
      expect(other.missing).toEqual([]);
      await close(page);
      await other.close();
    }
  });
});

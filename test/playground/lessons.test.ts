import { describe, expect, it } from "vitest";
import { close, figure, link, open, play, playground, setting, until } from "./harness";

playground();

const panel = "[role=tabpanel]:not([hidden])";

describe("the perceptron", () => {
  it("converges on separable points, within Novikoff's bound, and comes to rest", async () => {
    const page = await open(link("perceptron", { start: "zero", margin: 0.2, speed: "100" }));
    const verdict = page.locator(`${panel} .verdict`);
    await verdict.filter({ hasText: "Press Play" }).waitFor();
    await play(page);
    await verdict.filter({ hasText: "Converged" }).waitFor();
    const [, mistakes, bound] = /after ([\d,]+) in all.*at most ([\d,]+) here/
      .exec((await verdict.textContent())!)!
      .map((s) => Number(s.replace(/,/g, "")));
    expect(mistakes).toBeGreaterThan(0);
    expect(mistakes).toBeLessThanOrEqual(bound!);
    expect(await figure(page, "Mistakes")).toBe(mistakes);
    expect(await figure(page, "Mistakes in the last epoch")).toBe(0);
    expect(await page.locator(`${panel} button.play`).textContent()).toBe("Play");

    // the same page goes on to exclusive or, which no line parts
    await setting(page, "data").selectOption("xor");
    await verdict.filter({ hasText: "Press Play" }).waitFor();
    await play(page);
    const line = page.locator(`${panel} .formula`);
    await until(page, "Epoch", (v) => v >= 2);
    const [before, wrong] = [await line.textContent(), await figure(page, "Mistakes")];
    await until(page, "Mistakes", (v) => v > wrong);
    expect(await line.textContent()).not.toBe(before);
    await page.getByRole("button", { name: "Run 1,000 epochs" }).click();
    await verdict.filter({ hasText: "did not converge" }).waitFor();
    expect(await figure(page, "Epoch")).toBeGreaterThanOrEqual(1000);
    expect(await figure(page, "Mistakes in the last epoch")).toBeGreaterThan(0);
    await close(page);
  });
});

describe("layers side by side", () => {
  it("a half-plane does not part circles, two and three layers do", async () => {
    const page = await open(link("layers"));
    await until(page, "Step", (v) => v === 0);
    expect(await page.locator(`${panel} .caption`).allTextContents()).toEqual(
      expect.arrayContaining(["2 – 1 threshold units", "2 – 5 – 1 threshold units", "2 – 10 – 2 – 1 threshold units"]),
    );
    await play(page);
    await until(page, "Two layers", (v) => v > 95);
    await until(page, "Three layers", (v) => v > 95);
    expect(await figure(page, "One layer")).toBeLessThan(75);
    await close(page);
  });
});

describe("the optimizers' race", () => {
  it("runs all of them, from where the reader clicks or the keys go", async () => {
    const page = await open(link("optimizers", { surface: "ravine", x: -4, y: 3 }));
    const clock = page.locator(`${panel} .clock`);
    const status = page.locator(`${panel} [role=status]`);
    const finish = async () => {
      await clock.filter({ hasText: "Step" }).waitFor();
      await page.getByRole("button", { name: "To the end" }).click();
      await clock.filter({ hasText: "Step 300 of 300" }).waitFor();
    };
    await finish();
    const rows = page.locator("[data-runner]");
    expect(await rows.count()).toBe(14);
    for (const row of await rows.all()) {
      const [, rate, value] = await row.locator("td").allTextContents();
      const name = await row.getAttribute("data-runner");
      expect(Number(rate), `${name}`).toBeGreaterThan(0);
      expect(Number(value), `${name}`).toBeLessThan(0.5);
    }
    const values = () => rows.locator("td:nth-child(4)").allTextContents();
    const first = await values();
    const surface = page.getByRole("application");
    const { width, height } = (await surface.boundingBox())!;
    await surface.click({ position: { x: 0.9 * width, y: 0.25 * height } });
    await status.filter({ hasText: /^$|Lowest/ }).waitFor();
    expect(Number(await setting(page, "x").inputValue())).toBeCloseTo(4, 1);
    expect(Number(await setting(page, "y").inputValue())).toBeCloseTo(2.5, 1);
    await surface.press("ArrowLeft");
    expect(Number(await setting(page, "x").inputValue())).toBeCloseTo(3.5, 1);
    await finish();
    expect(await values()).not.toEqual(first);
    await close(page);
  });
});

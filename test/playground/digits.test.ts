import { describe, expect, it } from "vitest";
import { close, figure, link, open, play, playground, until } from "./harness";

playground();

const panel = "[role=tabpanel]:not([hidden])";

describe("digits", () => {
  it("learns in the page to over 95 % of the test images, reads what is drawn, and lets TensorFlow.js do the same work", async () => {
    const page = await open(link("digits"));
    const asked: string[] = [];
    page.on("request", (r) => asked.push(r.url()));
    await page.locator(".samples canvas").first().waitFor();
    await play(page);
    await page.locator(`${panel} button.play`, { hasText: "Train" }).waitFor();
    await page.locator('[data-figure="Epoch"]', { hasText: "8 of 8" }).waitFor();
    const accuracy = await figure(page, "Test accuracy");
    expect(accuracy).toBeGreaterThan(95);
    expect(await figure(page, "Samples / s")).toBeGreaterThan(0);

    // the confusion matrix counts every test image once, the right ones on its diagonal
    const cells = (await page.locator(".confusion tbody td").allTextContents()).map((t) => (t === "·" ? 0 : Number(t)));
    expect(cells.reduce((a, b) => a + b)).toBe(2000);
    const right = cells.filter((_, k) => k % 11 === 0).reduce((a, b) => a + b);
    expect(right / 20).toBeCloseTo(accuracy, 2);
    expect(await page.locator(".wrong li").count()).toBe(24);

    // a one, by keys: down through the middle
    const pad = page.getByRole("application");
    await pad.focus();
    await page.keyboard.press(" ");
    for (let k = 0; k < 14; k++) await page.keyboard.press("ArrowDown");
    await page.locator(".best", { hasText: "It reads a 1" }).waitFor();
    // and a seven with the mouse
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    const { x, y, width } = (await pad.boundingBox())!;
    const at = (u: number, v: number) => [x + u * width, y + v * width] as const;
    await page.mouse.move(...at(0.3, 0.25));
    await page.mouse.down();
    await page.mouse.move(...at(0.7, 0.25), { steps: 8 });
    await page.mouse.move(...at(0.45, 0.8), { steps: 8 });
    await page.mouse.up();
    await page.locator(".best", { hasText: "It reads a 7" }).waitFor();

    expect(asked.filter((url) => /tf/.test(url))).toEqual([]);
    await page.getByRole("button", { name: "Run TensorFlow.js" }).click();
    await page.getByText(/TensorFlow\.js: epoch 1 of 8/).waitFor();
    const theirs = await page.locator("tr", { hasText: "TensorFlow.js, wasm" }).locator("td").allTextContents();
    expect(Number.parseFloat(theirs[2]!)).toBeGreaterThan(80);
    expect(asked.some((url) => url.endsWith(".wasm"))).toBe(true);
    await page.getByRole("button", { name: "Stop TensorFlow.js" }).click();
    await page.getByText("Stopped.").waitFor();
    await close(page);
  });

  it("stops when asked, and can be trained again", async () => {
    const page = await open(link("digits", { epochs: 50 }));
    await page.locator(".samples canvas").first().waitFor();
    await play(page);
    await page.locator('[data-figure="Epoch"]', { hasText: "1 of 50" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(`${panel} button.play`, { hasText: "Train" }).waitFor();
    const epoch = await figure(page, "Epoch");
    expect(epoch).toBeLessThan(50);
    await play(page);
    await until(page, "Epoch", (v) => v >= 1);
    await close(page);
  });
});

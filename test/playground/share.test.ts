import { describe, expect, it } from "vitest";
import type { Field } from "../../examples/playground/src/shared/schema";
import { SCHEMAS } from "../../examples/playground/src/shared/settings";
import { decode, encode } from "../../examples/playground/src/shared/share";
import { close, figure, link, notice, open, playground, setting, until } from "./harness";

playground();

describe("share links", () => {
  it("restore the settings and give the same numbers", async () => {
    const page = await open();
    await until(page, "Step", (v) => v === 0);
    await setting(page, "data").selectOption("circles");
    await setting(page, "activation").selectOption("relu");
    await setting(page, "optimizer").selectOption("rmsprop");
    await page.getByRole("button", { name: "One unit more in layer 2" }).click();
    await page.getByRole("button", { name: "Share" }).click();
    await notice(page).waitFor();
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await until(page, "Step", (v) => v === 1);
    const [address, loss] = [page.url(), await figure(page, "Train loss")];
    await close(page);

    const other = await open(new URL(address).hash);
    await until(other, "Step", (v) => v === 0);
    for (const [name, value] of Object.entries({ data: "circles", activation: "relu", optimizer: "rmsprop" }))
      expect(await setting(other, name).inputValue()).toBe(value);
    expect(await other.locator("#panel-plane .layer-row output").allTextContents()).toEqual(["8", "9"]);
    await other.getByRole("button", { name: "Step", exact: true }).click();
    await until(other, "Step", (v) => v === 1);
    expect(await figure(other, "Train loss")).toBe(loss);
    expect(await notice(other).count()).toBe(0);
    await close(other);
  });

  it("restore points drawn by hand to a five-hundredth", async () => {
    const drawn = [
      { x: -0.5, y: 0.25, label: 0 },
      { x: 0.5, y: -0.75, label: 1 },
    ] as const;
    const page = await open(link("plane", { data: "drawn", drawn }));
    await until(page, "Step", (v) => v === 0);
    expect(await page.getByRole("application").getAttribute("aria-label")).toContain("2 training points");
    await close(page);
  });

  const good = link("plane", { data: "circles" });
  it.each([
    ["cut off", good.slice(0, -9), "Its end is missing"],
    ["cut off in its checksum", good.slice(0, -2), "cut off or changed"],
    ["changed", good.replace("circles", "moons"), "cut off or changed"],
    ["of another version", good.replace("v=1", "v=7"), "version 7"],
    ["nonsense", "#%%%", "Its end is missing"],
  ])("that are %s are refused with a reason", (_, hash, says) => {
    expect(() => decode(hash, SCHEMAS)).toThrow(says);
  });

  it.each([
    ["a number out of range", { lr: "99" }, 'The setting "lr": expected a number from 0.00001 to 10, got "99"'],
    ["a word that is no choice", { data: "cubes" }, 'The setting "data": expected one of moons'],
    ["a setting too few", { seed: undefined }, 'The setting "seed" is missing'],
  ])("with a right checksum and %s are refused too", (_, changes, says) => {
    const lying = Object.fromEntries(
      Object.entries(SCHEMAS.plane).flatMap(([name, field]) => {
        const value =
          name in changes ? (changes as Record<string, string | undefined>)[name] : (field as Field<unknown>).write(field.initial);
        return value === undefined ? [] : [[name, { ...field, write: () => value }]];
      }),
    );
    expect(() => decode(encode("plane", lying, {}), SCHEMAS)).toThrow(says);
  });

  it("that are damaged lead to the defaults, with a message, at the start and later", async () => {
    const page = await open(good.slice(0, -9));
    await notice(page).filter({ hasText: "Its end is missing" }).waitFor();
    expect(await notice(page).textContent()).toMatch(/starts with its defaults/);
    expect(await setting(page, "data").inputValue()).toBe("moons");
    await page.evaluate((hash) => (location.hash = hash), good);
    await until(page, "Step", (v) => v === 0);
    expect(await setting(page, "data").inputValue()).toBe("circles");
    expect(await notice(page).count()).toBe(0);
    await page.evaluate((hash) => (location.hash = hash), good.replace("v=1", "v=7"));
    await notice(page).filter({ hasText: "version 7" }).waitFor();
    expect(await setting(page, "data").inputValue()).toBe("moons");
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await until(page, "Step", (v) => v === 1);
    await close(page);
  });
});

import { expect, it } from "vitest";
import { child } from "../children/run";
import { EVERY } from "../optim/every";

it("what is dropped without dispose() is given back once the collector has run: models, optimizers, steps, predictors", async () => {
  const left = await child<Record<string, Record<string, number>>>("dropped", ["--expose-gc"]);
  expect(Object.keys(left).length).toBe(5);
  for (const kinds of Object.values(left)) expect(kinds).toEqual({ parameter: 0, state: 0, data: 0, program: 0 });
}, 60_000);

it("a program, or a method, that was taken from a predictor or a step keeps it, and when it goes all goes", async () => {
  const outcomes = await child<Record<string, [string, number]>>("handed-out", ["--expose-gc"]);
  expect(Object.keys(outcomes).length).toBe(4);
  for (const [name, outcome] of Object.entries(outcomes)) expect(outcome, name).toEqual(["runs", 0]);
}, 60_000);

it("fit: 100,000 recorded steps take less than 8 bytes of JavaScript heap a step and no collection, with every optimizer", async () => {
  const results = await child<{ optimizer: string; bytesPerStep: number; collections: number }[]>("garbage", [
    "--expose-gc",
    "--min-semi-space-size=64",
    "--max-semi-space-size=128",
  ]);
  expect(results).toHaveLength(EVERY.length);
  for (const { optimizer, bytesPerStep, collections } of results) {
    expect(bytesPerStep, optimizer).toBeLessThan(8);
    expect(collections, optimizer).toBe(0);
  }
}, 60_000);

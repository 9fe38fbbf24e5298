/** A small problem that every behaviour can be shown on: two features, three classes, a two-layer network. */
import { expect } from "vitest";
import { type FitOptions, fit, Linear, type Module, manualSeed, memory, Sequential, Tanh } from "../src/index";

export const ROWS = 24;

/** Points on three rays, class by class. */
export const x = Float32Array.from({ length: 2 * ROWS }, (_, k) => {
  const row = k >> 1;
  const length = 0.5 + (row % 8) / 8;
  const [dx, dy] = [
    [1, 0],
    [-0.5, 0.8],
    [-0.5, -0.8],
  ][row % 3]!;
  return length * (k % 2 === 0 ? dx! : dy!);
});
export const y = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
export const data = { x: { data: x, shape: [ROWS, 2] }, y };

export function model(seed = 1): Sequential {
  manualSeed(seed);
  return new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 3));
}

export const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  loss: "crossEntropy",
  optimizer: { type: "adam", lr: 0.01 },
  batchSize: 8,
  seed: 3,
  ...more,
});

/** The bits of all parameters and buffers. */
export function bits(m: Module): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(m.stateDict()).map(([name, { data: d }]) => [name, [...new Int32Array(d.buffer as ArrayBuffer)]]),
  );
}

export function allFinite(m: Module): boolean {
  return Object.values(m.stateDict()).every(({ data: d }) => d.every(Number.isFinite));
}

/** Trains a step: nothing is broken. */
export async function stillTrains(): Promise<void> {
  const m = model();
  const { steps, epochs } = await fit(m, data, options({ batchSize: "all" }));
  m.dispose();
  expect(steps).toBe(1);
  expect(Number.isFinite(epochs[0]?.loss)).toBe(true);
}

/**
 * Runs what must fail: the error is of this type and says each of these, what it held is given back, and training works after it.
 */
export async function failing(
  run: () => unknown,
  type: abstract new (...args: never[]) => Error,
  ...says: (string | RegExp)[]
): Promise<Error> {
  const before = memory();
  let caught: unknown;
  try {
    await run();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(type);
  for (const part of says) expect((caught as Error).message).toMatch(part);
  const { eager: _, ...kinds } = memory().byKind;
  const { eager: __, ...then } = before.byKind;
  expect(kinds, "memory after the error").toEqual(then);
  await stillTrains();
  return caught as Error;
}

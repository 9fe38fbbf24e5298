import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, OptionError, Perceptron, ShapeError } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

let p: Perceptron;
let two: Perceptron;
beforeAll(() => {
  p = new Perceptron(2, 1, { weights: [0, 0, 0] });
  two = new Perceptron(2, 2, { seed: 1 });
});
afterAll(() => {
  p.dispose();
  two.dispose();
});
const x = [
  [0, 1],
  [1, 0],
];

describe("bad input is a typed error before the first step", () => {
  it.each([
    ["a label of -1", () => p.learn({ x, y: [1, -1] }), DataError, /row 1, output 0 is -1; a perceptron's targets are 0 or 1/],
    ["a label that is NaN", () => p.learn({ x, y: [1, Number.NaN] }), DataError, /is NaN/],
    ["an input that is NaN", () => p.learn({ x: [[0, Number.NaN]], y: [1] }), DataError, /row 0, item 1 is NaN/],
    ["ragged rows", () => p.learn({ x: [[0, 1], [1]], y: [1, 0] }), ShapeError, /ragged/],
    ["rows of another width", () => p.learn({ x: [[0, 1, 1]], y: [1] }), ShapeError, /3 inputs a row, but the perceptron has 2/],
    ["fewer targets than rows", () => p.learn({ x, y: [1] }), ShapeError, /y has 1 rows, x has 2/],
    ["targets for other outputs", () => p.learn({ x, y: x }), ShapeError, /2 targets a row.*has 1 outputs/],
    ["no rows", () => p.learn({ x: new Float32Array(0), y: [] }), DataError, /no examples/],
    ["a class beyond the units", () => two.learn({ x, y: [0, 2] }), DataError, /row 1 is 2; .* from 0 to 1/],
    ["c = 0", () => p.learn({ x, y: [1, 0] }, { c: 0 }), OptionError, /c must be a finite number above 0, got 0/],
    ["a negative c", () => p.learn({ x, y: [1, 0] }, { c: -1 }), OptionError, /got -1/],
    ["c that is NaN", () => p.learn({ x, y: [1, 0] }, { c: Number.NaN }), OptionError, /got NaN/],
    ["half an epoch", () => p.learn({ x, y: [1, 0] }, { epochs: 0.5 }), OptionError, /epochs must be a whole number/],
    ["a negative seed", () => p.learn({ x, y: [1, 0] }, { shuffle: true, seed: -1 }), OptionError, /seed/],
  ])("%s", async (_, run, type, says) => {
    const error = await run().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(says);
    expect(p.weights).toEqual([[0, 0, 0]]);
  });

  it.each([
    ["no inputs", () => new Perceptron(0), OptionError, /inputs must be a whole number/],
    ["half an output", () => new Perceptron(1, 0.5), OptionError, /outputs/],
    ["weights of another size", () => new Perceptron(2, 1, { weights: [0, 1] }), ShapeError, /expected 1 unit\(s\) of 3 weights/],
  ])("%s", (_, make, type, says) => {
    expect(make).toThrow(type);
    expect(make).toThrow(says);
  });
});

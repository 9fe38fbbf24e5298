import { describe, expect, it } from "vitest";
import { DataError, OptionError, predict, Sequential, ShapeError, ThresholdUnit, tensor } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const PAIRS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

describe("threshold units with weights set by hand", () => {
  it.each([
    ["and", [-1.5, 1, 1], [0, 0, 0, 1]],
    ["or", [-0.5, 1, 1], [0, 1, 1, 1]],
    ["a and not b", [-0.5, 1, -1], [0, 0, 1, 0]],
  ])("compute %s", (_, weights, expected) => {
    const unit = new ThresholdUnit(weights);
    expect([...unit.forward(tensor(PAIRS)).data()]).toEqual(expected);
    unit.dispose();
  });

  it("compute not, of one input", () => {
    const not = new ThresholdUnit([0.5, -1]);
    expect(not.forward(tensor([[0], [1]])).toArray()).toEqual([[1], [0]]);
    not.dispose();
  });

  it("compute exclusive or in two layers, through predict and as a Sequential", async () => {
    const net = new Sequential(
      new ThresholdUnit([
        [-0.5, 1, 1],
        [1.5, -1, -1],
      ]),
      new ThresholdUnit([-1.5, 1, 1]),
    );
    expect(await predict(net, PAIRS)).toEqual({ data: Float32Array.of(0, 1, 1, 0), shape: [4, 1] });
    expect(Object.keys(net.stateDict())).toEqual(["0.weight", "1.weight"]);
    expect(net.parameters()).toEqual([]);
    net.dispose();
  });

  it("give 1 above the threshold only, not on it", () => {
    const unit = new ThresholdUnit([-2, 1, 1]);
    expect([...unit.forward(tensor([1, 1, 1, 1.0001], [2, 2])).data()]).toEqual([0, 1]);
    unit.dispose();
  });

  it("take any leading dimensions and rebuild from their config", () => {
    const unit = new ThresholdUnit([
      [-1.5, 1, 1],
      [-0.5, 1, 1],
    ]);
    expect(unit.forward(tensor([1, 0], [2])).toArray()).toEqual([0, 1]);
    expect(unit.forward(tensor([1, 0, 1, 1], [1, 2, 2])).shape).toEqual([1, 2, 2]);
    const again = new ThresholdUnit(unit.config.weights as number[][]);
    expect(again.weights).toEqual(unit.weights);
    again.dispose();
    unit.dispose();
  });
});

describe("bad input", () => {
  it.each([
    ["no weights", () => new ThresholdUnit([]), OptionError, /\[w0, w1/],
    ["a bias alone", () => new ThresholdUnit([1]), ShapeError, /w0 and a weight an input/],
    ["ragged units", () => new ThresholdUnit([[1, 1], [1]]), ShapeError, /unit 1/],
    ["a weight that is NaN", () => new ThresholdUnit([0, Number.NaN]), DataError, /w1 of unit 0 is NaN/],
  ])("%s is a typed error", (_, make, type, says) => {
    expect(make).toThrow(type);
    expect(make).toThrow(says);
  });

  it("rows of the wrong width and bytes are typed errors", () => {
    const unit = new ThresholdUnit([-1.5, 1, 1]);
    expect(() => unit.forward(tensor([1, 2, 3], [1, 3]))).toThrow(/ThresholdUnit: takes 2 inputs a row, got shape \[1, 3\]/);
    expect(() => unit.forward(tensor(Uint8Array.of(1, 0), [1, 2]))).toThrow(/u8, expected f32/);
    expect(() => {
      unit.weights = [1, 2];
    }).toThrow(ShapeError);
    unit.dispose();
  });
});

import { describe, expect, it } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const tensors = (): [n.Tensor, n.Tensor] => [
  n.tensor([
    [1, 2, 3],
    [0, -1, 4],
  ]),
  n.tensor(Int32Array.from([0, 2])),
];

describe("an option out of range is an OptionError that names it, its range and what was given", () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      "labelSmoothing below 0",
      () => n.crossEntropy.with({ labelSmoothing: -0.1 }),
      /crossEntropy: labelSmoothing.*at least 0 and at most 1, got -0.1/,
    ],
    ["labelSmoothing above 1", () => n.crossEntropy.with({ labelSmoothing: 1.1 }), /at most 1, got 1.1/],
    ["labelSmoothing NaN", () => n.crossEntropy.with({ labelSmoothing: Number.NaN }), /got NaN/],
    ["a negative class weight", () => n.nll.with({ classWeights: [1, -1] }), /nll: classWeights: item 1 is -1.*at least 0/],
    ["an infinite class weight", () => n.crossEntropy.with({ classWeights: [Infinity] }), /item 0 is Infinity/],
    ["no class weights", () => n.crossEntropy.with({ classWeights: [] }), /list of numbers/],
    ["a fractional ignoreIndex", () => n.crossEntropy.with({ ignoreIndex: 0.5 }), /ignoreIndex must be a whole number.*0.5/],
    ["delta 0", () => n.huber.with({ delta: 0 }), /huber: delta must be above 0, got 0/],
    ["delta infinite", () => n.huber.with({ delta: Infinity }), /delta must be above 0, got Infinity/],
    ["beta below 0", () => n.smoothL1.with({ beta: -1 }), /smoothL1: beta must be at least 0, got -1/],
    ["margin below 0", () => n.hinge.with({ margin: -1 }), /hinge: margin must be at least 0/],
    ["margin of binaryHinge", () => n.binaryHinge.with({ margin: Number.NaN }), /binaryHinge: margin/],
    ["p 3", () => n.hinge.with({ p: 3 as 2 }), /hinge: p must be 1 or 2, got 3/],
    ["a negative posWeight", () => n.bceWithLogits.with({ posWeight: [-2] }), /posWeight: item 0 is -2/],
    ["another reduction", () => n.mse.with({ reduction: "avg" as "mean" }), /mse: reduction must be "mean", "sum" or "none", got "avg"/],
    ["an unknown option", () => n.crossEntropy.with({ smoothing: 0.1 } as never), /unknown option "smoothing"; known are.*labelSmoothing/],
    ["at the call", () => n.crossEntropy(...tensors(), { labelSmoothing: 2 }), /labelSmoothing/],
  ];
  for (const [name, f, says] of cases)
    it(name, () =>
      n.scope(() => {
        expect(f).toThrow(n.OptionError);
        expect(f).toThrow(says);
      }),
    );
});

describe("shapes, types and labels that do not fit are typed errors", () => {
  const [rows, flat] = [() => n.zeros([2, 3]), () => n.zeros([3])];
  const cases: [string, () => unknown, new (...a: never[]) => Error, RegExp][] = [
    ["class weights of another length", () => n.crossEntropy(...tensors(), { classWeights: [1, 2] }), n.ShapeError, /2 weights.*3 classes/],
    ["logits of one dimension", () => n.crossEntropy(flat(), n.tensor(Int32Array.from([0]))), n.ShapeError, /\[3\].*\(rows, classes\)/],
    ["labels of another number", () => n.nll(rows(), n.tensor(Int32Array.from([0]))), n.ShapeError, /nll.*\[2, 3\].*\[1\]/],
    ["float labels", () => n.crossEntropy(rows(), n.zeros([2])), n.DTypeError, /f32, expected i32/],
    ["a label beyond the classes", () => n.nll(rows(), n.tensor(Int32Array.from([0, 3]))), n.DataError, /nll: item 1 is 3.*0 to 2/],
    ["a label beyond them in hinge", () => n.hinge(rows(), n.tensor(Int32Array.from([0, -1]))), n.DataError, /hinge: item 1 is -1/],
    ["a label beyond them in mse", () => n.mse(rows(), n.tensor(Int32Array.from([0, 5]))), n.DataError, /mse: item 1 is 5.*3 outputs/],
    ["one-hot rows in hinge", () => n.hinge(rows(), n.zeros([2, 3])), n.ShapeError, /hinge.*class indices/],
    [
      "an ignored label with soft ones",
      () => n.crossEntropy(rows(), rows(), { ignoreIndex: 0 }),
      n.OptionError,
      /ignoreIndex.*class indices/,
    ],
    ["weights of another length in bce", () => n.bce(rows(), rows(), { weight: [1, 2] }), n.ShapeError, /2 weights.*1 or 3/],
    ["a target of another shape", () => n.huber(rows(), n.zeros([3, 2])), n.ShapeError, /huber.*\[2, 3\].*\[3, 2\]/],
    [
      "a target of bce that requires a gradient",
      () => {
        const [u, t] = [n.full([2], 0.5), n.full([2], 0.5)];
        u.requiresGrad = true;
        t.requiresGrad = true;
        n.bce(u, t).backward();
      },
      n.GradientError,
      /only the output has a gradient.*detach/,
    ],
    ["labels of oneHot", () => n.oneHot(n.zeros([2]), 2), n.DTypeError, /oneHot.*i32/],
    ["classes of oneHot", () => n.oneHot(n.tensor(Int32Array.from([0])), 0), n.OptionError, /oneHot.*1 or more/],
  ];
  for (const [name, f, type, says] of cases)
    it(name, () =>
      n.scope(() => {
        expect(f).toThrow(type);
        expect(f).toThrow(says);
      }),
    );
});

it("with() sets defaults, one call may set others, and the configuration is JSON", () => {
  n.scope(() => {
    const [u, y] = tensors();
    const smooth = n.crossEntropy.with({ labelSmoothing: 0.1 }).with({ classWeights: Float32Array.from([1, 2, 0.5]) });
    expect(JSON.parse(JSON.stringify({ type: smooth.type, ...smooth.config }))).toEqual({
      type: "crossEntropy",
      labelSmoothing: 0.1,
      classWeights: [1, 2, 0.5],
    });
    const both = n.crossEntropy(u, y, { labelSmoothing: 0.1, classWeights: [1, 2, 0.5] }).item();
    expect(smooth(u, y).item()).toBe(both);
    expect(smooth(u, y, { labelSmoothing: 0 }).item()).toBe(n.crossEntropy(u, y, { classWeights: [1, 2, 0.5] }).item());
    expect(n.crossEntropy.config).toEqual({});
    expect(n.crossEntropy(u, y).item()).not.toBe(both);
  });
});

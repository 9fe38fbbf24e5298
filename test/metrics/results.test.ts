import { expect, it } from "vitest";
import { classificationReport, confusionMatrix, DataError, r2, ShapeError } from "../../src/index";

// Expected figures: scikit-learn's user guide on classification_report, and its definitions worked out by hand.
const targets = [0, 1, 2, 2, 0];
const predicted = [0, 0, 2, 1, 0];

it("counts the rows of each class by what was predicted", () => {
  const want = [
    [2, 0, 0],
    [1, 0, 0],
    [0, 1, 1],
  ];
  expect(confusionMatrix(predicted, targets)).toEqual(want);
  expect(confusionMatrix(predicted, targets, 4)[3]).toEqual([0, 0, 0, 0]);
  const outputs = { data: predicted.flatMap((c) => [0, 1, 2].map((k) => (k === c ? 0.7 : 0.1))), shape: [5, 3] };
  expect(confusionMatrix(outputs, Int32Array.from(targets))).toEqual(want);
  expect(confusionMatrix({ data: [-1, 2], shape: [2, 1] }, [0, 0])).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

it("gives precision, recall and F1 of each class, their means and the accuracy; 0 for a class that was never found", () => {
  const report = classificationReport(predicted, targets);
  expect(report).toEqual(classificationReport(confusionMatrix(predicted, targets)));
  expect(report.accuracy).toBe(0.6);
  expect(report.classes).toEqual([
    { precision: 2 / 3, recall: 1, f1: 0.8, support: 2 },
    { precision: 0, recall: 0, f1: 0, support: 1 },
    { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 },
  ]);
  expect(report.macro.f1).toBeCloseTo((0.8 + 2 / 3) / 3, 12);
  expect(report.weighted.precision).toBeCloseTo((2 * (2 / 3) + 2 * 1) / 5, 12);
});

it("r2 is 1 when exact, 0 for the mean, as worked out by hand in between; targets all the same", () => {
  expect(r2([1, 2, 4], [1, 2, 4])).toBe(1);
  expect(r2([2, 2, 2], [1, 2, 3])).toBe(0);
  expect(r2([2.5, 0, 2, 8], { data: [3, -0.5, 2, 7], shape: [4, 1] })).toBeCloseTo(0.948608137, 9);
  expect([r2([2, 2], [2, 2]), r2([2, 3], [2, 2])]).toEqual([1, 0]);
});

it("what does not fit is a typed error", () => {
  expect(() => confusionMatrix([0], [0, 1])).toThrow(ShapeError);
  expect(() => confusionMatrix([], [])).toThrow(DataError);
  expect(() => confusionMatrix([0, 1.5], [0, 1])).toThrow(/item 1 of the predictions is 1.5/);
  expect(() => confusionMatrix([0, 1], [0, -1])).toThrow(/item 1 of the targets is -1/);
  expect(() => confusionMatrix([0, 3], [0, 1], 3)).toThrow(/from 0 to 2/);
  expect(() => r2([1], [1, 2])).toThrow(ShapeError);
  expect(() => classificationReport([[0]])).toThrow(DataError);
});

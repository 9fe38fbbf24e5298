import { describe, expect, it } from "vitest";
import { logLoss, rocAuc, rocAucOvr, rocCurve } from "../../src/metrics/scores";
import { type Scaling, scaleOf } from "../../src/table/scale";
import { balancedWeights } from "../../src/table/split";
import { read } from "../golden/files";

interface Golden {
  x: number[];
  scaled: Record<Exclude<Scaling, "none">, number[]>;
  targets: number[];
  scores: number[];
  auc: number;
  fpr: number[];
  tpr: number[];
  classes: number[];
  probabilities: number[];
  aucOvr: number;
  logLoss: number;
  weights: number[];
}
const g = read<Golden>("table.json");
const close = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [k, v] of expected.entries()) expect(actual[k]).toBeCloseTo(v, 10);
};

describe("as scikit-learn 1.2 has it, to 10 decimals", () => {
  it.each(["standard", "minmax", "robust"] as const)("%s scaling", (scaling) => {
    const { center, scale } = scaleOf(Float64Array.from(g.x), scaling);
    close(
      g.x.map((v) => (v - center) / scale),
      g.scaled[scaling],
    );
  });

  it("ROC curve and its area, with ties", () => {
    const points = rocCurve(g.scores, g.targets);
    close(
      points.map((p) => p.falsePositives),
      g.fpr,
    );
    close(
      points.map((p) => p.truePositives),
      g.tpr,
    );
    expect(rocAuc(g.scores, g.targets)).toBeCloseTo(g.auc, 10);
  });

  it("ROC AUC of three classes, each against the others", () =>
    expect(rocAucOvr({ data: g.probabilities, shape: [g.classes.length, 3] }, g.classes)).toBeCloseTo(g.aucOvr, 10));

  it("log loss", () => expect(logLoss({ data: g.probabilities, shape: [g.classes.length, 3] }, g.classes)).toBeCloseTo(g.logLoss, 10));

  it("weights of balanced classes, to single precision", () => {
    const weights = balancedWeights(g.classes);
    for (const [k, w] of g.weights.entries()) expect(weights[k]).toBeCloseTo(w, 6);
  });
});

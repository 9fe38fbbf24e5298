import { describe, expect, it } from "vitest";
import { DataError, type DataSet, evaluate, fit, type Module, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, ROWS, x, y } from "../small";
import { crossEntropies, forward, hits, rowsOf, weightedMean } from "./reference";

noLeaks();

const rows = rowsOf(x, 2);
/** The rows of these numbers, one by one. */
const pick = (list: readonly number[]): DataSet => ({ x: list.map((r) => rows[r]!), y: list.map((r) => y[r]!) });
const every = Array.from({ length: ROWS }, (_, k) => k);

async function trained(given: DataSet, more = {}): Promise<Module> {
  const m = model();
  await fit(m, given, options({ batchSize: "all", shuffle: false, epochs: 5, metrics: ["accuracy"], ...more }));
  return m;
}

function distance(a: Module, b: Module): number {
  const [p, q] = [a, b].map((m) => m.parameters().flatMap((t) => [...t.data()]));
  return Math.max(...p!.map((v, k) => Math.abs(v - q![k]!)));
}

describe("the weight of a row", () => {
  for (const eager of [false, true]) {
    it(`2 trains as the row given twice, to 1e-6, ${eager ? "eager" : "recorded"}`, async () => {
      const [a, b] = [
        await trained({ ...data, sampleWeight: every.map((k) => (k % 3 === 1 ? 2 : 1)) }, { eager }),
        await trained(pick(every.flatMap((k) => (k % 3 === 1 ? [k, k] : [k]))), { eager }),
      ];
      expect(distance(a, b)).toBeLessThan(1e-6);
      a.dispose();
      b.dispose();
    });

    it(`0 trains as if the row were absent, to 1e-6, ${eager ? "eager" : "recorded"}`, async () => {
      const [a, b] = [
        await trained({ ...data, sampleWeight: every.map((k) => (k % 4 === 2 ? 0 : 1)) }, { eager }),
        await trained(pick(every.filter((k) => k % 4 !== 2)), { eager }),
      ];
      expect(distance(a, b)).toBeLessThan(1e-6);
      a.dispose();
      b.dispose();
    });
  }

  it("counts in loss and accuracy of evaluate, of a validation and of the history, whatever the batches: to 1e-6", async () => {
    const m = model();
    const sampleWeight = every.map((k) => [0, 1, 2.5][((k * k) % 5) % 3]!);
    const logits = forward(m, rows);
    const expected = {
      loss: weightedMean(crossEntropies(logits, y), sampleWeight),
      accuracy: weightedMean(hits(logits, y), sampleWeight),
    };
    expect(expected.accuracy).not.toBeCloseTo(weightedMean(hits(logits, y)), 3);
    const given = { ...data, sampleWeight };
    for (const batchSize of [1, 7, 256]) {
      const { loss, accuracy } = await evaluate(m, given, { loss: "crossEntropy", metrics: ["accuracy"], batchSize });
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-6);
      expect(Math.abs(accuracy! - expected.accuracy)).toBeLessThan(1e-6);
    }
    const still = { optimizer: { type: "sgd", lr: 0 }, metrics: ["accuracy"] } as const;
    const { epochs } = await fit(m, given, options({ ...still, batchSize: 5, validation: given }));
    for (const { loss, accuracy } of [epochs[0]!, epochs[0]!.validation!]) {
      expect(Math.abs((loss as number) - expected.loss)).toBeLessThan(1e-6);
      expect(Math.abs((accuracy as number) - expected.accuracy)).toBeLessThan(1e-6);
    }
    m.dispose();
  });

  it("scaled by the same factor for all rows changes nothing but by rounding: 1e-6", async () => {
    const sampleWeight = every.map((k) => 1 + (k % 3));
    const [a, b] = [await trained({ ...data, sampleWeight }), await trained({ ...data, sampleWeight: sampleWeight.map((w) => 100 * w) })];
    expect(distance(a, b)).toBeLessThan(1e-6);
    a.dispose();
    b.dispose();
  });
});

describe("weights of 0 alone", () => {
  for (const eager of [false, true])
    it(`in a batch: a loss of 0 and no gradient, ${eager ? "eager" : "recorded"}`, async () => {
      const m = model();
      const before = bits(m);
      const losses: number[] = [];
      const history = await fit(
        m,
        { ...data, sampleWeight: every.map((k) => (k < 8 ? 0 : 1)) },
        options({
          optimizer: { type: "sgd", lr: 0.1 },
          shuffle: false,
          eager,
          metrics: ["accuracy"],
          callbacks: [
            {
              onStep: ({ step, loss }) => {
                losses.push(loss);
                if (step === 1) expect(bits(m)).toEqual(before);
              },
            },
          ],
        }),
      );
      expect(losses[0]).toBe(0);
      expect(history.epochs[0]!.loss).toBeCloseTo((losses[1]! + losses[2]!) / 2, 6);
      expect(bits(m)).not.toEqual(before);
      m.dispose();
    });

  it("in a data set: a DataError", async () => {
    const m = model();
    await failing(() => fit(m, { ...data, sampleWeight: every.map(() => 0) }, options()), DataError, "sampleWeight", "no row counts");
    m.dispose();
  });
});

it("a negative weight is a DataError with its place", async () => {
  const m = model();
  const sampleWeight = every.map((k) => (k === 5 ? -0.5 : 1));
  await failing(() => fit(m, { ...data, sampleWeight }, options()), DataError, "item 5", "-0.5", "0 or more");
  await failing(() => evaluate(m, { ...data, sampleWeight }, { loss: "crossEntropy" }), DataError, "item 5");
  m.dispose();
});

it("trainStep.run heeds them too", () => {
  const [a, b] = [model(), model()];
  const train = (m: Module, given: DataSet) => {
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.5 } });
    const losses = step.run(given, { steps: 5 });
    step.dispose();
    return losses;
  };
  const weighted = train(a, { ...data, sampleWeight: every.map((k) => (k % 3 === 1 ? 2 : 1)) });
  const doubled = train(b, pick(every.flatMap((k) => (k % 3 === 1 ? [k, k] : [k]))));
  for (const [k, loss] of weighted.entries()) expect(Math.abs(loss - doubled[k]!)).toBeLessThan(1e-6);
  expect(distance(a, b)).toBeLessThan(1e-6);
  a.dispose();
  b.dispose();
});

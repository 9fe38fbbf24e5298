import { describe, expect, it } from "vitest";
import { Adam, fit, GradientError, type Metric, mean, predict, sub } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, ROWS, x, y } from "../small";
import { forward, hits, rowsOf, weightedMean } from "./reference";

noLeaks();

describe("freezing a parameter", () => {
  for (const eager of [false, true])
    it(`within a run: it stays from the next step on, and moves again when it is thawed, ${eager ? "eager" : "recorded"}`, async () => {
      const m = model();
      const weight = m.namedParameters()[0]![1];
      const seen: string[] = [];
      const others: string[] = [];
      await fit(
        m,
        data,
        options({
          eager,
          batchSize: 8,
          epochs: 3,
          callbacks: [
            {
              onStep: ({ step }) => {
                seen.push(String(weight.data()));
                others.push(String(m.namedParameters()[2]![1].data()));
                if (step === 2) weight.requiresGrad = false;
                if (step === 5) weight.requiresGrad = true;
              },
            },
          ],
        }),
      );
      expect(new Set(others).size).toBe(9);
      expect(seen.slice(2, 5)).toEqual([seen[1], seen[1], seen[1]]);
      expect(new Set([seen[0], seen[1], ...seen.slice(5)]).size).toBe(6);
      m.dispose();
    });

  it("from outside while the run goes on: eager and recorded agree that it stays from then on", async () => {
    const m = model();
    const running = fit(m, data, options({ epochs: 400, yieldEveryMs: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 15));
    const bias = m.namedParameters()[1]![1];
    bias.requiresGrad = false;
    const held = [...bias.data()];
    await running;
    expect([...bias.data()]).toEqual(held);
    bias.requiresGrad = true;
    m.dispose();
  });

  it("of all of them is a GradientError that says so", async () => {
    const m = model();
    for (const p of m.parameters()) p.requiresGrad = false;
    const before = bits(m);
    await failing(() => fit(m, data, options()), GradientError, "frozen");
    expect(bits(m)).toEqual(before);
    m.dispose();
  });
});

describe("a metric of the user's", () => {
  const rows = rowsOf(x, 2);
  /** Mean of the largest logit's excess over the first. */
  const excess: Metric = (output) => mean(sub(output.max(1), output.slice(0, 1, 1).reshape([output.shape[0]!])));
  const expected = (m: Parameters<typeof forward>[0]) => weightedMean(forward(m, rows).map((row) => Math.max(...row) - row[0]!));

  it("is averaged over the rows of training and validation under the function's name, to 1e-6", async () => {
    const m = model();
    const want = expected(m);
    const still = { optimizer: { type: "sgd", lr: 0 }, batchSize: 7, validation: data } as const;
    for (const eager of [false, true]) {
      const { epochs } = await fit(m, data, options({ ...still, eager, metrics: [excess, "accuracy"] }));
      const [e] = epochs;
      expect(Math.abs((e!.excess as number) - want)).toBeLessThan(1e-6);
      expect(Math.abs(e!.validation!.excess! - want)).toBeLessThan(1e-6);
      expect(e!.accuracy).toBeCloseTo(weightedMean(hits(forward(m, rows), y)), 6);
    }
    m.dispose();
  });

  it("has the name it is given as type, or its place", async () => {
    const m = model();
    const named = Object.assign((o: Parameters<Metric>[0]) => mean(o), { type: "mean output" });
    const { epochs } = await fit(m, data, options({ metrics: [named, (o) => mean(o)] }));
    expect(Object.keys(epochs[0]!)).toEqual(expect.arrayContaining(["mean output", "metric1"]));
    m.dispose();
  });

  it("leaves the gradients alone", async () => {
    const [a, b] = [model(), model()];
    await fit(a, data, options({ metrics: [excess] }));
    await fit(b, data, options());
    expect(bits(a)).toEqual(bits(b));
    a.dispose();
    b.dispose();
  });

  it("gets the weights of the rows where there are any", async () => {
    const m = model();
    const sampleWeight = Array.from({ length: ROWS }, (_, k) => k);
    const shares: Metric = Object.assign((_o: unknown, _t: unknown, w?: Parameters<Metric>[0]) => w!.mean(), { type: "weight" });
    const { epochs } = await fit(m, { ...data, sampleWeight }, options({ batchSize: "all", metrics: [shares] }));
    expect(epochs[0]!.weight).toBeCloseTo((ROWS - 1) / 2, 5);
    m.dispose();
  });
});

it("a model trains further in a second run with the same optimizer as in one run of both lengths", async () => {
  const [a, b] = [model(), model()];
  const [one, two] = [new Adam(a.parameters(), { lr: 0.01 }), new Adam(b.parameters(), { lr: 0.01 })];
  const run = { batchSize: "all", shuffle: false } as const;
  await fit(a, data, options({ ...run, optimizer: one, epochs: 7 }));
  await fit(b, data, options({ ...run, optimizer: two, epochs: 3 }));
  await predict(b, data.x);
  await fit(b, data, options({ ...run, optimizer: two, epochs: 4 }));
  expect(bits(b)).toEqual(bits(a));
  for (const o of [one, two, a, b]) o.dispose();
});

import { describe, expect, it } from "vitest";
import { type DataSet, type FitOptions, fit } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options, ROWS } from "../small";

noLeaks();

/** All parameters after a run. */
async function trained(given: DataSet, more: Partial<FitOptions>): Promise<number[]> {
  const m = model();
  const optimizer = { type: "sgd", lr: 0.5, momentum: 0.9 } as const;
  const { steps } = await fit(m, given, options({ optimizer, epochs: 4, shuffle: true, ...more }));
  const values = m.parameters().flatMap((p) => [...p.data()]);
  m.dispose();
  return [steps, ...values];
}

function agree(a: readonly number[], b: readonly number[], bound: number): void {
  expect(a.length).toBe(b.length);
  expect(Math.max(...a.map((v, k) => Math.abs(v - b[k]!)))).toBeLessThan(bound);
}

const weighted = { ...data, sampleWeight: Float32Array.from({ length: ROWS }, (_, k) => [0.25, 3, 0, 1][k % 4]!) };

for (const [name, given] of [
  ["rows that count alike", data],
  ["weighted rows", weighted],
] as const)
  describe(`k small batches and one of all their rows move the parameters alike, to 2e-6 after four epochs: ${name}`, () => {
    for (const [k, n] of [
      [2, 4],
      [4, 6],
      [3, 1],
      [24, 1],
    ] as const)
      it(`${k} batches of ${n}`, async () => {
        agree(await trained(given, { batchSize: n, accumulate: k }), await trained(given, { batchSize: k * n, accumulate: 1 }), 2e-6);
      });

    // 24 rows: the last batch of 7 has 3, the last group of 5 times 4 has 4
    for (const [k, n] of [
      [2, 7],
      [5, 4],
      [4, 5],
      [100, 5],
    ] as const)
      it(`${k} batches of ${n}, where the last batch or the last group is smaller`, async () => {
        const one = await trained(given, { batchSize: n, accumulate: k });
        agree(one, await trained(given, { batchSize: Math.min(ROWS, k * n), accumulate: 1 }), 2e-6);
        expect(await trained(given, { batchSize: n, accumulate: k, eager: true })).toEqual(one);
      });
  });

it("history.steps counts updates, callbacks are told of batches", async () => {
  const m = model();
  const seen: number[] = [];
  const history = await fit(
    m,
    data,
    options({ batchSize: 5, accumulate: 2, epochs: 2, callbacks: [{ onStep: (e) => void seen.push(e.step) }] }),
  );
  expect(history.steps).toBe(6);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  m.dispose();
});

it("a run that is stopped within a group leaves the model as after the last update", async () => {
  const [stopped, whole] = [model(), model()];
  const after = (step: number) => [{ onStep: (e: { step: number }) => (e.step === step ? ("stop" as const) : undefined) }];
  const history = await fit(stopped, data, options({ batchSize: 4, accumulate: 2, callbacks: after(3) }));
  await fit(whole, data, options({ batchSize: 4, accumulate: 2, callbacks: after(2) }));
  expect(history.steps).toBe(1);
  expect(stopped.stateDict()).toEqual(whole.stateDict());
  stopped.dispose();
  whole.dispose();
});

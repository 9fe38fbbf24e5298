import { describe, expect, test } from "vitest";
import { backward } from "../../src/autograd/backward";
import { OPS, type OpName } from "../../src/ops/table";
import { fromValues, scope, type Tensor } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { type AnyOp, describeSample, inside, isShape, plain, random, valuesOf } from "./operands";
import { SAMPLES, type Sample } from "./samples";

noLeaks();

const STEP = 2 ** -7;
/** Items of one operand whose derivative is taken, at most. */
const MOST = 40;

const weights = (n: number) => {
  const next = random(99);
  return Float32Array.from({ length: n }, () => 0.5 + next());
};

/** Gradients of sum(weights * op(inputs)) for the given leaves. */
function analytic(op: AnyOp, sample: Sample<unknown>, inputs: () => Tensor[], leaves: Tensor[]): (Float32Array | undefined)[] {
  for (const t of leaves) t.requiresGrad = true;
  const y = op(inputs(), sample.attrs);
  backward(y, fromValues(weights(y.size), y.shape, "f32"));
  return leaves.map((t) => t.grad?.data() as Float32Array | undefined);
}

/** The same by central differences, summed in float64; for some items of operand k. */
function* numeric(op: AnyOp, sample: Sample<unknown>, values: Float32Array[], k: number): Generator<[index: number, slope: number]> {
  const value = (moved: Float32Array) =>
    scope(() => {
      const y = op(
        sample.of.map((o, j) => plain(o, j === k ? moved : values[j]!)),
        sample.attrs,
      );
      const w = weights(y.size);
      return (y.data() as Float32Array).reduce((sum, v, i) => sum + v * w[i]!, 0);
    });
  const n = values[k]!.length;
  for (let j = 0; j < Math.min(n, MOST); j++) {
    const i = n <= MOST ? j : Math.floor((j * n) / MOST);
    const [up, down] = [values[k]!.slice(), values[k]!.slice()];
    up[i]! += STEP;
    down[i]! -= STEP;
    yield [i, (value(up) - value(down)) / (up[i]! - down[i]!)];
  }
}

const entries = Object.entries(SAMPLES) as [OpName, readonly Sample<unknown>[] | null][];

test("ops without a gradient are those listed without samples, and no others", () => {
  expect(Object.keys(OPS).filter((name) => OPS[name as OpName].record.gradient === null)).toEqual(
    entries.filter(([, samples]) => samples === null).map(([name]) => name),
  );
  for (const [name, op] of Object.entries(OPS)) expect(op.record.name).toBe(name);
});

describe.each(entries.filter(([, samples]) => samples !== null))("%s", (name, samples) => {
  const op = OPS[name] as unknown as AnyOp;
  test.each(samples!.map((s) => [describeSample(s), s] as const))(
    "%s: gradient within 1e-3 of central differences, relative to its largest item or 1",
    (_, sample) => {
      scope(() => {
        const values = valuesOf(sample, 7);
        const operands = sample.of.map((o, k) => plain(o, values[k]!));
        const wanted = operands.filter((_, k) => isShape(sample.of[k]!));
        const grads = analytic(op, sample, () => operands, wanted);
        for (const [j, k] of sample.of.flatMap((o, k) => (isShape(o) ? [k] : [])).entries()) {
          const g = grads[j]!;
          expect(g, `operand ${k} has a gradient`).toBeDefined();
          expect(wanted[j]!.grad!.shape).toEqual(sample.of[k]);
          const scale = g.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
          for (const [i, slope] of numeric(op, sample, values, k))
            expect(Math.abs(g[i]! - slope) / scale, `operand ${k}, item ${i}: ${g[i]} against ${slope}`).toBeLessThan(1e-3);
        }
      });
    },
  );

  test.each(samples!.map((s) => [describeSample(s), s] as const))(
    "%s: operands inside a larger leaf give the same bits, and 0 beside them",
    (_, sample) => {
      scope(() => {
        const values = valuesOf(sample, 7);
        const operands = sample.of.map((o, k) => plain(o, values[k]!));
        const expected = analytic(
          op,
          sample,
          () => operands,
          operands.filter((_, k) => isShape(sample.of[k]!)),
        );
        const within = sample.of.map((o, k) => (isShape(o) ? inside(o, values[k]!) : undefined));
        const leaves = within.flatMap((w) => (w === undefined ? [] : [w.leaf]));
        const views = () => sample.of.map((o, k) => within[k]?.view() ?? plain(o, values[k]!));
        const grads = analytic(op, sample, views, leaves);
        for (const [j, g] of grads.entries()) {
          expect(g!.slice(3, -2)).toEqual(expected[j]);
          expect([...g!.slice(0, 3), ...g!.slice(-2)]).toEqual([0, 0, 0, 0, 0]);
        }
      });
    },
  );
});

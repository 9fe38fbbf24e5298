import { describe, expect, test } from "vitest";
import { OPS, type OpName } from "../../src/ops/table";
import { scope } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { analytic, compare, differences } from "./differences";
import { type AnyOp, describeSample, inside, isShape, plain, valuesOf } from "./operands";
import { SAMPLES, type Sample } from "./samples";

noLeaks();

const entries = Object.entries(SAMPLES) as [OpName, readonly Sample<unknown>[] | null][];
const floats = (sample: Sample<unknown>) => sample.of.flatMap((o, k) => (isShape(o) ? [k] : []));

test("ops without a gradient are those listed without samples, and no others", () => {
  expect(Object.keys(OPS).filter((name) => OPS[name as OpName].record.gradient === null)).toEqual(
    entries.filter(([, samples]) => samples === null).map(([name]) => name),
  );
  for (const [name, op] of Object.entries(OPS)) expect(op.record.name).toBe(name);
});

describe.each(entries.filter(([, samples]) => samples !== null))("%s", (name, samples) => {
  const op = OPS[name] as unknown as AnyOp;
  const cases = samples!.map((s) => [describeSample(s), s] as const);

  test.each(cases)("%s: gradient within 1e-3 of central differences, relative to its largest item or 1", (_, sample) => {
    scope(() => {
      const values = valuesOf(sample, 7);
      const operands = sample.of.map((o, k) => plain(o, values[k]!));
      const wanted = floats(sample);
      const leaves = wanted.map((k) => operands[k]!);
      const grads = analytic(() => op(operands, sample.attrs), leaves);
      for (const [j, k] of wanted.entries()) {
        expect(leaves[j]!.grad?.shape).toEqual(sample.of[k]);
        const moved = (v: Float32Array) =>
          op(
            sample.of.map((o, i) => plain(o, i === k ? v : values[i]!)),
            sample.attrs,
          );
        compare(grads[j]!, differences(moved, values[k]!), 1e-3);
      }
    });
  });

  test.each(cases)("%s: operands inside a larger leaf give the same bits, and 0 beside them", (_, sample) => {
    scope(() => {
      const values = valuesOf(sample, 7);
      const operands = sample.of.map((o, k) => plain(o, values[k]!));
      const expected = analytic(
        () => op(operands, sample.attrs),
        floats(sample).map((k) => operands[k]!),
      );
      const within = sample.of.map((o, k) => (isShape(o) ? inside(o, values[k]!) : undefined));
      const views = () => sample.of.map((o, k) => within[k]?.view() ?? plain(o, values[k]!));
      const grads = analytic(
        () => op(views(), sample.attrs),
        floats(sample).map((k) => within[k]!.leaf),
      );
      for (const [j, g] of grads.entries()) {
        expect(g!.slice(3, -2)).toEqual(expected[j]);
        expect([...g!.slice(0, 3), ...g!.slice(-2)]).toEqual([0, 0, 0, 0, 0]);
      }
    });
  });
});

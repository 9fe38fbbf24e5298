import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autograd/graph";
import { type Sink, sink, withSink } from "../../src/core/emit";
import { OPS, type OpName } from "../../src/ops/table";
import { fromValues, scope } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { type AnyOp, isShape, plain, valuesOf } from "./operands";
import { SAMPLES, type Sample } from "./samples";

noLeaks();

/** Instructions that `body` runs. */
function instructions(body: () => void): number {
  const eager = sink();
  let count = 0;
  const counting: Sink = {
    allocate: (bytes) => eager.allocate(bytes),
    scratch: (bytes) => eager.scratch(bytes),
    emit: (op, operands) => {
      count++;
      eager.emit(op, operands);
    },
  };
  withSink(counting, body);
  return count;
}

/** Instructions of the gradient when only these operands require one. */
function backwardCost(op: AnyOp, sample: Sample<unknown>, wanted: readonly number[]): number {
  return scope(() => {
    const values = valuesOf(sample, 3);
    const inputs = sample.of.map((o, k) => plain(o, values[k]!));
    for (const k of wanted) inputs[k]!.requiresGrad = true;
    const y = op(inputs, sample.attrs);
    const seed = fromValues(new Float32Array(y.size).fill(1), y.shape, "f32");
    return instructions(() => {
      const found = gradients(y, seed);
      expect([...found.keys()].map((t) => inputs.indexOf(t)).sort()).toEqual([...wanted].sort());
    });
  });
}

const several = (Object.entries(SAMPLES) as [OpName, readonly Sample<unknown>[] | null][]).flatMap(([name, samples]) =>
  (samples ?? []).filter((s) => s.of.filter(isShape).length > 1).map((s) => [name, s] as const),
);

/** Ops whose gradients build on one another: that of the second operand comes from that of the first. */
const CHAINED: readonly OpName[] = ["div"];

/** One instruction sums for weight and bias; the gradient of x needs these sums where the statistics are its own. All, then each operand alone. */
const batchNormCost = (sample: Sample<unknown>) => ("given" in (sample.attrs as object) ? [2, 1, 1, 1] : [2, 2, 1, 1]);

describe("a gradient costs no instruction for operands that need none", () => {
  test.each([...new Set(several.map(([name]) => name))])("%s", (name) => {
    for (const [, sample] of several.filter(([n]) => n === name)) {
      const op = OPS[name] as unknown as AnyOp;
      const candidates = sample.of.flatMap((o, k) => (isShape(o) ? [k] : []));
      const all = backwardCost(op, sample, candidates);
      const each = candidates.map((k) => backwardCost(op, sample, [k]));
      const sum = each.reduce((a, b) => a + b, 0);
      if (CHAINED.includes(name)) expect(each[0]).toBeLessThan(all);
      else if (name === "batchNorm") expect([all, ...each]).toEqual(batchNormCost(sample));
      else expect(sum, JSON.stringify(sample.of)).toBe(all);
    }
  });

  test("without any operand that requires a gradient no graph is kept", () => {
    for (const [name, sample] of several)
      scope(() => {
        const values = valuesOf(sample, 3);
        const y = (OPS[name] as unknown as AnyOp)(
          sample.of.map((o, k) => plain(o, values[k]!)),
          sample.attrs,
        );
        expect([name, y.node, y.requiresGrad]).toEqual([name, undefined, false]);
      });
  });
});

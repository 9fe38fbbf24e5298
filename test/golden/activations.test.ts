import { describe, expect, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, read, toTensor } from "./files";

noLeaks();

interface Case {
  op: string;
  attrs: (number | string)[];
  inputs: GoldenArray[];
  output: GoldenArray;
  upstream: GoldenArray;
  gradients: GoldenArray[];
}

const { cases } = read<{ cases: Case[] }>("activations.json");
const functions = n as unknown as Record<string, (...args: unknown[]) => n.Tensor>;

/** Modules that compute the same, from PyTorch's options in their order. */
const MODULES: Record<string, (attrs: never[]) => n.Module> = {
  relu: () => new n.ReLU(),
  sigmoid: () => new n.Sigmoid(),
  tanh: () => new n.Tanh(),
  leakyRelu: (a) => new n.LeakyReLU(...a),
  elu: (a) => new n.ELU(...a),
  selu: () => new n.SELU(),
  gelu: ([approximate]) => new n.GELU(approximate === undefined ? {} : { approximate }),
  silu: () => new n.SiLU(),
  mish: () => new n.Mish(),
  softplus: (a) => new n.Softplus(...a),
  hardtanh: (a) => new n.Hardtanh(...a),
  logSigmoid: () => new n.LogSigmoid(),
  softmax: (a) => new n.Softmax(...a),
  logSoftmax: (a) => new n.LogSoftmax(...a),
};

/** Worst error of any item, relative to the item itself or 1e-9: 1 + erf cancels in PyTorch's gelu, in float64 too. */
const relative = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.reduce((most, want, k) => Math.max(most, Math.abs(actual[k]! - want) / Math.max(Math.abs(want), 1e-9)), 0);

describe("values within 1e-6 of PyTorch's in float64, relative to each item or 1e-9 (gelu's tanh form 2e-5); gradients within 1e-6 of the largest", () => {
  test.each(cases.map((c) => [`${c.op}(${[c.inputs.map((x) => `[${x.shape}]`).join(", "), ...c.attrs].join(", ")})`, c] as const))(
    "%s",
    (_, c) => {
      n.scope(() => {
        const inputs = c.inputs.map(toTensor);
        for (const t of inputs) t.requiresGrad = true;
        const y = functions[c.op]!(...inputs, ...c.attrs);
        expect(y.shape).toEqual(c.output.shape);
        expect(relative(y.data(), c.output.data)).toBeLessThan(c.attrs[0] === "tanh" ? 2e-5 : 1e-6);
        y.backward(toTensor(c.upstream));
        for (const [k, t] of inputs.entries()) expect(distance(t.grad!.data(), c.gradients[k]!.data)).toBeLessThan(1e-6);
        const module = MODULES[c.op]?.(c.attrs as never[]);
        if (module !== undefined) expect(module.forward(inputs[0]!).data()).toEqual(y.data());
      });
    },
  );
});

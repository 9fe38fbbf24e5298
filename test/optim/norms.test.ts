import { describe, expect, it } from "vitest";
import {
  type BatchNorm1d,
  crossEntropy,
  fit,
  gradientNorms,
  initialize,
  Linear,
  Module,
  mlp,
  OptionError,
  Parameter,
  StateError,
  scope,
  type Tensor,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS, x, y } from "../small";

noLeaks();

/** One backward on all rows, and what is asked of its gradients. */
function measure<T>(m: Module, ask: () => T): T {
  const result = scope(() => {
    crossEntropy(m.forward(tensor(x, [ROWS, 2])), tensor(y)).backward();
    return ask();
  });
  for (const p of m.parameters()) {
    p.grad?.dispose();
    p.grad = undefined;
  }
  return result;
}
const hypot = (tensors: readonly (Tensor | undefined)[]) => Math.hypot(...tensors.flatMap((t) => (t === undefined ? [] : [...t.data()])));

class Bare extends Module {
  readonly scale = new Parameter([3]).set([1, 1, 1]);
  readonly inner = { deep: new Linear(2, 3) };
  forward(t: Tensor): Tensor {
    return this.inner.deep.forward(t).mul(this.scale);
  }
}

describe("gradientNorms", () => {
  it("gives the norm of each layer's gradients and of each parameter's, as a float64 loop does within 1e-6 relative", () => {
    const m = mlp([2, 16, 7, 3], { activation: "tanh", batchNorm: true });
    measure(m, () => {
      const layers = gradientNorms(m);
      expect(Object.keys(layers)).toEqual(["0", "1", "3", "4", "6"]);
      for (const [path, norm] of Object.entries(layers)) {
        const part = m.stages[Number(path)] as Linear | BatchNorm1d;
        const expected = hypot([part.weight?.grad, part.bias?.grad]);
        expect(Math.abs(norm - expected)).toBeLessThanOrEqual(1e-6 * expected);
      }
      const each = gradientNorms(m, { each: "parameter" });
      expect(Object.keys(each)).toEqual(m.namedParameters().map(([name]) => name));
      for (const [name, p] of m.namedParameters()) expect(Math.abs(each[name]! - hypot([p.grad]))).toBeLessThanOrEqual(1e-6 * each[name]!);
    });
    m.dispose();
  });

  it("leaves out what has no gradient; the model's own parameters are (model)", () => {
    const m = new Bare();
    m.inner.deep.weight.requiresGrad = false;
    expect(measure(m, () => Object.keys(gradientNorms(m, { each: "parameter" })))).toEqual(["scale", "inner.deep.bias"]);
    expect(measure(m, () => Object.keys(gradientNorms(m)))).toEqual(["(model)", "inner.deep"]);
    m.dispose();
  });

  it("shows gradients vanish through eight layers of sigmoid units, and not through ReLU units by He's initialisation", () => {
    const ratio = (activation: "sigmoid" | "relu", init: "glorotUniform" | "heNormal") => {
      const m = initialize(mlp([2, ...Array.from({ length: 8 }, () => 20), 3], { activation }), init, { seed: 1 });
      const norms = Object.values(measure(m, () => gradientNorms(m)));
      m.dispose();
      return norms[0]! / norms.at(-1)!;
    };
    expect(ratio("sigmoid", "glorotUniform")).toBeLessThan(1e-4);
    expect(ratio("relu", "heNormal")).toBeGreaterThan(0.1);
  });

  it("may be asked in a callback of fit, which goes on as without", async () => {
    const run = async (look: boolean) => {
      const m = model();
      const seen: Record<string, number>[] = [];
      const onEpochEnd = () => void (look && seen.push(measure(m, () => gradientNorms(m))));
      await fit(m, data, options({ epochs: 3, callbacks: [{ onEpochEnd }] }));
      const result = bits(m);
      m.dispose();
      return { result, seen };
    };
    const [plain, looked] = [await run(false), await run(true)];
    expect(looked.result).toEqual(plain.result);
    expect(looked.seen.map((s) => Object.keys(s))).toEqual([
      ["0", "2"],
      ["0", "2"],
      ["0", "2"],
    ]);
    expect(new Set(looked.seen.map((s) => s["0"])).size).toBe(3);
  });

  it("throws where there is no gradient, and for an unknown choice", () => {
    const m = model();
    expect(() => gradientNorms(m)).toThrow(StateError);
    expect(() => gradientNorms(m)).toThrow(/no parameter has a gradient; call backward\(\)/);
    expect(() => gradientNorms(m, { each: "module" as never })).toThrow(OptionError);
    expect(() => gradientNorms(m, { each: "module" as never })).toThrow(/"layer" or "parameter", got "module"/);
    m.dispose();
  });

  it("keeps a NaN", () => {
    const m = new Linear(1, 1);
    m.weight.grad = tensor([[Number.NaN]]);
    m.bias!.grad = tensor([1]);
    expect(gradientNorms(m)).toEqual({ "(model)": Number.NaN });
    m.dispose();
  });
});

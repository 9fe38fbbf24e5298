import { describe, expect, it } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const IGNORED = -100;
const losses = { crossEntropy: n.crossEntropy, nll: n.nll, crossEntropyOnProbabilities: n.crossEntropyOnProbabilities };
const output = () => {
  const u = n.tensor([
    [0.2, 0.5, 0.3],
    [0.6, 0.1, 0.3],
  ]);
  u.requiresGrad = true;
  return u;
};
const labels = (...list: number[]) => n.tensor(Int32Array.from(list));

describe("a mean over nothing is 0, with gradients of 0", () => {
  for (const [name, loss] of Object.entries(losses)) {
    it(`${name}: all labels ignored, also under a large upstream gradient`, () => {
      n.scope(() => {
        const u = output();
        const l = loss(u, labels(IGNORED, IGNORED), { ignoreIndex: IGNORED });
        expect(l.item()).toBe(0);
        n.mul(l, 1e30).backward();
        expect([...u.grad!.data()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
      });
    });
    it(`${name}: all labels of weight 0`, () => {
      n.scope(() => {
        const u = output();
        const l = loss(u, labels(1, 1), { classWeights: [1, 0, 1] });
        expect(l.item()).toBe(0);
        l.backward();
        expect([...u.grad!.data()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
      });
    });
  }
  it("no rows at all, in every loss", () => {
    n.scope(() => {
      const [u, y, t] = [n.zeros([0, 3]), labels(), n.zeros([0, 3])];
      for (const loss of [n.crossEntropy, n.nll, n.crossEntropyOnProbabilities, n.hinge])
        expect([loss.type, loss(u, y).item()]).toEqual([loss.type, 0]);
      for (const loss of [n.mse, n.squaredError, n.mae, n.huber, n.smoothL1, n.bce, n.bceWithLogits, n.binaryHinge, n.klDiv])
        expect([loss.type, loss(u, t).item()]).toEqual([loss.type, 0]);
    });
  });
});

describe("an ignored row", () => {
  for (const [name, loss] of Object.entries(losses))
    it(`${name}: costs 0, has a gradient of 0, and the others are as without it, to 1e-7`, () => {
      n.scope(() => {
        const [u, v] = [output(), n.tensor([[0.2, 0.5, 0.3]])];
        v.requiresGrad = true;
        expect(loss(u, labels(2, 1), { ignoreIndex: 1, reduction: "none" }).data()[1]).toBe(0);
        const [a, b] = [loss(u, labels(2, 1), { ignoreIndex: 1 }), loss(v, labels(2))];
        expect(a.item()).toBeCloseTo(b.item(), 7);
        a.backward();
        b.backward();
        const g = [...u.grad!.data()];
        for (const [k, w] of [...v.grad!.data()].entries()) expect(g[k]).toBeCloseTo(w, 6);
        expect(g.slice(3).map(Math.abs)).toEqual([0, 0, 0]);
      });
    });
  it("may be a class like any other, -1, or beyond the classes", () => {
    n.scope(() => {
      for (const ignoreIndex of [0, -1, 255])
        expect(Number.isFinite(n.crossEntropy(output(), labels(1, ignoreIndex), { ignoreIndex }).item())).toBe(true);
      expect(() => n.crossEntropy(output(), labels(1, 255), { ignoreIndex: 254 })).toThrow(n.DataError);
    });
  });
});

describe("extremes", () => {
  const rows = [
    [1e4, -1e4, 0],
    [-1e4, 1e4, 1e4],
  ];
  it("logits of 1e4: crossEntropy is their distance, the gradient the probabilities less the target", () => {
    n.scope(() => {
      const u = n.tensor(rows);
      u.requiresGrad = true;
      const l = n.crossEntropy(u, labels(1, 2), { reduction: "none" });
      expect(l.data()[0]).toBe(2e4);
      expect(l.data()[1]).toBeCloseTo(Math.log(2), 6);
      l.backward(n.ones([2]));
      expect([...u.grad!.data()]).toEqual([1, -1, 0, 0, 0.5, -0.5]);
    });
  });
  it("a logit of -Infinity counts nothing where its target is 0, and is infinitely wrong where it is not", () => {
    n.scope(() => {
      const u = n.tensor([[0, -Infinity, 0]]);
      u.requiresGrad = true;
      const l = n.crossEntropy(u, n.tensor([[0.5, 0, 0.5]]));
      expect(l.item()).toBeCloseTo(Math.log(2), 6);
      l.backward();
      for (const v of u.grad!.data()) expect(v).toBeCloseTo(0, 6);
      expect(n.crossEntropy(u, n.tensor([[0.5, 0.5, 0]])).item()).toBe(Infinity);
    });
  });
  it("probabilities of 0 and 1: at most 100 for each, gradients finite", () => {
    n.scope(() => {
      for (const [p, t, want] of [
        [0, 1, 100],
        [1, 0, 100],
        [0, 0, 0],
        [1, 1, 0],
      ] as const) {
        const u = n.tensor([p]);
        u.requiresGrad = true;
        const l = n.bce(u, n.tensor([t]));
        expect(l.item()).toBeCloseTo(want, 4);
        l.backward();
        expect(Number.isFinite(u.grad!.item())).toBe(true);
      }
      const u = n.tensor([[0, 1, 0]]);
      u.requiresGrad = true;
      const l = n.crossEntropyOnProbabilities(u, labels(0));
      expect(l.item()).toBe(100);
      l.backward();
      expect([...u.grad!.data()].every(Number.isFinite)).toBe(true);
    });
  });
  it("NaN in an output, and in a soft or numeric target, gives a NaN loss in its own row alone", () => {
    n.scope(() => {
      const bad = () =>
        n.tensor([
          [0.2, 0.5, 0.3],
          [0.1, Number.NaN, 0.9],
        ]);
      const none = { reduction: "none" } as const;
      const one = (l: n.Tensor) => {
        const v = [...l.data()];
        return [v.slice(0, v.length / 2).some(Number.isNaN), v.slice(v.length / 2).some(Number.isNaN)];
      };
      const seen = [
        ...[n.crossEntropy, n.nll, n.crossEntropyOnProbabilities, n.hinge].map((loss) => loss(bad(), labels(1, 1), none)),
        ...[
          n.crossEntropy,
          n.nll,
          n.crossEntropyOnProbabilities,
          n.bce,
          n.bceWithLogits,
          n.mse,
          n.squaredError,
          n.mae,
          n.huber,
          n.smoothL1,
          n.binaryHinge,
          n.klDiv,
        ].flatMap((loss) => [loss(bad(), output(), none), loss(output(), bad(), none)]),
      ];
      for (const [k, l] of seen.entries()) expect([k, one(l)]).toEqual([k, [false, true]]);
    });
  });
});

import { describe, expect, it } from "vitest";
import { Storage } from "../../src/core/storage";
import {
  add,
  crossEntropy,
  Linear,
  matmul,
  memory,
  mul,
  randn,
  Sequential,
  SGD,
  scope,
  sum,
  Tanh,
  type Tensor,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, model, x, y } from "../small";

noLeaks();

/** Everything eager leaves linear memory. */
const spillAll = () => Storage.spill(0, 0);
const resident = () => memory().byKind.eager.tensors;

describe("eager tensors that have left linear memory", () => {
  it("come back with the same bits, whatever the dtype", () => {
    const f = randn([1000]);
    const i = tensor(Int32Array.from([1, -2, 3]));
    const u = tensor(Uint8Array.from([255, 0, 7]));
    const nan = tensor(new Float32Array(new Uint32Array([0x7fc00001, 0xff800000, 0x80000000]).buffer));
    const before = [f, i, u, nan].map((t) => [...new Uint8Array(t.data().buffer as ArrayBuffer)]);
    spillAll();
    expect(resident()).toBe(0);
    expect([f, i, u, nan].map((t) => [...new Uint8Array(t.data().buffer as ArrayBuffer)])).toEqual(before);
  });

  it("are found by their views, which share them still", () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ]);
    const v = t.rows(1);
    spillAll();
    v.set([5, 6]);
    spillAll();
    expect(t.toArray()).toEqual([
      [1, 2],
      [5, 6],
    ]);
  });

  it("are operands like any other, both of them, and the result too", () => {
    const [a, b] = [randn([20, 30]), randn([30, 10])];
    const before = matmul(a, b).data();
    spillAll();
    const c = matmul(a, b);
    spillAll();
    expect(c.data()).toEqual(before);
  });

  it("serve backward: gradients have the same bits as without", () => {
    const gradient = (between: () => void) =>
      scope(() => {
        const m = model();
        const out = m.forward(tensor(x, [24, 2]));
        between();
        const l = crossEntropy(out, tensor(y));
        between();
        l.backward();
        between();
        const grads = m.parameters().map((p) => [...p.grad!.data()]);
        m.dispose();
        return grads;
      });
    expect(gradient(spillAll)).toEqual(gradient(() => {}));
  });

  it("serve a whole loop: parameters have the same bits as without", () => {
    const train = (between: () => void) => {
      const m = model();
      const opt = new SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
      const [xs, ys] = [tensor(x, [24, 2]), tensor(y)];
      for (let k = 0; k < 5; k++) {
        opt.zeroGrad();
        const l = crossEntropy(m.forward(xs), ys);
        between();
        l.backward();
        between();
        opt.step();
      }
      const end = bits(m);
      opt.dispose();
      opt.zeroGrad();
      m.dispose();
      return end;
    };
    expect(train(spillAll)).toEqual(train(() => {}));
  });

  it("cost nothing when disposed there", () => {
    const t = randn([100]);
    spillAll();
    t.dispose();
    t.dispose();
    expect(() => t.data()).toThrow(/disposed/);
  });

  it("are not parameters, state or programs: those stay", () => {
    const m = new Sequential(new Linear(2, 2), new Tanh());
    const before = memory().byKind;
    spillAll();
    expect(memory().byKind.parameter).toEqual(before.parameter);
    m.dispose();
  });
});

it("past 64 MB the oldest leave by themselves; the youngest stay", () => {
  const made: Tensor[] = [];
  for (let k = 0; k < 40; k++) made.push(tensor(new Float32Array(2 ** 20).fill(k)));
  expect(memory().byKind.eager.bytes).toBeLessThanOrEqual(64 * 2 ** 20);
  expect(made.every((t, k) => t.data()[12345] === k)).toBe(true);
});

it("past 512 tensors the oldest leave by themselves; all 5,000 keep their values, and a graph through them its gradient", () => {
  const made: Tensor[] = [];
  for (let k = 0; k < 5000; k++) made.push(tensor([k, -k]));
  expect(resident()).toBeLessThanOrEqual(512);
  expect(made.every((t, k) => t.data()[0] === k && t.data()[1] === -k)).toBe(true);
  const w = tensor([1, 2], [2], { requiresGrad: true });
  let total: Tensor = sum(mul(w, made[0]!));
  for (let k = 1; k < 2000; k++) total = add(total, sum(mul(w, made[k]!)));
  total.backward();
  expect(resident()).toBeLessThanOrEqual(512);
  expect(w.grad!.toArray()).toEqual([1999 * 1000, -1999 * 1000]);
});

it("an operand is not moved out while an instruction brings another in", () => {
  // each is larger than half the limit, so that both do not fit below it
  const [a, b] = [tensor(new Float32Array(10 * 2 ** 20).fill(2)), tensor(new Float32Array(10 * 2 ** 20).fill(3))];
  spillAll();
  const c = a.add(b);
  const values = c.data();
  expect([values[0], values.at(-1)]).toEqual([5, 5]);
});

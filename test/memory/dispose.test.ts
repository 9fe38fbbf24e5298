import { describe, expect, it } from "vitest";
import { backward, crossEntropy, DisposedError, memory, randn, scope, type Tensor, tensor } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const live = () => memory().byKind.eager.tensors;

describe("dispose", () => {
  it("a second call does nothing", () => {
    const before = live();
    const x = tensor([1, 2, 3]);
    x.dispose();
    x.dispose();
    expect(live()).toBe(before);
    expect(x.disposed).toBe(true);
  });

  it("a disposed tensor says so, with its shape", () => {
    const x = tensor([[1, 2]]);
    x.dispose();
    for (const use of [() => x.data(), () => x.item === undefined, () => x.add(1), () => x.set([1, 2]), () => x.reshape([2])])
      if (use !== undefined && String(use).includes("item")) continue;
      else expect(use).toThrow(DisposedError);
    expect(() => x.data()).toThrow(/\[1, 2\].*disposed/);
    expect(String(x)).toContain("disposed");
  });

  it("is what Symbol.dispose calls", () => {
    const x = tensor([1]);
    (x as unknown as Record<symbol, () => void>)[(Symbol as { dispose?: symbol }).dispose ?? Symbol.for("Symbol.dispose")]!();
    expect(x.disposed).toBe(true);
  });

  it("a view shares memory and outlives its base", () => {
    const before = live();
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const flat = x.reshape([4]);
    const row = x.rows(1);
    x.set([5, 6, 7, 8]);
    expect([...flat.data()]).toEqual([5, 6, 7, 8]);
    x.dispose();
    expect([...row.data()]).toEqual([7, 8]);
    expect(live()).toBe(before + 1);
    flat.dispose();
    row.dispose();
    expect(live()).toBe(before);
  });

  it("of an intermediate result does not cut the gradient", () => {
    const w = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      undefined,
      { requiresGrad: true },
    );
    const x = tensor([[1, -1]]);
    const h = x.matmul(w);
    const y = h.square();
    h.dispose();
    y.sum().backward();
    // h = [-2, -2], d/dw = x^T 2h
    expect(w.grad?.toArray()).toEqual([
      [-4, -4],
      [4, 4],
    ]);
  });

  it("of an input does not spoil what backward needs", () => {
    const w = tensor([3], undefined, { requiresGrad: true });
    const x = tensor([2]);
    const y = x.mul(w);
    x.dispose();
    y.backward();
    expect(w.grad?.item()).toBe(2);
  });

  it("of the last handle on a graph gives back what the graph saved", () => {
    const w = randn([8, 8], { requiresGrad: true });
    const before = live();
    const h = w.matmul(w);
    const y = h.sigmoid();
    const z = y.exp();
    const l = z.sum();
    for (const t of [h, y, z]) t.dispose();
    expect(live()).toBeGreaterThan(before + 1);
    l.dispose();
    expect(live()).toBe(before);
    w.dispose();
  });

  it("of a very long graph does not overflow the stack", () => {
    const before = live();
    const w = tensor([1], undefined, { requiresGrad: true });
    let y: Tensor = w.mul(1);
    for (let k = 0; k < 20_000; k++) {
      const next = y.add(0);
      y.dispose();
      y = next;
    }
    y.dispose();
    w.dispose();
    expect(live()).toBe(before);
  });
});

describe("scope", () => {
  it("keeps what it returns, in arrays and records too, and nothing else", () => {
    const before = live();
    const kept = scope(() => {
      const a = tensor([1]);
      const b = a.add(1);
      const c = b.mul(3);
      return { list: [b], c };
    });
    expect(live()).toBe(before + 2);
    expect([kept.list[0]!.item(), kept.c.item()]).toEqual([2, 6]);
    kept.list[0]!.dispose();
    kept.c.dispose();
    expect(live()).toBe(before);
  });

  it("gives a graph without backward() back", () => {
    const w = randn([4, 4], { requiresGrad: true });
    const before = live();
    scope(() => {
      w.matmul(w).sigmoid().sum();
    });
    expect(live()).toBe(before);
    w.dispose();
  });

  it("a returned result can still be differentiated", () => {
    const w = tensor([2], undefined, { requiresGrad: true });
    const l = scope(() => w.square().mul(5));
    l.backward();
    expect(w.grad?.item()).toBe(20);
    w.dispose();
    l.dispose();
  });

  it("leaves alone what an op set aside for its gradient", () => {
    const x = tensor(
      [
        [1, 5],
        [3, 2],
      ],
      undefined,
      { requiresGrad: true },
    );
    const y = tensor(Int32Array.from([0, 1]));
    const l = scope(() => crossEntropy(x, y).add(x.max().sum()));
    expect(() => l.backward()).not.toThrow();
    expect(x.grad?.shape).toEqual([2, 2]);
    for (const t of [x, y, l]) t.dispose();
  });

  it("disposes what was made when its body throws", () => {
    const before = live();
    expect(() =>
      scope(() => {
        tensor([1]).add(1);
        throw new RangeError("stop");
      }),
    ).toThrow("stop");
    expect(live()).toBe(before);
  });

  it("keeps gradients that backward() made inside", () => {
    const w = tensor([2], undefined, { requiresGrad: true });
    const before = live();
    scope(() => backward(w.square()));
    expect(live()).toBe(before + 1);
    expect(w.grad?.item()).toBe(4);
    w.dispose();
    expect(live()).toBe(before - 1);
  });

  it("inner scopes hand their result to the outer one", () => {
    const before = live();
    scope(() => {
      scope(() => tensor([1]).add(1));
    });
    expect(live()).toBe(before);
  });
});

describe("backward", () => {
  it("gives back what only the graph held", () => {
    const w = randn([16, 16], { requiresGrad: true });
    const before = live();
    const l = w.matmul(w).tanh().sum();
    l.backward();
    // the result and its gradient stay; the product and tanh's output are unreachable handles that nobody disposed
    expect(live()).toBeLessThanOrEqual(before + 5);
    l.dispose();
    w.dispose();
  });
});

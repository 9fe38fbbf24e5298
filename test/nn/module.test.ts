import { describe, expect, it } from "vitest";
import {
  Buffer,
  Flatten,
  fit,
  isTensor,
  Linear,
  Module,
  Parameter,
  ReLU,
  relu,
  Sequential,
  StateError,
  type Tensor,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options } from "../small";

noLeaks();

/** A model that holds its parts in every way there is. */
class Everything extends Module {
  readonly first = new Linear(2, 4);
  readonly list = [new Linear(4, 4), new ReLU(), new Linear(4, 4, { bias: false })];
  readonly byName = { head: new Linear(4, 3), gain: new Parameter([3]) };
  readonly scale = new Parameter([4]);
  readonly runningMean = new Buffer([4]);
  readonly again = this.first;
  readonly constant = tensor([1, 2, 3]);
  readonly note = "no member";
  forward(x: Tensor): Tensor {
    let y = this.first.forward(x).mul(this.scale);
    for (const m of this.list) y = m.forward(y);
    return this.byName.head.forward(y).mul(this.byName.gain);
  }
}

const names = (m: Module) => m.namedParameters().map(([name]) => name);

describe("names", () => {
  it("of a Sequential are PyTorch's", () => {
    const m = new Sequential(new Linear(2, 3), new ReLU(), new Sequential(new Flatten(), new Linear(3, 1, { bias: false })));
    expect(names(m)).toEqual(["0.weight", "0.bias", "2.1.weight"]);
    expect(m.namedParameters().map(([, p]) => p.shape)).toEqual([[3, 2], [3], [1, 3]]);
    m.dispose();
  });

  it("of fields, arrays and records; shared modules once; bare tensors not at all", () => {
    const m = new Everything();
    // a module's own parameters come before those of the modules inside, as in PyTorch
    expect(names(m)).toEqual([
      "byName.gain",
      "scale",
      "first.weight",
      "first.bias",
      "list.0.weight",
      "list.0.bias",
      "list.2.weight",
      "byName.head.weight",
      "byName.head.bias",
    ]);
    expect(m.namedBuffers().map(([name]) => name)).toEqual(["runningMean"]);
    expect(m.parameters()).toEqual(m.namedParameters().map(([, p]) => p));
    m.dispose();
  });

  it("of the modules themselves", () => {
    const m = new Everything();
    expect([...m.namedModules()].map(([path]) => path)).toEqual(["", "first", "list.0", "list.1", "list.2", "byName.head"]);
    expect(m.children().map(([name]) => name)).toContain("again");
    m.dispose();
  });

  it("a stage of a Sequential may be a function; it may not be anything else", () => {
    const m = new Sequential(new Linear(2, 2), relu, (x: Tensor) => x.mul(2));
    expect(m.forward(tensor([[1, 1]])).toArray()).toEqual(
      (m.stages[2] as (x: Tensor) => Tensor)(relu((m.stages[0] as Linear).forward(tensor([[1, 1]])))).toArray(),
    );
    expect(() => new Sequential(3 as never)).toThrow(/stage 0/);
    m.dispose();
  });
});

describe("a shared module", () => {
  it("is trained once: its gradient is the sum over its uses", () => {
    const shared = new Linear(2, 2, { bias: false });
    const m = new Sequential(shared, shared);
    expect(names(m)).toEqual(["0.weight"]);
    shared.weight.set([1, 0, 0, 1]);
    m.forward(tensor([[1, 2]]))
      .sum()
      .backward();
    // y = W W x at W = 1: dW = 1 (Wx)^T + W^T 1 x^T
    expect(shared.weight.grad?.toArray()).toEqual([
      [2, 4],
      [2, 4],
    ]);
    m.dispose();
  });

  it("stays shared in a clone", () => {
    const shared = new Linear(2, 2);
    const m = new Sequential(shared, new ReLU(), shared);
    const twin = m.clone();
    expect(names(twin)).toEqual(names(m));
    expect(twin.stages[0]).toBe(twin.stages[2]);
    expect(twin.stages[0]).not.toBe(shared);
    m.dispose();
    twin.dispose();
  });
});

describe("stateDict and loadStateDict", () => {
  it("go round: parameters and buffers, as plain copies", () => {
    const [a, b] = [new Everything(), new Everything()];
    a.runningMean.set([1, 2, 3, 4]);
    a.scale.set([5, 6, 7, 8]);
    const state = a.stateDict();
    expect(Object.values(state).some(isTensor)).toBe(false);
    expect(state.runningMean).toEqual({ shape: [4], data: Float32Array.from([1, 2, 3, 4]) });
    b.loadStateDict(state);
    expect(bits(b)).toEqual(bits(a));
    a.scale.set([0, 0, 0, 0]);
    expect([...state.scale!.data]).toEqual([5, 6, 7, 8]);
    for (const m of [a, b]) m.dispose();
  });

  it("take tensors too", () => {
    const m = new Linear(1, 2);
    m.loadStateDict({ weight: tensor([[3], [4]]), bias: tensor([1, 2]) });
    expect([...m.weight.data(), ...m.bias!.data()]).toEqual([3, 4, 1, 2]);
    m.dispose();
  });

  it("keep addresses: a recorded program sees what was loaded", async () => {
    const m = model();
    const address = m.parameters()[0]!.storage.address;
    m.loadStateDict(m.stateDict());
    expect(m.parameters()[0]!.storage.address).toBe(address);
    m.dispose();
  });

  const refusals: [string, (s: Record<string, { shape: readonly number[]; data: ArrayLike<number> }>) => void, RegExp][] = [
    ["a missing name", (s) => void delete s["2.bias"], /missing: 2\.bias/],
    ["a name too many", (s) => void (s.extra = { shape: [1], data: [1] }), /unexpected: extra/],
    [
      "another shape",
      (s) => void (s["0.weight"] = { shape: [2, 8], data: new Float32Array(16) }),
      /0\.weight is \[2, 8\], expected \[8, 2\]/,
    ],
    ["too few values", (s) => void (s["2.weight"] = { shape: [3, 8], data: new Float32Array(5) }), /2\.weight holds 5 values, expected 24/],
  ];
  for (const [name, spoil, says] of refusals)
    it(`${name}: StateError, and nothing has changed`, () => {
      const m = model(1);
      const before = bits(m);
      const other = model(2);
      const state = other.stateDict();
      spoil(state);
      expect(() => m.loadStateDict(state)).toThrow(StateError);
      expect(() => m.loadStateDict(state)).toThrow(says);
      expect(bits(m)).toEqual(before);
      m.dispose();
      other.dispose();
    });

  it("strict: false takes what fits by name, but no wrong shapes", () => {
    const m = model();
    const bias = { shape: [3], data: [7, 8, 9] };
    m.loadStateDict({ "2.bias": bias, other: { shape: [1], data: [0] } }, { strict: false });
    expect([...m.parameters()[3]!.data()]).toEqual([7, 8, 9]);
    expect(() => m.loadStateDict({ "2.bias": { shape: [2], data: [1, 2] } }, { strict: false })).toThrow(/2\.bias/);
    m.dispose();
  });
});

describe("clone", () => {
  it("has the same values and its own memory", async () => {
    const m = model();
    m.parameters()[1]!.requiresGrad = false;
    const twin = m.clone();
    const before = bits(m);
    expect(bits(twin)).toEqual(before);
    expect(twin.parameters().map((p) => p.requiresGrad)).toEqual([true, false, true, true]);
    await fit(twin, data, options());
    expect(bits(m)).toEqual(before);
    expect(bits(twin)).not.toEqual(before);
    m.dispose();
    expect(twin.forward(tensor([[1, 2]])).shape).toEqual([1, 3]);
    twin.dispose();
  });

  it("trains to the same bits as its original", async () => {
    const m = model();
    const twin = m.clone();
    await fit(m, data, options({ epochs: 2 }));
    await fit(twin, data, options({ epochs: 2 }));
    expect(bits(twin)).toEqual(bits(m));
    m.dispose();
    twin.dispose();
  });

  it("of arrays and records holds twins of what is inside them", () => {
    const m = new Everything();
    const twin = m.clone();
    const own = new Set(m.parameters());
    expect(names(twin)).toEqual(names(m));
    expect(twin.parameters().filter((p) => own.has(p))).toEqual([]);
    expect(twin.namedBuffers()[0]![1]).not.toBe(m.runningMean);
    m.dispose();
    expect(twin.forward(tensor([[1, 2]])).shape).toEqual([1, 3]);
    twin.dispose();
  });
});

describe("train() and eval()", () => {
  it("reach every module", () => {
    const m = new Everything();
    m.eval();
    expect([...m.namedModules()].every(([, x]) => !x.training)).toBe(true);
    m.train();
    expect([...m.namedModules()].every(([, x]) => x.training)).toBe(true);
    m.dispose();
  });

  for (const eager of [false, true])
    it(`are not touched by fit, ${eager ? "eager" : "recorded"}, whatever they say`, async () => {
      const m = model();
      m.stages[0] instanceof Module && m.stages[0].eval();
      const flags = () => [...m.namedModules()].map(([, x]) => x.training);
      const before = flags();
      const seen: boolean[][] = [];
      await fit(
        m,
        data,
        options({
          eager,
          validation: data,
          callbacks: [{ onStep: () => void seen.push(flags()), onEpochEnd: () => void seen.push(flags()) }],
        }),
      );
      expect(new Set(seen.map(String))).toEqual(new Set([String(before)]));
      expect(flags()).toEqual(before);
      m.dispose();
    });
});

describe("summary", () => {
  it("lists layers, shapes and parameters", () => {
    const m = model();
    m.parameters()[0]!.requiresGrad = false;
    expect(m.summary([4, 2])).toBe(
      [
        "path  layer                                              output  parameters",
        "0     Linear(inFeatures=2, outFeatures=8, bias=true)  [4, 8]          24",
        "1     Tanh                                            [4, 8]           0",
        "2     Linear(inFeatures=8, outFeatures=3, bias=true)  [4, 3]          27",
        "51 parameters, 16 of them frozen",
      ]
        .join("\n")
        .replace("layer                                              output", "layer                                           output"),
    );
    m.dispose();
  });

  it("counts a shared module once, and leaves nothing behind when the shape does not fit", () => {
    const shared = new Linear(2, 2);
    const m = new Sequential(shared, shared);
    expect(m.summary()).toMatch(/\n6 parameters$/);
    expect(() => m.summary([1, 5])).toThrow(/linear/);
    expect(m.forward(tensor([[1, 2]])).shape).toEqual([1, 2]);
    m.dispose();
  });
});

import { describe, expect, it } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS, x, y } from "../small";

noLeaks();

const hot = Array.from(y, (c) => [0, 1, 2].map((k) => (k === c ? 1 : 0)));
const inputs = { data: x, shape: [ROWS, 2] };
const every = Array.from({ length: ROWS }, (_, k) => k);

async function trained(given: n.DataSet, more: Partial<n.FitOptions>) {
  const m = model();
  try {
    return { m, history: await n.fit(m, given, options({ epochs: 3, batchSize: 7, ...more })) };
  } catch (error) {
    m.dispose();
    throw error;
  }
}
const distance = (a: n.Module, b: n.Module) => {
  const [p, q] = [a, b].map((m) => m.parameters().flatMap((t) => [...t.data()]));
  return Math.max(...p!.map((v, k) => Math.abs(v - q![k]!)));
};

describe("every loss, by name and configured, trains recorded as it does eagerly, bit for bit, and learns", () => {
  const classes = { x: inputs, y };
  const rows = { x: inputs, y: hot };
  const signs = { x: inputs, y: hot.map((r) => r.map((v) => 2 * v - 1)) };
  const cases: [n.LossSpec, n.DataSet][] = [
    ["crossEntropy", rows],
    [
      { type: "crossEntropy", labelSmoothing: 0.1, classWeights: [1, 2, 0.5], ignoreIndex: -1 },
      { x: inputs, y: Array.from(y, (c, k) => (k % 5 === 0 ? -1 : c)) },
    ],
    [n.crossEntropy.with({ classWeights: [1, 2, 3] }), rows],
    ["bceWithLogits", rows],
    [n.bceWithLogits.with({ posWeight: [2], weight: [1, 2, 3] }), rows],
    ["mse", classes],
    ["squaredError", classes],
    ["squaredError", rows],
    ["mae", classes],
    [{ type: "huber", delta: 0.5 }, classes],
    ["smoothL1", classes],
    ["hinge", classes],
    [n.hinge.with({ p: 2, classWeights: [1, 2, 1] }), classes],
    ["binaryHinge", signs],
  ];
  for (const [k, [loss, given]] of cases.entries())
    it(`${k}: ${typeof loss === "string" ? loss : JSON.stringify("config" in loss ? { type: loss.type, ...loss.config! } : loss)}`, async () => {
      const weighted = { ...given, sampleWeight: every.map((r) => 1 + (r % 3)) };
      for (const set of [given, weighted]) {
        const [a, b] = [await trained(set, { loss }), await trained(set, { loss, eager: true })];
        expect(bits(a.m)).toEqual(bits(b.m));
        const losses = a.history.epochs.map((e) => e.loss);
        expect(losses).toEqual(b.history.epochs.map((e) => e.loss));
        expect(losses.at(-1)!).toBeLessThan(losses[0]!);
        a.m.dispose();
        b.m.dispose();
      }
    });
  for (const [loss, last] of [
    ["crossEntropyOnProbabilities", () => new n.Softmax()],
    ["bce", () => new n.Sigmoid()],
    ["nll", () => (u: n.Tensor) => n.logSoftmax(u)],
    ["klDiv", () => (u: n.Tensor) => n.logSoftmax(u)],
  ] as const)
    it(`${loss}, after its activation`, async () => {
      const run = async (eager: boolean) => {
        const m = new n.Sequential(model(), last());
        const { epochs } = await n.fit(m, rows, options({ loss, eager, epochs: 3 }));
        const result = [bits(m), epochs.map((e) => e.loss)] as const;
        m.dispose();
        return result;
      };
      const [a, b] = [await run(false), await run(true)];
      expect(a).toEqual(b);
      expect(a[1].at(-1)!).toBeLessThan(a[1][0]!);
    });
});

describe("targets are told apart by shape and type", () => {
  it("one-hot rows, as floats, integers, bytes and in a stream, train as class indices do, to 1e-6", async () => {
    const want = await trained(data, { loss: "crossEntropy", metrics: ["accuracy"] });
    const kinds: n.Input[] = [
      hot,
      { data: Float32Array.from(hot.flat()), shape: [ROWS, 3] },
      { data: Int32Array.from(hot.flat()), shape: [ROWS, 3] },
      { data: Uint8Array.from(hot.flat()), shape: [ROWS, 3] },
      { data: Uint8Array.from(hot.flat(), (v) => 255 * v), shape: [ROWS, 3], scale: 1 / 255 },
    ];
    for (const given of kinds)
      for (const source of ["resident", "stream"] as const) {
        const got = await trained({ x: inputs, y: given }, { loss: "crossEntropy", metrics: ["accuracy"], source });
        expect(distance(got.m, want.m)).toBeLessThan(1e-6);
        expect(got.history.epochs[2]!.accuracy).toBeCloseTo(want.history.epochs[2]!.accuracy as number, 6);
        got.m.dispose();
      }
    want.m.dispose();
  });
  it("one integer a row is a class for mse against several outputs: the same bits as one-hot rows; a float array is not", async () => {
    const want = await trained({ x: inputs, y: hot }, { loss: "mse" });
    const column = Array.from(y, (c) => [c]);
    for (const given of [y, [...y], column, Uint8Array.from(y), { data: y, shape: [ROWS, 1] }] as n.Input[]) {
      const got = await trained({ x: inputs, y: given }, { loss: "mse" });
      expect(bits(got.m)).toEqual(bits(want.m));
      got.m.dispose();
    }
    await expect(trained({ x: inputs, y: Float32Array.from(y) }, { loss: "mse" })).rejects.toThrow(n.ShapeError);
    want.m.dispose();
  });
  it("whole numbers for a model of one output are numbers: the same bits as a float array", async () => {
    const run = async (target: n.Input) => {
      n.manualSeed(2);
      const m = new n.Linear(2, 1);
      await n.fit(m, { x: inputs, y: target }, options({ loss: "mse" }));
      const b = bits(m);
      m.dispose();
      return b;
    };
    expect(await run([...y])).toEqual(await run(Float32Array.from(y)));
  });
  it("trainStep takes indices, one-hot rows and integers, each checked at every step", () => {
    const m = model();
    const step = n.trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0 } });
    const a = step(inputs, y);
    expect(step(inputs, hot)).toBeCloseTo(a, 6);
    const t = n.tensor(hot);
    expect(step(n.tensor(x, [ROWS, 2]), t)).toBeCloseTo(a, 6);
    t.set(hot.flat().map((v, k) => (k === 1 ? 0.5 : v)));
    expect(() => step(n.tensor(x, [ROWS, 2]), t)).toThrow(n.DataError);
    expect([...step.run({ x: inputs, y: hot }, { steps: 1 })][0]).toBeCloseTo(a, 6);
    step.dispose();
    m.dispose();
  });
});

describe("weights of classes, ignored labels and sample weights", () => {
  const IGNORED = -1;
  const some = Array.from(y, (c, k) => (k % 4 === 1 || k > 20 ? IGNORED : c));
  const classWeights = [1, 3, 0.5];
  const sampleWeight = every.map((k) => [1, 0, 2.5][k % 3]!);

  /** Loss and accuracy of a model by float64 loops. */
  function reference(p: ArrayLike<number>, targets: readonly number[], of: { classes?: number[]; samples?: number[] }) {
    let [loss, weight, hits, counted] = [0, 0, 0, 0];
    for (const [r, c] of targets.entries()) {
      if (c === IGNORED) continue;
      const u = [0, 1, 2].map((k) => p[3 * r + k]!);
      const s = of.samples?.[r] ?? 1;
      const w = s * (of.classes?.[c] ?? 1);
      loss += w * (Math.log(u.reduce((a, v) => a + Math.exp(v), 0)) - u[c]!);
      weight += w;
      hits += s * (u.indexOf(Math.max(...u)) === c ? 1 : 0);
      counted += s;
    }
    return { loss: loss / weight, accuracy: hits / counted };
  }

  const ways: [string, n.CrossEntropyOptions, n.DataSet, Parameters<typeof reference>[2]][] = [
    ["ignored labels", { ignoreIndex: IGNORED }, { x: inputs, y: some }, {}],
    ["class weights", { classWeights }, { x: inputs, y }, { classes: classWeights }],
    ["both", { classWeights, ignoreIndex: IGNORED }, { x: inputs, y: some }, { classes: classWeights }],
    [
      "both and sample weights",
      { classWeights, ignoreIndex: IGNORED },
      { x: inputs, y: some, sampleWeight },
      { classes: classWeights, samples: sampleWeight },
    ],
    ["sample weights", {}, { x: inputs, y, sampleWeight }, { samples: sampleWeight }],
  ];
  for (const [name, config, set, of] of ways)
    it(`${name}: loss and accuracy of evaluate and of an epoch are exact whatever the batches, to 1e-6`, async () => {
      const m = model();
      const { data: p } = await n.predict(m, inputs);
      const want = reference(p, Array.from(set.y as number[]), of);
      const loss = n.crossEntropy.with(config);
      for (const eager of [false, true])
        for (const batchSize of [1, 5, ROWS]) {
          const got = await n.evaluate(m, set, { loss, metrics: ["accuracy"], batchSize, eager });
          expect(Math.abs(got.loss - want.loss)).toBeLessThan(1e-6);
          expect(Math.abs(got.accuracy! - want.accuracy)).toBeLessThan(1e-6);
          const still = options({ loss, metrics: ["accuracy"], batchSize, eager, optimizer: { type: "sgd", lr: 0 } });
          const epoch = (await n.fit(m, set, still)).epochs[0]!;
          expect(Math.abs(epoch.loss - want.loss)).toBeLessThan(1e-6);
          expect(Math.abs((epoch.accuracy as number) - want.accuracy)).toBeLessThan(1e-6);
        }
      m.dispose();
    });

  it("rows that are ignored train as if they were absent, to 1e-6; accumulated batches as one", async () => {
    const rest = every.filter((k) => some[k] !== IGNORED);
    const absent = { x: rest.map((k) => [x[2 * k]!, x[2 * k + 1]!]), y: rest.map((k) => y[k]!) };
    const loss = n.crossEntropy.with({ ignoreIndex: IGNORED, classWeights });
    const whole = { batchSize: "all", shuffle: false, epochs: 4, loss } as const;
    const want = await trained(absent, whole);
    const got = await trained({ x: inputs, y: some }, whole);
    const parts = await trained({ x: inputs, y: some }, { ...whole, batchSize: 6, accumulate: 4 });
    expect(distance(got.m, want.m)).toBeLessThan(1e-6);
    expect(distance(parts.m, want.m)).toBeLessThan(1e-6);
    for (const { m } of [want, got, parts]) m.dispose();
  });
});

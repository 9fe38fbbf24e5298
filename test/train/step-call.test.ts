import { expect, it } from "vitest";
import { Storage } from "../../src/core/storage";
import {
  Adam,
  crossEntropy,
  DataError,
  DisposedError,
  Linear,
  type Loss,
  manualSeed,
  mse,
  ReLU,
  rand,
  Sequential,
  SGD,
  ShapeError,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

function setUp(loss: Loss, sizes: readonly [number, number, number] = [4, 8, 3]) {
  manualSeed(5);
  const model = new Sequential(new Linear(sizes[0], sizes[1]), new ReLU(), new Linear(sizes[1], sizes[2]));
  const optimizer = loss === mse ? new SGD(model.parameters(), { lr: 0.05 }) : new Adam(model.parameters(), { lr: 0.01 });
  const step = trainStep(model, { loss, optimizer });
  const values = () => model.parameters().map((p) => [...p.data()]);
  const dispose = () => {
    for (const o of [step, optimizer, model]) o.dispose();
  };
  return { model, step, values, dispose };
}

const labels = (n: number) => tensor(Int32Array.from({ length: n }, (_, k) => k % 3));

it("a call a step and many steps a call give the same losses and parameters, bit for bit", () => {
  const [one, many] = [setUp(crossEntropy), setUp(crossEntropy)];
  const [x, y] = [rand([16, 4]), labels(16)];
  const losses = Float32Array.from({ length: 40 }, () => one.step(x, y));
  expect(losses).toEqual(many.step.run({ x, y }, { steps: 40 }));
  expect(one.values()).toEqual(many.values());
  one.dispose();
  many.dispose();
});

it("each call reads the values the tensors have then, in small batches and in large", () => {
  for (const rows of [4, 40]) {
    const [changed, fresh] = [setUp(mse), setUp(mse)];
    const [x, y] = [rand([rows, 4]), rand([rows, 3])];
    changed.step(x, y);
    fresh.step(x, y);
    const [x2, y2] = [rand([rows, 4]), rand([rows, 3])];
    x.set(x2.data());
    y.set(y2.data());
    expect(changed.step(x, y)).toBe(fresh.step({ data: x2.data() as Float32Array, shape: [rows, 4] }, y2));
    changed.dispose();
    fresh.dispose();
  }
});

it("a tensor that has left linear memory is read all the same", () => {
  const [a, b] = [setUp(mse), setUp(mse)];
  const [x, y] = [rand([8, 4]), rand([8, 3])];
  const losses = [a.step(x, y), a.step(x, y)];
  const again = [b.step(x, y)];
  Storage.spill(0, 0);
  again.push(b.step(x, y));
  expect(again).toEqual(losses);
  a.dispose();
  b.dispose();
});

it("bytes in a tensor are read as numbers", () => {
  const [a, b] = [setUp(mse), setUp(mse)];
  const bytes = Uint8Array.from({ length: 8 }, (_, k) => 3 * k);
  const y = rand([2, 3]);
  expect(a.step(tensor(bytes, [2, 4]), y)).toBe(b.step(tensor(Float32Array.from(bytes), [2, 4]), y));
  a.dispose();
  b.dispose();
});

it("several numbers a row are probabilities, as many as outputs, and not written past their slot", () => {
  const { step, dispose } = setUp(crossEntropy);
  const x = rand([2, 4]);
  expect(() => step(x, tensor(Int32Array.from([0, 1, 2, 0]), [2, 2]))).toThrow(ShapeError);
  expect(() =>
    step(x, [
      [0, 1],
      [2, 0],
    ]),
  ).toThrow(/2 numbers a row.*3 outputs.*one class index a row/);
  dispose();
});

it("a label that is no class is a DataError with its place, in the first call and in later ones, and no step is done", () => {
  const { step, values, dispose } = setUp(crossEntropy);
  const x = rand([2, 4]);
  for (const good of [false, true]) {
    if (good) step(x, tensor(Int32Array.from([0, 2])));
    const before = values();
    expect(() => step(x, tensor(Int32Array.from([0, 3])))).toThrow(/y: item 1 is class 3.*3 outputs/);
    expect(() => step(x, tensor(Int32Array.from([-1, 0])))).toThrow(DataError);
    expect(values()).toEqual(before);
  }
  dispose();
});

it("changing batch shapes, also more than are kept, and runs in between, each do their own step", () => {
  const [one, other] = [setUp(mse), setUp(mse)];
  const batches = Array.from({ length: 9 }, (_, k) => ({ x: rand([k + 1, 4]), y: rand([k + 1, 3]) }));
  const order = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 3, 3];
  const losses = order.map((k) => one.step(batches[k]!.x, batches[k]!.y));
  expect(order.map((k) => other.step.run(batches[k]!, { steps: 1 })[0])).toEqual(losses);
  const mixed = [
    one.step(batches[3]!.x, batches[3]!.y),
    ...[1, 2, 4, 5, 6, 7, 8].map((k) => one.step.run(batches[k]!, { steps: 1 })[0]),
    one.step(batches[3]!.x, batches[3]!.y),
  ];
  expect([3, 1, 2, 4, 5, 6, 7, 8, 3].map((k) => other.step.run(batches[k]!, { steps: 1 })[0])).toEqual(mixed);
  one.dispose();
  other.dispose();
});

it("a parameter frozen between two calls stays as it is from then on", () => {
  const { model, step, dispose } = setUp(mse);
  const [x, y] = [rand([4, 4]), rand([4, 3])];
  step(x, y);
  step(x, y);
  const [weight, bias] = [model.parameters()[0]!, model.parameters()[1]!];
  weight.requiresGrad = false;
  const [w, b] = [[...weight.data()], [...bias.data()]];
  step(x, y);
  expect([...weight.data()]).toEqual(w);
  expect([...bias.data()]).not.toEqual(b);
  dispose();
});

it("a disposed tensor and a disposed step are DisposedErrors", () => {
  const { step, dispose } = setUp(mse);
  const [x, y, dead] = [rand([4, 4]), rand([4, 3]), rand([4, 4])];
  step(x, y);
  dead.dispose();
  expect(() => step(dead, y)).toThrow(DisposedError);
  dispose();
  expect(() => step(x, y)).toThrow(DisposedError);
  expect(() => step.run({ x, y }, { steps: 1 })).toThrow(DisposedError);
  dispose();
});

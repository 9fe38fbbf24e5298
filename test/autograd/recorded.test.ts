import { expect, test } from "vitest";
import { fit, Linear, Module, manualSeed, type Tensor, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

/** Disposes what it no longer needs, as a careful eager loop would. */
class Tidy extends Module {
  readonly layer = new Linear(2, 3);

  forward(x: Tensor): Tensor {
    const h = this.layer.forward(x);
    const y = h.tanh();
    h.dispose();
    const z = y.square();
    y.dispose();
    const out = z.sum(1, true);
    z.dispose();
    return out;
  }
}

test("a forward that disposes its intermediate results is recorded, and trains as it does one op at a time", async () => {
  const data = {
    x: { data: Float32Array.from({ length: 12 }, (_, k) => k / 7 - 1), shape: [6, 2] },
    y: Float32Array.from([0, 1, 0, 1, 1, 0]),
  };
  const run = async (eager: boolean) => {
    manualSeed(1);
    const model = new Tidy();
    const history = await fit(model, data, { loss: "mse", optimizer: { type: "sgd", lr: 0.1 }, epochs: 4, batchSize: 4, seed: 1, eager });
    expect(history.recorded).toBe(!eager);
    const weight = model.layer.weight.data();
    model.dispose();
    return weight;
  };
  expect(await run(false)).toEqual(await run(true));
});

test("targets (N) for outputs (N, 1) train in a recorded step", () => {
  const model = new Linear(2, 1);
  const step = trainStep(model, { loss: "mse", optimizer: { type: "sgd", lr: 0.1 } });
  const x = { data: Float32Array.from([1, 0, 0, 1]), shape: [2, 2] };
  const losses = Array.from({ length: 30 }, () => step(x, [1, 2]));
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
  step.dispose();
  model.dispose();
});

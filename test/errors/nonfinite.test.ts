import { describe, expect, it, vi } from "vitest";
import {
  Adam,
  type FitOptions,
  fit,
  Linear,
  log,
  Module,
  manualSeed,
  mul,
  NonFiniteError,
  Sequential,
  SGD,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { allFinite, bits, data, model, options, ROWS, stillTrains, x, y } from "../small";

noLeaks();

/** Trains until it fails; returns the error and the model. */
async function failingFit(make: () => Module, given: Parameters<typeof fit>[1], more: Partial<FitOptions>) {
  const m = make();
  let error: unknown;
  try {
    await fit(m, given, options(more));
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(NonFiniteError);
  return { m, error: error as NonFiniteError };
}

/** The bits of a model after so many steps of the same run. */
async function after(steps: number, make: () => Module, given: Parameters<typeof fit>[1], more: Partial<FitOptions>) {
  const m = make();
  const start = bits(m);
  if (steps > 0) await fit(m, given, options({ ...more, callbacks: [{ onStep: (e) => (e.step === steps ? "stop" : undefined) }] }));
  const end = bits(m);
  m.dispose();
  return steps > 0 ? end : start;
}

async function check(
  make: () => Module,
  given: Parameters<typeof fit>[1],
  more: Partial<FitOptions>,
  ...says: RegExp[]
): Promise<NonFiniteError> {
  const { m, error } = await failingFit(make, given, more);
  for (const part of says) expect(error.message).toMatch(part);
  expect(error.message).toContain(`step ${error.step + 1}`);
  expect(error.message).toContain("Likely cause");
  expect(error.layer).not.toBe("");
  expect(error.instruction).not.toBe("");
  expect(allFinite(m)).toBe(true);
  expect(bits(m)).toEqual(await after(error.step, make, given, more));
  m.dispose();
  await stillTrains();
  return error;
}

/** A network whose loss explodes after some steps. */
const deep = () => {
  manualSeed(2);
  return new Sequential(new Linear(2, 8), new Linear(8, 8), new Linear(8, 3));
};
const target = Array.from({ length: ROWS }, (_, k) => [k % 3, 1, -1]);
const squares = (output: Tensor, t: Tensor) => output.sub(t).square().mean();

/** Gradients so large that a rate near the largest float overflows. */
const steep = (output: Tensor, t: Tensor) => squares(output, t).mul(1000);

/** mean of log x, where the data of some row is 0. */
class Logarithm extends Module {
  readonly inner = new Linear(2, 3);
  forward(given: Tensor): Tensor {
    return this.inner.forward(log(given));
  }
}

for (const eager of [false, true])
  describe(eager ? "eager" : "recorded", () => {
    it("a rate that is too high: step, layer, instruction and cause named, model as after the last good step", async () => {
      const error = await check(
        deep,
        { x: data.x, y: target },
        { loss: squares, optimizer: { type: "sgd", lr: 30 }, epochs: 40, eager },
        /learning rate/,
      );
      expect(error.step).toBeGreaterThan(0);
    });

    it("a rate so high that one update overflows while its own loss is finite: that step is named", async () => {
      const error = await check(
        deep,
        { x: data.x, y: target },
        { loss: steep, optimizer: { type: "sgd", lr: 3e38 }, epochs: 3, eager },
        /sgd/,
        /optimizer/,
        /learning rate/,
      );
      expect(error.step).toBe(0);
    });

    it("an update after clipping and a penalty: the optimizer's instruction is named, not theirs", async () => {
      const error = await check(
        deep,
        { x: data.x, y: target },
        { loss: steep, optimizer: { type: "sgd", lr: 3e38 }, clip: { norm: 1e30 }, regularization: { l2: 0.1 }, epochs: 3, eager },
        /came from "sgd"/,
      );
      expect(error.step).toBe(0);
    });

    it("the last update of a run is looked at too", async () => {
      const error = await check(
        deep,
        { x: data.x, y: target },
        { loss: steep, optimizer: { type: "sgd", lr: 3e38 }, batchSize: "all", eager },
        /sgd/,
      );
      expect(error.step).toBe(0);
    });

    it("across epochs, with momentum, accumulated gradients and a smaller last batch", async () => {
      const make = () => deep();
      const { m, error } = await failingFit(
        make,
        { x: data.x, y: target },
        { loss: squares, optimizer: { type: "sgd", lr: 1, momentum: 0.9 }, epochs: 400, batchSize: 7, accumulate: 2, eager },
      );
      expect(error.step).toBeGreaterThan(4);
      expect(allFinite(m)).toBe(true);
      expect(bits(m)).toEqual(
        await after(
          error.step,
          make,
          { x: data.x, y: target },
          { loss: squares, optimizer: { type: "sgd", lr: 1, momentum: 0.9 }, epochs: 400, batchSize: 7, accumulate: 2, eager },
        ),
      );
      m.dispose();
    });

    it("log of 0 in a loss of the user's: the loss and the logarithm named", async () => {
      const mine = Object.assign((output: Tensor, t: Tensor) => mul(log(output.mul(0)), t).mean(), { target: "float" as const });
      const error = await check(model, { x: data.x, y: target }, { loss: mine, eager }, /log/, /loss/, /clamp/);
      expect(error.layer).toBe("loss");
      expect(error.instruction).toMatch(/^log /);
      expect(error.step).toBe(0);
    });

    it("log of 0 in a layer: its path named", async () => {
      const make = () => {
        manualSeed(1);
        return new Sequential(new Logarithm());
      };
      const positive = x.map((v, k) => (k === 2 * 20 ? 0 : Math.abs(v) + 0.1));
      const error = await check(make, { x: { data: positive, shape: [ROWS, 2] }, y }, { shuffle: false, eager }, /log/, /Logarithm/);
      expect(error.layer).toBe("0 (Logarithm)");
      // row 20 is in the third batch of eight
      expect(error.step).toBe(2);
    });

    it.each([
      { batchSize: 8, step: 1 },
      { batchSize: "all", step: 0 },
    ] as const)("Infinity in the data, let through: the input named, batchSize $batchSize", async ({ batchSize, step }) => {
      const broken = x.map((v, k) => (k === 2 * 9 ? Infinity : v));
      const error = await check(
        model,
        { x: { data: broken, shape: [ROWS, 2] }, y },
        { shuffle: false, allowNonFinite: true, eager, batchSize },
        /input/,
        /the data itself/,
      );
      expect(error.step).toBe(step);
      expect(error.layer).toBe("input");
    });

    it("a gradient that is NaN while the loss is finite: the parameter it would spoil is named", async () => {
      // the slope of sqrt at 0 is infinite
      class Root extends Module {
        readonly inner = new Linear(2, 3, { bias: false });
        forward(given: Tensor): Tensor {
          return this.inner.forward(given).relu().mul(0).sqrt();
        }
      }
      const make = () => {
        manualSeed(3);
        return new Root();
      };
      const error = await check(
        make,
        { x: data.x, y: target },
        { loss: squares, optimizer: { type: "sgd", lr: 0.1 }, eager },
        /inner.weight/,
      );
      expect(error.step).toBe(0);
    });

    it("an optimizer of the user's goes back too, and can be used again", async () => {
      const m = deep();
      const opt = new SGD(m.parameters(), { lr: (step) => (step < 4 ? 1e-5 : 3e38), momentum: 0.9 });
      const given = { x: data.x, y: target };
      await expect(fit(m, given, options({ loss: steep, optimizer: opt, epochs: 4, eager }))).rejects.toThrow(NonFiniteError);
      expect(opt.stepCount).toBe(4);
      expect(opt.state.every((t) => (t.data() as Float32Array).every(Number.isFinite))).toBe(true);
      const fine = deep();
      const opt2 = new SGD(fine.parameters(), { lr: 1e-5, momentum: 0.9 });
      await fit(
        fine,
        given,
        options({ loss: steep, optimizer: opt2, epochs: 4, eager, callbacks: [{ onStep: (e) => (e.step === 4 ? "stop" : undefined) }] }),
      );
      expect(bits(m)).toEqual(bits(fine));
      for (const d of [opt, opt2, m, fine]) d.dispose();
    });

    it("a model that holds NaN before the first step", async () => {
      const m = model();
      m.parameters()[2]!.set(new Float32Array(24).fill(Number.NaN));
      await expect(fit(m, data, options({ eager }))).rejects.toThrow(/2\.weight.*before the first step/);
      m.dispose();
    });
  });

describe("trainStep", () => {
  it("a bad batch throws, and the model, the optimizer and the next batch are as if it had not been", () => {
    const run = (withBad: boolean) => {
      const m = model();
      const opt = new Adam(m.parameters(), { lr: 0.01 });
      const step = trainStep(m, { loss: "crossEntropy", optimizer: opt });
      const losses = [step(data.x, y)];
      if (withBad) {
        const broken = { data: x.map((v, k) => (k === 5 ? Number.NaN : v)), shape: [ROWS, 2] };
        expect(() => step(broken, y)).toThrow(/step 2.*input/);
      }
      losses.push(step(data.x, y));
      const end = bits(m);
      for (const d of [step, opt, m]) d.dispose();
      return { losses, end };
    };
    expect(run(true)).toEqual(run(false));
  });

  it("run() names the step and leaves the model as after the one before", () => {
    const make = (lr: (step: number) => number) => {
      const m = deep();
      const opt = new SGD(m.parameters(), { lr });
      return { m, opt, step: trainStep(m, { loss: steep, optimizer: opt }) };
    };
    const given = { x: data.x, y: target };
    const bad = make((k) => (k < 5 ? 1e-5 : 3e38));
    expect(() => bad.step.run(given, { steps: 20, batchSize: 8 })).toThrow(/step 6.*sgd/);
    const good = make(() => 1e-5);
    good.step.run(given, { steps: 5, batchSize: 8 });
    expect(bits(bad.m)).toEqual(bits(good.m));
    expect(bad.opt.stepCount).toBe(5);
    for (const { m, opt, step } of [bad, good]) for (const d of [step, opt, m]) d.dispose();
  });
});

it("allowNonFinite lets through what the model never reads", async () => {
  const warn = vi.spyOn(console, "warn");
  const m = new (class extends Module {
    readonly inner = new Linear(1, 3);
    forward(given: Tensor): Tensor {
      return this.inner.forward(given.slice(0, 1, 1));
    }
  })();
  const broken = x.map((v, k) => (k % 2 === 1 ? Number.NaN : v));
  const { epochs } = await fit(m, { x: { data: broken, shape: [ROWS, 2] }, y }, options({ allowNonFinite: true }));
  expect(Number.isFinite(epochs[0]?.loss)).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  m.dispose();
  tensor([1]).dispose();
});

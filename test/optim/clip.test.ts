import { describe, expect, test } from "vitest";
import { type Clip, clipGradNorm, crossEntropy, fit, NonFiniteError, Parameter, SGD, scope, tensor, trainStep } from "../../src/index";
import { resolveOptimizer } from "../../src/optim/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS, x, y } from "../small";
import { EVERY } from "./every";

noLeaks();

const EPOCHS = 5;
const clips: Clip[] = [{ norm: 0.05 }, { value: 0.01 }];

describe.each(clips.flatMap((clip) => EVERY.map((config) => [JSON.stringify(clip), JSON.stringify(config), clip, config] as const)))(
  "clip %s, %s",
  (_, __, clip, config) => {
    test("the same bits by fit, recorded and eager, trainStep and trainStep.run; not those without where the size of gradients counts", async () => {
      const results: unknown[] = [];
      const run = async (how: (m: ReturnType<typeof model>, o: ReturnType<typeof resolveOptimizer>) => unknown) => {
        const m = model();
        const opt = resolveOptimizer(config, m.parameters());
        await how(m, opt);
        results.push(bits(m));
        opt.dispose();
        m.dispose();
      };
      const all = { batchSize: "all", shuffle: false, epochs: EPOCHS, clip } as const;
      await run((m, optimizer) => fit(m, data, options({ ...all, optimizer })));
      await run((m, optimizer) => fit(m, data, options({ ...all, optimizer, eager: true })));
      await run((m, optimizer) => {
        const step = trainStep(m, { loss: "crossEntropy", optimizer, clip });
        for (let k = 0; k < EPOCHS; k++) step(data.x, y);
        step.dispose();
      });
      await run((m, optimizer) => {
        const step = trainStep(m, { loss: "crossEntropy", optimizer, clip });
        step.run(data, { steps: EPOCHS });
        step.dispose();
      });
      for (const other of results.slice(1)) expect(other).toEqual(results[0]);
      if (["rprop", "lion"].includes(config.type)) return;
      await run((m, optimizer) => {
        const step = trainStep(m, { loss: "crossEntropy", optimizer });
        step.run(data, { steps: EPOCHS });
        step.dispose();
      });
      expect(results.at(-1)).not.toEqual(results[0]);
    });
  },
);

test("accumulated gradients are clipped once they are put together, as all at once within 1e-6", async () => {
  const run = async (more: object) => {
    const m = model();
    const opt = new SGD(m.parameters(), { lr: 1 });
    await fit(m, data, options({ optimizer: opt, shuffle: false, epochs: 3, clip: { norm: 0.05 }, ...more }));
    const values = m.parameters().flatMap((p) => [...p.data()]);
    opt.dispose();
    m.dispose();
    return values;
  };
  const whole = await run({ batchSize: "all" });
  (await run({ batchSize: ROWS / 4, accumulate: 4 })).forEach((v, k) => expect(Math.abs(v - whole[k]!)).toBeLessThan(1e-6));
});

test("a step by SGD is as long as the norm allows, within 1e-6", () => {
  const m = model();
  const before = m.parameters().flatMap((p) => [...p.data()]);
  const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 1 }, clip: { norm: 0.02 } });
  step(data.x, y);
  const after = m.parameters().flatMap((p) => [...p.data()]);
  expect(Math.hypot(...after.map((v, k) => v - before[k]!))).toBeCloseTo(0.02, 6);
  step.dispose();
  m.dispose();
});

test("two parameters that share one gradient are each scaled once", () => {
  const [a, b] = [new Parameter([3]), new Parameter([3])];
  a.add(b).sum().backward();
  expect(clipGradNorm([a, b], 1)).toBeCloseTo(Math.sqrt(6), 6);
  for (const p of [a, b]) for (const g of p.grad!.data()) expect(g).toBeCloseTo(1 / Math.sqrt(6), 5);
  a.dispose();
  b.dispose();
});

test.each([
  [NaN, [NaN, NaN, NaN], NaN],
  [Infinity, [0, NaN, 0], Infinity],
])("a gradient of %d: as PyTorch, and returned as the norm", (bad, expected, norm) => {
  const p = new Parameter([3]);
  p.grad = tensor([1, bad, 2]);
  expect(clipGradNorm([p], 1)).toBe(norm);
  expect([...p.grad.data()]).toEqual(expected);
  p.dispose();
});

test("parameters without gradients: norm 0", () => {
  const p = new Parameter([3]);
  expect(clipGradNorm([p], 1)).toBe(0);
  p.dispose();
});

test("fit with a norm that is not finite ends with NonFiniteError, the model as before", async () => {
  const m = model();
  const before = bits(m);
  // a finite loss whose gradient is not: the root at 0
  const loss = (output: ReturnType<typeof tensor>, target: ReturnType<typeof tensor>) =>
    crossEntropy(output, target).add(output.sub(output).sqrt().sum());
  const run = fit(m, data, options({ loss: Object.assign(loss, { target: "class" as const }), clip: { norm: 1 }, epochs: 2 }));
  await expect(run).rejects.toThrow(NonFiniteError);
  expect(bits(m)).toEqual(before);
  m.dispose();
});

test("the loop by hand: clipGradNorm and step() give what fit gives, to the bit", async () => {
  const run = async (how: (m: ReturnType<typeof model>, opt: SGD) => unknown) => {
    const m = model();
    const opt = new SGD(m.parameters(), { lr: 0.5, momentum: 0.9 });
    await how(m, opt);
    const result = bits(m);
    opt.dispose();
    m.dispose();
    return result;
  };
  const byHand = await run((m, opt) => {
    const [inputs, labels] = [tensor(x, [ROWS, 2]), tensor(y)];
    for (let k = 0; k < EPOCHS; k++)
      scope(() => {
        opt.zeroGrad();
        crossEntropy(m.forward(inputs), labels).backward();
        clipGradNorm(m.parameters(), 0.1);
        opt.step();
        opt.zeroGrad();
      });
  });
  const all = { batchSize: "all", shuffle: false, epochs: EPOCHS, clip: { norm: 0.1 } } as const;
  expect(await run((m, optimizer) => fit(m, data, options({ ...all, optimizer })))).toEqual(byHand);
});

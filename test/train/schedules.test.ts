import { describe, expect, it } from "vitest";
import { Adam, AdamW, crossEntropy, fit, type Module, type Schedule, SGD, scope, tensor, trainStep } from "../../src/index";
import type { Optimizer } from "../../src/optim/optimizer";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS, x, y } from "../small";

noLeaks();

const EPOCHS = 12;
/** 1, 1/2, 1/3, ... of a tenth, and every fourth step none. */
const falling: Schedule = (step) => (step % 4 === 3 ? 0 : 0.1 / (step + 1));

const make = {
  SGD: (m: Module) => new SGD(m.parameters(), { lr: falling, momentum: 0.9 }),
  Adam: (m: Module) => new Adam(m.parameters(), { lr: falling }),
};

type Way = (m: Module, o: Optimizer) => unknown;
const run = { batchSize: "all", shuffle: false, epochs: EPOCHS } as const;
const ways: Record<string, Way> = {
  "fit, recorded": (m, optimizer) => fit(m, data, options({ ...run, optimizer })),
  "fit, recorded, a slice a step": (m, optimizer) => fit(m, data, options({ ...run, optimizer, callbacks: [{ onStep: () => undefined }] })),
  "fit, eager": (m, optimizer) => fit(m, data, options({ ...run, optimizer, eager: true })),
  "trainStep.run": (m, optimizer) => {
    const step = trainStep(m, { loss: "crossEntropy", optimizer });
    step.run(data, { steps: EPOCHS });
    step.dispose();
  },
  trainStep: (m, optimizer) => {
    const step = trainStep(m, { loss: "crossEntropy", optimizer });
    for (let k = 0; k < EPOCHS; k++) step(data.x, y);
    step.dispose();
  },
};

/** The loop by hand; before each step the rate is set as a number. */
function byHand(m: Module, kind: keyof typeof make): void {
  const opt = kind === "SGD" ? new SGD(m.parameters(), { lr: 1, momentum: 0.9 }) : new Adam(m.parameters(), { lr: 1 });
  const [inputs, labels] = [tensor(x, [ROWS, 2]), tensor(y)];
  for (let k = 0; k < EPOCHS; k++)
    scope(() => {
      opt.groups[0]!.options.lr = falling(k);
      opt.zeroGrad();
      crossEntropy(m.forward(inputs), labels).backward();
      opt.step();
    });
  opt.zeroGrad();
  opt.dispose();
}

describe.each(["SGD", "Adam"] as const)("a rate that is a function of the step, counted from 0: %s", (kind) => {
  it.each(Object.entries(ways))("%s gives the bits of a loop that sets each rate by hand", async (_, way) => {
    const [m, expected] = [model(), model()];
    const optimizer = make[kind](m);
    await way(m, optimizer);
    expect(optimizer.stepCount).toBe(EPOCHS);
    byHand(expected, kind);
    expect(bits(m)).toEqual(bits(expected));
    optimizer.dispose();
    m.dispose();
    expected.dispose();
  });
});

it("AdamW too asks once for each update, and the history holds the last rate of each epoch", async () => {
  const asked: number[] = [];
  const m = model();
  const optimizer = new AdamW(m.parameters(), {
    lr: (step) => {
      asked.push(step);
      return 0.01 / (1 + step);
    },
  });
  const { epochs } = await fit(m, data, options({ optimizer, batchSize: 8, epochs: 2 }));
  expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
  expect(epochs.map((e) => e.lr)).toEqual([0.01 / 3, 0.01 / 6]);
  optimizer.dispose();
  m.dispose();
});

it("the function is asked once for each update, accumulated batches too, and goes on in a second run", async () => {
  const m = model();
  const asked: number[] = [];
  const optimizer = new SGD(m.parameters(), { lr: (step) => 0.01 * Math.sign(asked.push(step)) });
  await fit(m, data, options({ optimizer, batchSize: 4, accumulate: 2 }));
  expect(asked).toEqual([0, 1, 2]);
  await fit(m, data, options({ optimizer, batchSize: 12 }));
  expect(asked).toEqual([0, 1, 2, 3, 4]);
  optimizer.dispose();
  m.dispose();
});

it("each group has its own", async () => {
  const m = model();
  const [first, last] = [m.parameters().slice(0, 2), m.parameters().slice(2)];
  const before = bits(m);
  const optimizer = new SGD([
    { params: first, lr: (step) => (step < 2 ? 0 : 0.1) },
    { params: last, lr: 0 },
  ]);
  await fit(m, data, options({ ...run, epochs: 2, optimizer }));
  expect(bits(m)).toEqual(before);
  await fit(m, data, options({ ...run, epochs: 1, optimizer }));
  const after = bits(m);
  for (const name of Object.keys(before))
    expect(JSON.stringify(after[name]) === JSON.stringify(before[name]), name).toBe(name.startsWith("2"));
  optimizer.dispose();
  m.dispose();
});

import { expect, it } from "vitest";
import { Linear, manualSeed, mse, Sequential, SGD, Tanh, tensor, trainStep } from "../../src/index";

it("profile() gives a time for each instruction and leaves parameters and optimizer state as they were", () => {
  manualSeed(1);
  const model = new Sequential(new Linear(2, 4), new Tanh(), new Linear(4, 1));
  const optimizer = new SGD(model.parameters(), { lr: 0.5, momentum: 0.9 });
  const step = trainStep(model, { loss: mse, optimizer });
  const [x, y] = [
    tensor([
      [0, 1],
      [1, 0],
    ]),
    tensor([[1], [0]]),
  ];
  step(x, y);
  const before = [...model.parameters(), ...optimizer.state].map((t) => [...t.data()]);
  const rows = step.program!.profile(2);
  expect(rows).toHaveLength(step.program!.instructions.length);
  for (const r of rows) expect(r.us).toBeGreaterThan(0);
  expect([...model.parameters(), ...optimizer.state].map((t) => [...t.data()])).toEqual(before);
  for (const o of [step, model, optimizer, x, y]) o.dispose();
});

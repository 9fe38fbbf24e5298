import { expect, it } from "vitest";
import { Linear, manualSeed, mse, Sequential, SGD, Tanh, tensor, trainStep } from "../../src/index";

it("a program prints a line an instruction, with sizes, FLOPs and the layer it comes from, section by section, and what it needs", () => {
  manualSeed(1);
  const model = new Sequential(new Linear(2, 4), new Tanh(), new Linear(4, 1));
  const optimizer = new SGD(model.parameters(), { lr: 0.5 });
  const step = trainStep(model, { loss: mse, optimizer });
  const [x, y] = [tensor([0, 1, 1, 0, 1, 1], [3, 2]), tensor([1, 0, 1], [3, 1])];
  step(x, y);
  const program = step.program!;
  const lines = String(program).split("\n");
  const instructions = lines.filter((l) => /^ +\d+ {2}/.test(l));
  expect(instructions).toHaveLength(program.instructions.length);
  expect(lines[0]).toBe("gradient:");
  expect(lines.filter((l) => l === "update:")).toHaveLength(1);
  // 2 m n k of the product, one addition of the bias an item; the activation counts as four
  expect(instructions[0]).toMatch(/matmul_nt out=t\d+ a=@\d+ b=@\d+ bias=@\d+ m=3 n=4 k=2 .*act=tanh {2}\d+ flop {2}; 0 \(Linear\)$/);
  expect(instructions.at(-1)).toMatch(/sgd .*n=8 .*n=4 .*n=4 .*n=1.* ; optimizer$/);
  const flops = program.instructions.reduce((sum, _, k) => sum + program.flops(k), 0);
  // forward 2 m n k of both layers; backward the weights of both and the input of the second
  expect(flops).toBeGreaterThanOrEqual(2 * 3 * (8 + 4) + 2 * 3 * (8 + 4) + 2 * 3 * 4);
  expect(lines.at(-1)).toBe(
    `${instructions.length} instructions, ${flops} flop a step, ${program.bytes} bytes of temporaries (${program.unplannedBytes} without reuse)`,
  );
  expect(program.bytes).toBeLessThan(program.unplannedBytes);
  for (const o of [step, model, optimizer, x, y]) o.dispose();
});

import { expect, test } from "vitest";
import { Op } from "../../assembly/opcodes";
import { watching } from "../../src/core/emit";
import { calculateGain, type InitializerConfig, type Nonlinearity, Parameter } from "../../src/index";
import { resolveInitializer } from "../../src/nn/init/initializers";
import { noLeaks } from "../leaks";
import { read } from "./files";

noLeaks();

const { gains, cases } = read<{
  gains: [Nonlinearity, number | null, number][];
  cases: [shape: number[], config: InitializerConfig, bound: number][];
}>("init.json");

test("calculateGain is PyTorch's, within 1e-15", () => {
  for (const [name, slope, gain] of gains)
    expect(Math.abs((slope === null ? calculateGain(name) : calculateGain(name, slope)) - gain)).toBeLessThan(1e-15);
});

test("bounds and standard deviations of Glorot and He are PyTorch's for weights of two to five dimensions, within 1e-15", () => {
  expect(cases.length).toBeGreaterThan(100);
  for (const [shape, config, expected] of cases) {
    const drawn: (readonly [Op, number, number])[] = [];
    const p = new Parameter(shape);
    watching(
      (op, operands) => void drawn.push([op, operands[5] as number, operands[6] as number]),
      () => resolveInitializer("test", config)(p),
    );
    p.dispose();
    expect(drawn.length).toBe(1);
    const [op, first, second] = drawn[0]!;
    const uniform = config.type.endsWith("Uniform");
    expect(op).toBe(uniform ? Op.RANDOM_UNIFORM : Op.RANDOM_NORMAL);
    expect(first === 0 ? 0 : first).toBe(uniform ? -second : 0);
    expect(Math.abs(second - expected), JSON.stringify([shape, config])).toBeLessThan(1e-15 * Math.max(1, expected));
  }
});

import { expect, test } from "vitest";
import { fit, Linear, log, manualSeed, NonFiniteError, Sequential, trainStep } from "../../src/index";
import { resolveOptimizer } from "../../src/optim/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";
import { named } from "./every";

noLeaks();

const [ROWS, BAD] = [12, 7];
/** One row a step; row BAD has no logarithm. */
const data = (rows: number) => ({
  x: { data: Float32Array.from({ length: 2 * rows }, (_, k) => (k >> 1 === BAD ? -1 : 1.5 + Math.sin(k))), shape: [rows, 2] },
  y: Int32Array.from({ length: rows }, (_, k) => k % 3),
});

const model = () => {
  manualSeed(1);
  return new Sequential((x) => log(x), new Linear(2, 3));
};

test.each(named)("%s: a run that turns non-finite leaves model, state and counters as after the last good step", async (_, config) => {
  const run = async (rows: number, how: "fit" | "run") => {
    const m = model();
    const optimizer = resolveOptimizer(config, m.parameters());
    const step = trainStep(m, { loss: "crossEntropy", optimizer });
    let failed = false;
    try {
      if (how === "fit") await fit(m, data(rows), { loss: "crossEntropy", optimizer, batchSize: 1, shuffle: false });
      else step.run(data(rows), { steps: rows, batchSize: 1 });
    } catch (error) {
      expect(error).toBeInstanceOf(NonFiniteError);
      expect((error as NonFiniteError).step).toBe(BAD);
      failed = true;
    }
    expect(failed).toBe(rows > BAD);
    const result = [bits(m), optimizer.stateDict()];
    step.dispose();
    optimizer.dispose();
    m.dispose();
    return result;
  };
  const good = await run(BAD, "fit");
  expect(await run(ROWS, "fit")).toEqual(good);
  expect(await run(ROWS, "run")).toEqual(good);
});

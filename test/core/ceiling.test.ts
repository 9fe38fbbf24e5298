import { expect, it } from "vitest";
import { ceiling } from "../../src/core/profile";
import { engine } from "../../src/core/runtime";

it("ceiling() counts 96 operations an iteration, as the kernel does them", () => {
  const peak = ceiling();
  const { kernels } = engine();
  let gflops = 0;
  for (let k = 0; k < 20; k++) {
    const start = performance.now();
    kernels.ceiling(1_000_000);
    gflops = Math.max(gflops, 96e6 / (performance.now() - start) / 1e6);
  }
  // a noisy host runs the same loop at half speed at times
  expect(peak / gflops).toBeGreaterThan(0.4);
  expect(peak / gflops).toBeLessThan(2.5);
  expect(peak).toBeGreaterThan(1);
});

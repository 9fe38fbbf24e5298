import { fit, manualSeed, rand } from "../src/index";
import type { Row } from "./report";
import { build, flops, t3, title } from "./workloads";

export const FIT_NAME = `${title(t3)} in fit`;

/** T3 inside fit: shuffled rows gathered from memory, slices, the event loop between them. The best and the median epoch. */
export async function fitRow(ceiling: () => number, quick: boolean): Promise<Row> {
  const rows = 6400;
  const model = build(t3);
  manualSeed(3);
  const x = rand([rows, t3.sizes[0]!]);
  const y = Int32Array.from({ length: rows }, (_, k) => k % 10);
  const before = ceiling();
  const { epochs } = await fit(
    model,
    { x, y },
    { loss: t3.loss, optimizer: t3.optimizer(model), epochs: quick ? 3 : 12, batchSize: t3.batch, seed: 1 },
  );
  const most = Math.max(before, ceiling());
  const us = epochs.map((e) => (1e6 * e.seconds * t3.batch) / rows).sort((a, b) => a - b);
  const [best, median] = [us[0]!, us[us.length >> 1]!];
  const gflops = flops(t3) / best / 1000;
  x.dispose();
  model.dispose();
  return { name: FIT_NAME, group: "training", best, median, gflops, share: gflops / most, samplesPerSecond: (1e6 * t3.batch) / best };
}

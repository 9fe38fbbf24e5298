/**
 * Eight models train at once while a timer should fire every 10 ms: how late is it? A service that answers requests while it trains sees the same. First on the calling
 * thread, then by workers, so many or "auto":
 *
 *     npx tsx examples/eight-fits.ts [workers]
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Adam, crossEntropy, fit, init, Linear, manualSeed, ReLU, randn, Sequential } from "neurite";

const EVERY = 10;
const ROWS = 4096;
const workers = process.argv[2] ?? "auto";

manualSeed(7);
const x = randn([ROWS, 784]);
const y = Int32Array.from({ length: ROWS }, (_, k) => k % 10);

async function eight(): Promise<void> {
  const models = Array.from({ length: 8 }, () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)));
  const late: number[] = [];
  const RESOLUTION = 1;
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  loop.enable();
  let due = performance.now() + EVERY;
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + EVERY;
  }, EVERY);

  const start = performance.now();
  const histories = await Promise.all(
    models.map((model, seed) =>
      fit(model, { x, y }, { loss: crossEntropy, optimizer: new Adam(model.parameters()), epochs: 24, batchSize: 32, seed }),
    ),
  );
  clearInterval(timer);
  loop.disable();
  const seconds = (performance.now() - start) / 1000;

  late.sort((a, b) => a - b);
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(share * late.length))]!.toFixed(1);
  const samples = histories.reduce((sum, h) => sum + h.epochs.length * ROWS, 0);
  const delay = (share: number) => Math.max(0, loop.percentile(100 * share) / 1e6 - RESOLUTION).toFixed(1);
  console.log(
    `8 models, ${samples.toLocaleString("en")} samples in ${seconds.toFixed(2)} s: ${Math.round(samples / seconds).toLocaleString("en")} samples/s`,
  );
  console.log(
    `a ${EVERY} ms timer fired ${late.length} times, late by ${at(0.5)} ms in the median, ${at(0.99)} ms at the 99th percentile, ${at(1)} ms at most; ` +
      `delay of the event loop ${delay(0.5)}, ${delay(0.99)}, ${delay(1)} ms`,
  );
  for (const model of models) model.dispose();
}

for (const threads of [0, workers === "auto" ? workers : Number(workers)] as const) {
  const info = await init({ threads });
  console.log(`${info.threads} workers (${info.threadsReason})`);
  await eight();
}

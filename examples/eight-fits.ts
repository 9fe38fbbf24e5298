/**
 * Eight models train at once while a timer should fire every 10 ms: how late is it? A service that answers requests while it trains sees the same.
 *
 *     npx tsx examples/eight-fits.ts
 */
import { Adam, crossEntropy, fit, Linear, manualSeed, ReLU, randn, Sequential } from "neurite";

const EVERY = 10;
const ROWS = 4096;

manualSeed(7);
const x = randn([ROWS, 784]);
const y = Int32Array.from({ length: ROWS }, (_, k) => k % 10);
const models = Array.from({ length: 8 }, () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)));

const late: number[] = [];
let due = performance.now() + EVERY;
const timer = setInterval(() => {
  const now = performance.now();
  late.push(Math.max(0, now - due));
  due = now + EVERY;
}, EVERY);

const start = performance.now();
const histories = await Promise.all(
  models.map((model, seed) =>
    fit(model, { x, y }, { loss: crossEntropy, optimizer: new Adam(model.parameters()), epochs: 8, batchSize: 32, seed }),
  ),
);
clearInterval(timer);
const seconds = (performance.now() - start) / 1000;

late.sort((a, b) => a - b);
const at = (share: number) => late[Math.min(late.length - 1, Math.floor(share * late.length))]!.toFixed(1);
const samples = histories.reduce((sum, h) => sum + h.epochs.length * ROWS, 0);
console.log(
  `8 models, ${samples.toLocaleString("en")} samples in ${seconds.toFixed(2)} s: ${Math.round(samples / seconds).toLocaleString("en")} samples/s`,
);
console.log(
  `a ${EVERY} ms timer fired ${late.length} times, late by ${at(0.5)} ms in the median, ${at(0.99)} ms at the 99th percentile, ${at(1)} ms at most`,
);

/** 100,000 steps of the public face in one synchronous loop, nothing disposed; prints the resident memory it ended with. */
import { crossEntropy, Linear, manualSeed, memory, ReLU, randn, Sequential, SGD, tensor } from "../../src/index";

const steps = Number(process.argv[2] ?? 100_000);
manualSeed(1);
const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
const opt = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9, nesterov: true });
const x = randn([8, 4]);
const y = tensor(Int32Array.from([0, 1, 2, 0, 1, 2, 0, 1]));
let most = 0;
let last = Number.NaN;
const start = performance.now();
for (let k = 0; k < steps; k++) {
  opt.zeroGrad();
  const l = crossEntropy(model.forward(x), y);
  l.backward();
  opt.step();
  if (k % 1000 === 999) {
    last = l.item();
    most = Math.max(most, process.memoryUsage().rss);
  }
}
console.log(JSON.stringify({ rss: most, seconds: (performance.now() - start) / 1000, loss: last, memory: memory() }));

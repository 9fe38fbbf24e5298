/**
 * Trains small models in reproducible mode and prints a hash of every bit that came out: the same on every engine and machine.
 * By hand, after `npm run build`: node test/determinism/hash.mjs
 */
import { pathToFileURL } from "node:url";

/** FNV-1a over 32-bit words. */
function fold(hash, values) {
  let h = hash;
  for (const word of new Uint32Array(values.buffer, values.byteOffset, values.length)) h = Math.imul(h ^ word, 0x01000193);
  return h >>> 0;
}

/** The hash, and how many numbers went into it. */
export async function hashOf(neurite) {
  const { init, runtimeInfo, manualSeed, rand, randn, fit, predict, Sequential, Linear, ReLU, Tanh, Sigmoid } = neurite;
  await init({ reproducible: true });
  if (runtimeInfo().arithmetic !== "plain") throw new Error(`expected plain arithmetic, got ${runtimeInfo().arithmetic}`);
  let hash = 0x811c9dc5;
  let count = 0;
  const take = (values) => {
    hash = fold(hash, values);
    count += values.length;
  };
  manualSeed(2024);
  const x = randn([150, 70]);
  const labels = Int32Array.from(rand([150]).data(), (u) => Math.floor(5 * u));
  const targets = randn([150, 5]);
  take(x.data());
  for (const f of ["exp", "log", "sqrt", "tanh", "sigmoid", "softmax", "logSoftmax", "reciprocal"]) {
    const y = neurite[f](neurite.add(neurite.abs(x), 1e-3));
    take(y.data());
    y.dispose();
  }
  const runs = [
    { loss: "crossEntropy", y: labels, optimizer: { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 } },
    { loss: "crossEntropy", y: labels, optimizer: { type: "adam", lr: 3e-3 } },
    { loss: "mse", y: targets, optimizer: { type: "adamw", lr: 3e-3 }, accumulate: 2 },
  ];
  for (const { y, ...options } of runs) {
    const model = new Sequential(
      new Linear(70, 90),
      new ReLU(),
      new Linear(90, 33),
      new Tanh(),
      new Linear(33, 17),
      new Sigmoid(),
      new Linear(17, 5),
    );
    const history = await fit(
      model,
      { x, y },
      { epochs: 4, batchSize: 32, seed: 11, metrics: options.loss === "mse" ? [] : ["accuracy"], ...options },
    );
    take(Float32Array.from(history.epochs, (e) => e.loss));
    for (const p of model.parameters()) take(p.data());
    take((await predict(model, x)).data);
    model.dispose();
  }
  x.dispose();
  targets.dispose();
  return `${hash.toString(16).padStart(8, "0")} over ${count} numbers`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(process.version, await hashOf(await import(new URL("../../dist/index.js", import.meta.url).href)));

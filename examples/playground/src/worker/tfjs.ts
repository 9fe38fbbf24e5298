/** TensorFlow.js with its WebAssembly backend on the same digits, in a worker of its own that is loaded when asked for. */

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import * as tf from "@tensorflow/tfjs-core";
import { LEVELS, PIXELS } from "../shared/digits";
import type { DigitsWork, TfEpoch, TfMessage } from "../shared/messages";

/** One after the other, so that the images need not be in memory as floats twice. */
const CHUNK = 1000;

const port = self as unknown as { onmessage: (event: MessageEvent<DigitsWork>) => void; postMessage(message: TfMessage): void };

async function begin(): Promise<void> {
  // one thread, as the other side has
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths({ "tfjs-backend-wasm.wasm": plain, "tfjs-backend-wasm-simd.wasm": simd, "tfjs-backend-wasm-threaded-simd.wasm": simd });
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js could not start its WebAssembly backend.");
  await tf.ready();
}

function floats({ images, labels }: DigitsWork["train"]): tf.Tensor2D {
  const values = new Float32Array(images.length);
  for (let k = 0; k < images.length; k++) values[k] = images[k]! / LEVELS;
  return tf.tensor2d(values, [labels.length, PIXELS]);
}

/** (out, in) by rows to (in, out) by rows. */
function transposed(w: Float32Array, inputs: number, outputs: number): Float32Array {
  const t = new Float32Array(w.length);
  for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) t[i * outputs + o] = w[o * inputs + i]!;
  return t;
}

function network({ sizes, layers, settings }: DigitsWork): (x: tf.Tensor2D, training: boolean) => tf.Tensor2D {
  const variables = layers.map(({ weight, bias }, k) => {
    const [inputs, outputs] = [sizes[k]!, sizes[k + 1]!];
    return { w: tf.variable(tf.tensor2d(transposed(weight, inputs, outputs), [inputs, outputs])), b: tf.variable(tf.tensor1d(bias)) };
  });
  return (x, training) =>
    variables.reduce<tf.Tensor2D>((h, { w, b }, k) => {
      const last = k === variables.length - 1;
      const y = tf.fused.matMul({ a: h, b: w as tf.Tensor2D, bias: b, activation: last ? "linear" : "relu" }) as tf.Tensor2D;
      return training && !last && settings.dropout > 0 ? (tf.dropout(y, settings.dropout) as tf.Tensor2D) : y;
    }, x);
}

function optimizerOf({ optimizer, lr }: DigitsWork["settings"]): tf.Optimizer {
  if (optimizer === "adam") return tf.train.adam(lr, 0.9, 0.999, 1e-8);
  if (optimizer === "momentum") return tf.train.momentum(lr, 0.9);
  if (optimizer === "rmsprop") return tf.train.rmsprop(lr, 0.99);
  return tf.train.sgd(lr);
}

function accuracy(model: ReturnType<typeof network>, x: tf.Tensor2D, labels: Uint8Array): number {
  let right = 0;
  for (let first = 0; first < labels.length; first += CHUNK) {
    const guesses = tf.tidy(() =>
      tf.argMax(model(tf.slice2d(x, [first, 0], [Math.min(CHUNK, labels.length - first), PIXELS]), false), 1).dataSync(),
    );
    for (const [k, g] of guesses.entries()) if (g === labels[first + k]) right++;
  }
  return right / labels.length;
}

async function run(work: DigitsWork): Promise<void> {
  await begin();
  const { train, test, settings } = work;
  const rows = train.labels.length;
  const [x, xTest] = [floats(train), floats(test)];
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...train.labels], "int32"), 10), "float32")) as tf.Tensor2D;
  const model = network(work);
  const optimizer = optimizerOf(settings);
  let seconds = 0;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const order = tf.util.createShuffledIndices(rows);
    const start = performance.now();
    for (let first = 0; first < rows; first += settings.batchSize) {
      const index = tf.tensor1d(Int32Array.from(order.subarray(first, first + settings.batchSize)), "int32");
      optimizer.minimize(() => tf.losses.softmaxCrossEntropy(tf.gather(y, index), model(tf.gather(x, index), true)) as tf.Scalar);
      index.dispose();
    }
    const took = (performance.now() - start) / 1000;
    seconds += took;
    const message: TfEpoch = { epoch, accuracy: accuracy(model, xTest, test.labels), samplesPerSecond: rows / took, seconds };
    port.postMessage({ kind: "epoch", ...message });
    await new Promise((resolve) => setTimeout(resolve));
  }
  port.postMessage({ kind: "done", version: tf.version_core });
}

port.onmessage = ({ data }) => {
  run(data).catch((error) => port.postMessage({ kind: "error", message: String((error as Error).message) }));
};

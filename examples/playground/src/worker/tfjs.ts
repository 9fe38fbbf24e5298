/** TensorFlow.js with its WebAssembly backend on the same digits, in a worker of its own that is loaded when asked for. */

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { LEVELS, PIXELS } from "../shared/digits";
import type { DigitsWork, TfEpoch, TfMessage } from "../shared/messages";

/** Test images at a time. */
const CHUNK = 1000;

const port = self as unknown as { onmessage: (event: MessageEvent<DigitsWork>) => void; postMessage(message: TfMessage): void };

async function begin(): Promise<void> {
  // one thread, as the other side has
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths({ "tfjs-backend-wasm.wasm": plain, "tfjs-backend-wasm-simd.wasm": simd, "tfjs-backend-wasm-threaded-simd.wasm": simd });
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js could not start its WebAssembly backend.");
  await tf.ready();
}

/** Rows of images as numbers from 0 to 1, and their labels as rows of 0 and 1: copied together here, which is faster than tf.gather. */
function rows({ images, labels }: DigitsWork["train"], order: ArrayLike<number>): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const [x, y] = [new Float32Array(order.length * PIXELS), new Float32Array(order.length * 10)];
  for (let k = 0; k < order.length; k++) {
    const from = order[k]! * PIXELS;
    for (let j = 0; j < PIXELS; j++) x[k * PIXELS + j] = images[from + j]! / LEVELS;
    y[10 * k + labels[order[k]!]!] = 1;
  }
  return { x: tf.tensor2d(x, [order.length, PIXELS]), y: tf.tensor2d(y, [order.length, 10]) };
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

function accuracy(model: ReturnType<typeof network>, test: DigitsWork["test"]): number {
  const { labels } = test;
  let right = 0;
  for (let first = 0; first < labels.length; first += CHUNK) {
    const order = Array.from({ length: Math.min(CHUNK, labels.length - first) }, (_, k) => first + k);
    const guesses = tf.tidy(() => tf.argMax(model(rows(test, order).x, false), 1).dataSync());
    for (const [k, g] of guesses.entries()) if (g === labels[first + k]) right++;
  }
  return right / labels.length;
}

async function run(work: DigitsWork): Promise<void> {
  await begin();
  const { train, test, settings } = work;
  const count = train.labels.length;
  const model = network(work);
  const optimizer = optimizerOf(settings);
  let seconds = 0;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const order = tf.util.createShuffledIndices(count);
    const start = performance.now();
    for (let first = 0; first < count; first += settings.batchSize) {
      const { x, y } = rows(train, order.subarray(first, first + settings.batchSize));
      optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model(x, true)) as tf.Scalar);
      x.dispose();
      y.dispose();
    }
    const took = (performance.now() - start) / 1000;
    seconds += took;
    const message: TfEpoch = { epoch, accuracy: accuracy(model, test), samplesPerSecond: count / took, seconds };
    port.postMessage({ kind: "epoch", ...message });
    await new Promise((resolve) => setTimeout(resolve));
  }
  port.postMessage({ kind: "done", version: tf.version_core });
}

port.onmessage = ({ data }) => {
  run(data).catch((error) => port.postMessage({ kind: "error", message: String((error as Error).message) }));
};

// TensorFlow.js, backend cpu or wasm, through the core API: variables and minimize() are faster here than layers and trainOnBatch().
import { dirname } from "node:path";
import { data, input, job, peer, serve, transposed, workload } from "./common.mjs";

const tf = peer("@tensorflow/tfjs");
if (job.variant === "wasm") {
  const wasm = peer("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${dirname(peer.resolve("@tensorflow/tfjs-backend-wasm/package.json"))}/dist/`);
}
await tf.setBackend(job.variant);
await tf.ready();

function network(variable) {
  const { sizes, activation, last, norm } = workload;
  const { layers } = data();
  const w = layers.map((l) => variable(tf.tensor2d(transposed(l), [l.from, l.to])));
  const b = layers.map((l) => variable(tf.tensor1d(l.b)));
  const hidden = sizes.slice(1, -1);
  const bn = hidden.map((h) => ({
    gamma: variable(tf.ones([h])),
    beta: variable(tf.zeros([h])),
    mean: tf.variable(tf.zeros([h]), false),
    variance: tf.variable(tf.ones([h]), false),
  }));
  return (x) =>
    w.reduce((h, _, k) => {
      const act = k < w.length - 1 ? activation : last;
      const fused = act === "relu" && !norm ? "relu" : "linear";
      let z = tf.fused.matMul({ a: h, b: w[k], bias: b[k], activation: fused });
      if (norm && k < w.length - 1) {
        const { mean, variance } = tf.moments(z, 0);
        z = tf.batchNorm(z, mean, variance, bn[k].beta, bn[k].gamma, 1e-5);
        bn[k].mean.assign(bn[k].mean.mul(0.9).add(mean.mul(0.1)));
        bn[k].variance.assign(bn[k].variance.mul(0.9).add(variance.mul(0.1)));
      }
      if (act && fused === "linear") z = tf[act](z);
      return norm && k < w.length - 1 ? tf.dropout(z, 0.5) : z;
    }, x);
}

function train() {
  const { batch, sizes, loss, optimizer, lr, momentum } = workload;
  const { x, y } = data();
  const X = tf.tensor2d(x, [batch, sizes[0]]);
  const Y = tf.tensor2d(y, [batch, sizes.at(-1)]);
  const model = network((t) => tf.variable(t));
  const opt = optimizer === "adam" ? tf.train.adam(lr, 0.9, 0.999, 1e-8) : momentum ? tf.train.momentum(lr, momentum) : tf.train.sgd(lr);
  const cost = () => {
    const out = model(X);
    return loss === "crossEntropy" ? tf.losses.softmaxCrossEntropy(Y, out) : tf.mean(tf.square(tf.sub(out, Y)));
  };
  return (steps) => {
    let last = 0;
    for (let k = 0; k < steps; k++) {
      const c = opt.minimize(cost, k === steps - 1);
      if (c) {
        last = c.dataSync()[0];
        c.dispose();
      }
    }
    return last;
  };
}

function infer() {
  const { x } = data();
  const model = network((t) => t);
  return (steps) => {
    let out;
    for (let k = 0; k < steps; k++) out = tf.tidy(() => model(tf.tensor2d(x, [workload.batch, workload.sizes[0]])).dataSync());
    return out[0];
  };
}

const repeat = (f) => (steps) => {
  for (let k = 0; k < steps; k++) {
    const t = f();
    // the wasm backend is done when it returns; so is the other
    if (k === steps - 1) t.dataSync();
    t.dispose();
  }
  return 0;
};

function product() {
  const { m, k, n } = workload;
  const a = tf.tensor2d(input("a"), [m, k]);
  const b = tf.tensor2d(input("b"), [k, n]);
  return repeat(() => tf.matMul(a, b));
}

function map() {
  const x = tf.tensor2d(input("x"), [1024, 1024]);
  return repeat(() => tf[workload.op](x));
}

function adam() {
  // known to applyGradients by its name
  tf.variable(tf.tensor1d(input("p")), true, "p");
  const g = tf.tensor1d(input("g"));
  const opt = tf.train.adam(1e-4, 0.9, 0.999, 1e-8);
  return (steps) => {
    for (let k = 0; k < steps; k++) opt.applyGradients({ p: g });
    return 0;
  };
}

await serve({ train, infer, product, map, adam }[workload.kind]);

// ConvNetJS: one example at a time, an update a batch. No Adam; its Adadelta stands in for it.
import { data, peer, serve, Unable, workload } from "./common.mjs";

if (!["train", "infer"].includes(workload.kind)) await serve(() => Promise.reject(new Unable("no such call")));
if (workload.norm) await serve(() => Promise.reject(new Unable("no batch norm")));
const { Net, SGDTrainer, Trainer, Vol } = peer("convnetjs");

function build() {
  const { sizes, activation, last, loss } = workload;
  const { x, y, layers } = data();
  const defs = [{ type: "input", out_sx: 1, out_sy: 1, out_depth: sizes[0] }];
  for (const h of sizes.slice(1, -1)) defs.push({ type: "fc", num_neurons: h, activation });
  const classes = sizes.at(-1);
  if (loss === "mse") defs.push({ type: "fc", num_neurons: classes, activation: last }, { type: "regression", num_neurons: classes });
  else defs.push({ type: "softmax", num_classes: classes });
  const net = new Net();
  net.makeLayers(defs);
  const dense = net.layers.filter((l) => l.layer_type === "fc");
  for (const [k, { w, b, from }] of layers.entries()) {
    for (const [o, f] of dense[k].filters.entries()) for (let i = 0; i < from; i++) f.w[i] = w[o * from + i];
    for (let o = 0; o < b.length; o++) dense[k].biases.w[o] = b[o];
  }
  const X = Array.from({ length: workload.batch }, (_, r) => {
    const v = new Vol(1, 1, sizes[0], 0);
    for (let i = 0; i < sizes[0]; i++) v.w[i] = x[r * sizes[0] + i];
    return v;
  });
  const target = (r) => {
    const row = y.subarray(r * classes, (r + 1) * classes);
    return loss === "mse" ? Array.from(row) : row.indexOf(1);
  };
  return { net, X, Y: y && X.map((_, r) => target(r)) };
}

function train() {
  const { net, X, Y } = build();
  const { batch, lr, optimizer } = workload;
  const options = { batch_size: batch, learning_rate: lr, momentum: 0, l2_decay: 0 };
  const trainer = new (SGDTrainer ?? Trainer)(net, optimizer === "adam" ? { ...options, method: "adadelta" } : options);
  return (steps) => {
    let loss = 0;
    for (let k = 0; k < steps; k++) {
      loss = 0;
      for (let r = 0; r < X.length; r++) loss += trainer.train(X[r], Y[r]).loss / X.length;
    }
    return loss;
  };
}

function infer() {
  const { net, X } = build();
  return (steps) => {
    let out;
    for (let k = 0; k < steps; k++) for (const v of X) out = net.forward(v);
    return out.w[0];
  };
}

await serve(workload.kind === "train" ? train : infer);

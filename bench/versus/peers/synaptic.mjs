// synaptic: networks of neuron objects, one example at a time, plain gradient descent.
import { data, peer, rowsOf, serve, Unable, workload } from "./common.mjs";

if (!["train", "infer"].includes(workload.kind)) await serve(() => Promise.reject(new Unable("no such call")));
if (workload.norm) await serve(() => Promise.reject(new Unable("no batch norm")));
const connections = workload.sizes.slice(1).reduce((sum, out, k) => sum + out * workload.sizes[k], 0);
if (connections > 300_000) await serve(() => Promise.reject(new Unable("too slow to set up")));
const { Architect, Neuron } = peer("synaptic");

function build() {
  const { sizes, activation, last } = workload;
  const { x, y } = data();
  const net = new Architect.Perceptron(...sizes);
  const squash = { relu: Neuron.squash.RELU, tanh: Neuron.squash.TANH, sigmoid: Neuron.squash.LOGISTIC };
  for (const layer of net.layers.hidden) layer.set({ squash: squash[activation] });
  net.layers.output.set({ squash: squash[last] ?? Neuron.squash.LOGISTIC });
  return { net, X: rowsOf(x, sizes[0]), Y: y && rowsOf(y, sizes.at(-1)) };
}

function train() {
  const { net, X, Y } = build();
  const rate = workload.optimizer === "adam" ? 0.001 : workload.lr;
  return (steps) => {
    let loss = 0;
    for (let k = 0; k < steps; k++)
      for (let r = 0; r < X.length; r++) {
        const out = net.activate(X[r]);
        net.propagate(rate, Y[r]);
        if (k === steps - 1) for (let c = 0; c < out.length; c++) loss += (out[c] - Y[r][c]) ** 2 / Y.length / out.length;
      }
    return loss;
  };
}

function infer() {
  const { net, X } = build();
  return (steps) => {
    let out;
    for (let k = 0; k < steps; k++) for (const row of X) out = net.activate(row);
    return out[0];
  };
}

await serve(workload.kind === "train" ? train : infer);

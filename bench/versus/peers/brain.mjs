// brain.js: one example at a time, squared error, one activation for all layers.
import { data, peer, rowsOf, serve, Unable, workload } from "./common.mjs";

if (!["train", "infer"].includes(workload.kind)) await serve(() => Promise.reject(new Unable("no such call")));
if (workload.norm) await serve(() => Promise.reject(new Unable("no batch norm")));
const { NeuralNetwork } = peer("brain.js");

function build() {
  const { sizes, activation, optimizer, lr } = workload;
  const { x, y } = data();
  const X = rowsOf(x, sizes[0]);
  const Y = y && rowsOf(y, sizes.at(-1));
  const net = new NeuralNetwork({
    inputSize: sizes[0],
    outputSize: sizes.at(-1),
    hiddenLayers: sizes.slice(1, -1),
    activation,
    ...(lr ? { learningRate: lr } : {}),
    ...(optimizer === "adam" ? { praxis: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } : {}),
  });
  return { net, X, Y };
}

function train() {
  const { net, X, Y } = build();
  const set = X.map((input, k) => ({ input, output: Y[k] }));
  const { activation, lr, optimizer } = workload;
  const options = {
    errorThresh: Number.MIN_VALUE,
    learningRate: lr,
    momentum: 1e-9,
    activation,
    ...(optimizer === "adam" ? { praxis: "adam" } : {}),
  };
  return (steps) => net.train(set, { ...options, iterations: steps, errorCheckInterval: steps }).error;
}

function infer() {
  const { net, X } = build();
  net.initialize();
  return (steps) => {
    let out;
    for (let k = 0; k < steps; k++) for (const row of X) out = net.run(row);
    return out[0];
  };
}

await serve(workload.kind === "train" ? train : infer);

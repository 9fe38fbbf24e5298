// neurite as it is built, through its public face. Variant "run": many steps in one call of step.run; "call": step(x, y) a step.
import { data, input, job, serve, workload } from "./common.mjs";

const before = performance.now();
const n = await import("../../../dist/index.js");
const importMs = performance.now() - before;

const activations = { relu: n.ReLU, sigmoid: n.Sigmoid, tanh: n.Tanh };

function build() {
  const { sizes, activation, last, norm } = workload;
  const stages = [];
  for (let k = 0; k + 1 < sizes.length; k++) {
    stages.push(new n.Linear(sizes[k], sizes[k + 1]));
    const hidden = k + 2 < sizes.length;
    if (norm && hidden) stages.push(new n.BatchNorm1d(sizes[k + 1]));
    const after = hidden ? activation : last;
    if (after) stages.push(new activations[after]());
    if (norm && hidden) stages.push(new n.Dropout(0.5));
  }
  const model = new n.Sequential(...stages);
  const { x, y, layers } = data();
  const linear = stages.filter((s) => s instanceof n.Linear);
  for (const [k, { w, b }] of layers.entries()) {
    linear[k].weight.set(w);
    linear[k].bias.set(b);
  }
  return { model, x, y };
}

function train() {
  const { model, x, y } = build();
  const { batch, sizes, loss, optimizer, lr, momentum } = workload;
  const classes = sizes.at(-1);
  const X = n.tensor(x, [batch, sizes[0]]);
  const labels = () => Int32Array.from({ length: batch }, (_, r) => y.subarray(r * classes, (r + 1) * classes).indexOf(1));
  const Y = loss === "crossEntropy" ? n.tensor(labels()) : n.tensor(y, [batch, classes]);
  const step = n.trainStep(model, { loss, optimizer: { type: optimizer, lr, ...(momentum ? { momentum } : {}) } });
  if (job.variant === "run") return (steps) => step.run({ x: X, y: Y }, { steps }).at(-1);
  return (steps) => {
    let last = 0;
    for (let k = 0; k < steps; k++) last = step(X, Y);
    return last;
  };
}

function infer() {
  const { model, x } = build();
  const f = n.predictor(model, { batch: workload.batch });
  const out = new Float32Array(workload.batch * workload.sizes.at(-1));
  return (steps) => {
    for (let k = 0; k < steps; k++) f(x, out);
    return out[0];
  };
}

/** One op at a time, its result disposed. */
function op() {
  const { m, k, n: columns } = workload;
  if (workload.kind === "product") {
    const a = n.tensor(input("a"), [m, k]);
    const b = n.tensor(input("b"), [k, columns]);
    return eager(() => n.matmul(a, b));
  }
  const x = n.tensor(input("x"), [1024, 1024]);
  if (workload.op === "softmax") return eager(() => n.softmax(x, 1));
  return eager(() => n[workload.op](x));
}

const eager = (f) => (steps) =>
  n.noGrad(() => {
    for (let k = 0; k < steps; k++) f().dispose();
    return 0;
  });

function adam() {
  const p = new n.Parameter([workload.items]);
  p.set(input("p"));
  const g = n.tensor(input("g"), [workload.items]);
  n.sum(n.mul(p, g)).backward();
  const optimizer = new n.Adam([p], { lr: 1e-4 });
  return (steps) => {
    for (let k = 0; k < steps; k++) optimizer.step();
    return 0;
  };
}

const info = () => ({ importMs, arithmetic: n.runtimeInfo().arithmetic });
await serve({ train, infer, product: op, map: op, adam }[workload.kind], info);

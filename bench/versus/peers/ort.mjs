// ONNX Runtime Web, its wasm backend on one thread: inference and single operators. Its training entry ended with version 1.19.
import { data, input, peer, serve, Unable, workload } from "./common.mjs";
import { model } from "./onnx.mjs";

if (["train", "adam"].includes(workload.kind)) await serve(() => Promise.reject(new Unable("no training")));
const ort = peer("onnxruntime-web");
ort.env.wasm.numThreads = 1;

async function session(graph, feeds) {
  const s = await ort.InferenceSession.create(model(graph), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return async (steps) => {
    let out;
    for (let k = 0; k < steps; k++) out = (await s.run(feeds())).out.data;
    return out[0];
  };
}

function infer() {
  const { batch, sizes } = workload;
  const { x, layers } = data();
  const nodes = [];
  const constants = [];
  for (const [k, { w, b, from, to }] of layers.entries()) {
    constants.push({ name: `w${k}`, shape: [to, from], values: w }, { name: `b${k}`, shape: [to], values: b });
    const last = k === layers.length - 1;
    nodes.push({ op: "Gemm", in: [k === 0 ? "x" : `h${k}`, `w${k}`, `b${k}`], out: last ? "out" : `z${k}`, ints: { transB: 1 } });
    if (!last) nodes.push({ op: "Relu", in: [`z${k}`], out: `h${k + 1}` });
  }
  const graph = {
    nodes,
    constants,
    inputs: [{ name: "x", shape: [batch, sizes[0]] }],
    output: { name: "out", shape: [batch, sizes.at(-1)] },
  };
  return session(graph, () => ({ x: new ort.Tensor("float32", x, [batch, sizes[0]]) }));
}

function product() {
  const { m, k, n } = workload;
  const a = { name: "a", shape: [m, k] };
  const b = { name: "b", shape: [k, n] };
  const graph = { nodes: [{ op: "MatMul", in: ["a", "b"], out: "out" }], inputs: [a, b], output: { name: "out", shape: [m, n] } };
  const feeds = { a: new ort.Tensor("float32", input("a"), a.shape), b: new ort.Tensor("float32", input("b"), b.shape) };
  return session(graph, () => feeds);
}

function map() {
  const shape = [1024, 1024];
  const op = workload.op[0].toUpperCase() + workload.op.slice(1);
  const graph = { nodes: [{ op, in: ["x"], out: "out" }], inputs: [{ name: "x", shape }], output: { name: "out", shape } };
  const x = new ort.Tensor("float32", input("x"), shape);
  return session(graph, () => ({ x }));
}

await serve({ infer, product, map }[workload.kind]);

import { noGrad } from "../src/autograd/graph";
import { withSink } from "../src/core/emit";
import { Recorder } from "../src/core/recorder";
import { heap } from "../src/core/runtime";
import { Adam, type Tensor } from "../src/index";
import { Parameter } from "../src/nn/parameter";
import { type Form, matmulOp } from "../src/ops/matmul";
import { softmax } from "../src/ops/softmax";
import { exp, relu, sigmoid, tanh } from "../src/ops/unary";
import { own, pinned } from "../src/tensor/tensor";
import type { Case } from "./report";

/** Numbers in (-2, 2) that are the same every time. */
function numbers(shape: readonly number[]): Tensor {
  const t = own(pinned(shape, "data"));
  const at = t.storage.address / 4;
  const { f32 } = heap();
  for (let k = 0; k < t.size; k++) f32[at + k] = 2 * Math.sin(1.7 * k);
  return t;
}

/** A program of what `body` puts down, so that a call is the kernel and nothing else. */
function program(inputs: readonly Tensor[], body: () => Tensor | undefined) {
  const recorder = new Recorder();
  const out = withSink(recorder, () => noGrad(body));
  if (out !== undefined) recorder.keep(out.ref);
  const p = recorder.finish(() => "");
  return {
    run: () => p.run(),
    dispose: () => {
      p.dispose();
      for (const t of inputs) t.dispose();
    },
  };
}

function product(name: string, form: Form, m: number, n: number, k: number): Case {
  const flops = 2 * m * n * k;
  return {
    name: `${name} ${form} ${m}x${n}x${k}`,
    group: "products",
    flops,
    make: () => {
      const a = numbers(form === "TN" ? [k, m] : [m, k]);
      const b = numbers(form === "NT" ? [n, k] : [k, n]);
      return program([a, b], () => matmulOp([a, b], { form }));
    },
  };
}

const ITEMS = 2 ** 20;

function elementwise(name: string, op: (x: Tensor) => Tensor): Case {
  return {
    name: `${name} 2^20`,
    group: "elementwise",
    items: ITEMS,
    make: () => {
      const x = numbers([1024, 1024]);
      return program([x], () => op(x));
    },
  };
}

/** One Adam update of 2^20 parameters. */
const adam: Case = {
  name: "T7 Adam update 2^20",
  group: "elementwise",
  items: ITEMS,
  make: () => {
    const p = new Parameter([ITEMS]);
    const gradient = numbers([ITEMS]);
    const optimizer = new Adam([p]);
    const row = own(pinned([optimizer.rowWords], "state"));
    optimizer.advance(heap().f32, row.storage.address / 4);
    const made = program([p, gradient, row], () => {
      optimizer.emit(new Map([[p, gradient]]), row.ref);
      return undefined;
    });
    return {
      run: made.run,
      dispose: () => {
        made.dispose();
        optimizer.dispose();
      },
    };
  },
};

/** Matrix products by name and form (m x n x k), maps and softmax over 2^20 floats. */
export const kernels: readonly Case[] = [
  ...[64, 128, 256, 512, 1024].map((n) => product("G", "NN", n, n, n)),
  ...[256, 512].flatMap((n) => [product("G", "TN", n, n, n), product("G", "NT", n, n, n)]),
  product("G-fwd", "NT", 32, 128, 784),
  product("G-dW", "TN", 128, 784, 32),
  product("G-dX", "NN", 32, 784, 128),
  elementwise("relu", relu),
  elementwise("exp", exp),
  elementwise("sigmoid", sigmoid),
  elementwise("tanh", tanh),
  elementwise("softmax", (x) => softmax(x, -1)),
  adam,
];

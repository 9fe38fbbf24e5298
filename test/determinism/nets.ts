/** Models of several shapes, and data for them, the same at every call. */
import {
  abs,
  add,
  concat,
  defineOp,
  div,
  Flatten,
  Linear,
  Module,
  mul,
  Parameter,
  ReLU,
  relu,
  reshape,
  Sequential,
  Sigmoid,
  softmax,
  square,
  Tanh,
  type Tensor,
  tanh,
} from "../../src/index";
import { random } from "../ops/operands";

/** x / (1 + |x|), as a user would define it: a forward made of other ops, and its gradient. */
const softsignOp = defineOp<"softsign", undefined>({
  name: "softsign",
  forward: ([x]) => ({ out: div(x!, add(abs(x!), 1)) }),
  uses: { inputs: [0] },
  gradient: ({ inputs: [x] }, dy) => [div(dy, square(add(abs(x!), 1)))],
});

class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsignOp([x], undefined);
  }
}

/** Two inputs through one shared layer, a gate, and a parameter of its own. */
class Twins extends Module {
  readonly shared = new Linear(6, 9);
  readonly heads = { main: new Linear(18, 3) };
  readonly scale = new Parameter([9]);

  constructor() {
    super();
    this.scale.set(Array.from({ length: 9 }, (_, k) => 0.5 + k / 9));
  }

  forward(a: Tensor, b: Tensor): Tensor {
    const [left, right] = [tanh(this.shared.forward(a)), relu(this.shared.forward(b))];
    return this.heads.main.forward(concat([mul(left, this.scale), mul(right, softmax(left))], 1));
  }
}

export interface NetCase {
  make: () => Module;
  /** Widths of the inputs. */
  inputs: readonly number[];
  outputs: number;
  loss: "crossEntropy" | "mse";
}

export const NETS = {
  "a small classifier": {
    make: () => new Sequential(new Linear(10, 33), new ReLU(), new Linear(33, 7), new Tanh(), new Linear(7, 3)),
    inputs: [10],
    outputs: 3,
    loss: "crossEntropy",
  },
  "wide enough for packed products": {
    make: () => new Sequential(new Linear(70, 130), new Sigmoid(), new Linear(130, 67, { bias: false }), new ReLU(), new Linear(67, 10)),
    inputs: [70],
    outputs: 10,
    loss: "crossEntropy",
  },
  "a regression with a user's op and a function as a stage": {
    make: () => new Sequential(new Linear(5, 8), new Softsign(), (x) => reshape(x, [x.shape[0]!, 4, 2]), new Flatten(), new Linear(8, 2)),
    inputs: [5],
    outputs: 2,
    loss: "mse",
  },
  "one weight": { make: () => new Linear(1, 1, { bias: false }), inputs: [1], outputs: 1, loss: "mse" },
  "two inputs and a shared layer": { make: () => new Twins(), inputs: [6, 6], outputs: 3, loss: "crossEntropy" },
} as const satisfies Record<string, NetCase>;

export interface NetData {
  rows: number;
  inputs: readonly { data: Float32Array; shape: readonly [number, number] }[];
  target: Float32Array | Int32Array;
  targetShape: readonly number[];
  weight: Float32Array;
}

export function dataFor({ inputs, outputs, loss }: NetCase, rows: number): NetData {
  const next = random(17);
  const numbers = (n: number) => Float32Array.from({ length: n }, () => 4 * next() - 2);
  return {
    rows,
    inputs: inputs.map((width) => ({ data: numbers(rows * width), shape: [rows, width] })),
    target: loss === "mse" ? numbers(rows * outputs) : Int32Array.from({ length: rows }, () => Math.floor(outputs * next())),
    targetShape: loss === "mse" ? [rows, outputs] : [rows],
    weight: Float32Array.from({ length: rows }, () => 0.5 + next()),
  };
}

/** The data as fit takes it. */
export const asDataSet = (d: NetData, weighted = false) => ({
  x: d.inputs.length === 1 ? d.inputs[0]! : d.inputs,
  y: { data: d.target, shape: d.targetShape },
  ...(weighted ? { sampleWeight: d.weight } : {}),
});

/** Some rows of it, in this order. */
export function pick(d: NetData, order: ArrayLike<number>): NetData {
  const index = Array.from(order);
  const take = <A extends Float32Array | Int32Array>(values: A, width: number): A =>
    (values.constructor as unknown as { from(list: number[]): A }).from(
      index.flatMap((r) => [...values.subarray(r * width, (r + 1) * width)]),
    );
  return {
    rows: index.length,
    inputs: d.inputs.map(({ data, shape }) => ({ data: take(data, shape[1]), shape: [index.length, shape[1]] })),
    target: take(d.target, d.target.length / d.rows),
    targetShape: [index.length, ...d.targetShape.slice(1)],
    weight: take(d.weight, 1),
  };
}

import type { Library, Run, Workload } from "../types";

type Form = "NN" | "TN" | "NT";

/** Numbers in (-2, 2) that are the same every time. */
const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, k) => 2 * Math.sin(1.7 * k));

/**
 * A product as a layer's training step has it, its instruction alone: NT forward, NN for the gradient of the input, TN for that of the weights. m, n, k are
 * those of the product.
 */
function product(name: string, form: Form, m: number, n: number, k: number): Workload {
  const [batch, inputs, outputs] = form === "NT" ? [m, k, n] : form === "NN" ? [m, n, k] : [k, n, m];
  return {
    name: `${name} ${form} ${m}x${n}x${k}`,
    group: "products",
    flops: 2 * m * n * k,
    make: ({ Linear, manualSeed, mse, rand, SGD, Sequential, trainStep, zeros }) => {
      manualSeed(5);
      // a layer before it, or its input would need no gradient
      const model = new Sequential(new Linear(1, inputs, { bias: false }), new Linear(inputs, outputs, { bias: false }));
      const optimizer = new SGD(model.parameters(), { lr: 1e-3 });
      const step = trainStep(model, { loss: mse, optimizer });
      const [x, y] = [rand([batch, 1]), zeros([batch, outputs])];
      step(x, y);
      const program = step.program!;
      const wanted = `matmul_${form.toLowerCase()} `;
      const at = program.instructions.findIndex((_, i) => {
        const line = `${program.line(i)} `;
        return line.startsWith(wanted) && line.includes(` m=${m} n=${n} k=${k} `);
      });
      if (at < 0) throw new Error(`this build has no instruction ${wanted}of ${m}x${n}x${k}`);
      return {
        run: () => program.run(at, at + 1),
        dispose: () => {
          for (const o of [step, optimizer, model, x, y]) o.dispose();
        },
      };
    },
  };
}

const SIDE = 1024;

/** A map of 2^20 numbers, its instruction alone. */
function elementwise(name: string, bound: Workload["bound"], op: (library: Library) => (x: never) => never): Workload {
  return {
    name: `${name} 2^20`,
    group: "elementwise",
    items: SIDE * SIDE,
    ...(bound && { bound }),
    make: (library) => {
      const apply = op(library);
      class Elementwise extends library.Module {
        override forward(x: never): never {
          return apply(x);
        }
      }
      const f = library.predictor(new Elementwise(), { batch: SIDE, inputShape: [SIDE] });
      f(numbers(SIDE * SIDE));
      const { program } = f;
      // f is kept: a predictor that nobody holds takes its program with it
      return { run: () => program.run(), dispose: () => f.dispose() };
    },
  };
}

/** One Adam update of 2^20 parameters. */
const adam: Workload = {
  name: "T7 Adam update 2^20",
  group: "elementwise",
  bound: "memory",
  items: SIDE * SIDE,
  make: ({ Adam, Linear, mse, rand, trainStep, zeros }): Run => {
    const model = new Linear(SIDE, SIDE, { bias: false });
    const optimizer = new Adam(model.parameters());
    const step = trainStep(model, { loss: mse, optimizer });
    const [x, y] = [rand([1, SIDE]), zeros([1, SIDE])];
    step(x, y);
    const program = step.program!;
    const from = program.begin("update");
    return {
      run: () => program.run(from),
      dispose: () => {
        for (const o of [step, optimizer, model, x, y]) o.dispose();
      },
    };
  },
};

export const kernels: readonly Workload[] = [
  ...[64, 128, 256, 512, 1024].map((n) => product("G", "NN", n, n, n)),
  ...[256, 512].flatMap((n) => [product("G", "TN", n, n, n), product("G", "NT", n, n, n)]),
  product("G-fwd", "NT", 32, 128, 784),
  product("G-dW", "TN", 128, 784, 32),
  product("G-dX", "NN", 32, 784, 128),
  elementwise("relu", "memory", (l) => l.relu as never),
  elementwise("exp", "compute", (l) => l.exp as never),
  elementwise("sigmoid", "compute", (l) => l.sigmoid as never),
  elementwise("tanh", "compute", (l) => l.tanh as never),
  elementwise("softmax", "compute", (l) => ((x: never) => l.softmax(x, -1)) as never),
  adam,
];

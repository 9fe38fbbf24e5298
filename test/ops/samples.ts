/** Operands to try every op on. The type asks for an entry for each op of the table: an op without samples does not compile. */
import { generator, type Place } from "../../src/ops/random";
import type { OPS, OpName } from "../../src/ops/table";
import type { Shape } from "../../src/tensor/shape";
import { fromValues } from "../../src/tensor/tensor";

/** f32 values of a shape; constants 0 and 1; or whole numbers, which have no gradient. */
export type Operand = Shape | { readonly mask: Shape } | { readonly index: readonly number[]; readonly shape?: Shape };

export interface Sample<A> {
  readonly of: readonly Operand[];
  readonly attrs: A;
  /** All values lie above 0.4. */
  readonly positive?: boolean;
  /** All values lie between 0.25 and 0.75. */
  readonly probability?: boolean;
}

type Attrs<K extends OpName> = (typeof OPS)[K] extends (inputs: never, attrs: infer A) => unknown ? A : never;
/** null: the op has no gradient. */
type Samples = { readonly [K in OpName]: null | readonly Sample<Attrs<K>>[] };

const attrs = undefined;
const one: readonly Shape[] = [[], [1], [7], [3, 5], [2, 3, 4], [0], [3, 0]];
const unary = one.map((shape) => ({ of: [shape], attrs }));
const positive = one.map((shape) => ({ of: [shape], attrs, positive: true }));
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[7], [7]],
  [[3, 5], []],
  [[], [3, 5]],
  [[3, 5], [5]],
  [[5], [3, 5]],
  [
    [3, 5],
    [3, 1],
  ],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [2, 1, 3, 1],
    [1, 4, 1, 2],
  ],
  [
    [1, 2, 1, 3],
    [3, 2, 2, 1],
  ],
  [[0, 3], [3]],
  [[1], [0]],
];
const binary = pairs.map((of) => ({ of, attrs }));
const binaryPositive = pairs.map((of) => ({ of, attrs, positive: true }));
const last = ([[1], [6], [3, 5], [2, 3, 9], [4, 1], [0, 4], [2, 70]] as Shape[]).map((shape) => ({ of: [shape], attrs }));
const along = (
  [
    [[6], 0],
    [[3, 5], 0],
    [[3, 5], -1],
    [[2, 3, 4], 1],
    [[4, 1], 1],
    [[0, 3], 1],
  ] as const
).flatMap(([shape, dim]) => [true, false].map((keepDim) => ({ of: [shape], attrs: { dim, keepDim } })));
const sums = (
  [
    [[6], [0]],
    [[3, 5], [0]],
    [[3, 5], [1]],
    [
      [3, 5],
      [0, 1],
    ],
    [
      [2, 3, 4],
      [0, 2],
    ],
    [
      [2, 3, 2, 3],
      [1, 3],
    ],
    [
      [2, 1, 5],
      [1, 2],
    ],
    [[0, 3], [0]],
    [[0, 3], [1]],
    [[5001], [0]],
  ] as const
).flatMap(([shape, dims]) => [false, true].map((mean) => ({ of: [shape], attrs: { dims, mean } })));
/** Small, larger than one panel and with a rest everywhere, a vector on either side, no terms at all. */
const products = [
  [3, 4, 5],
  [1, 7, 3],
  [6, 1, 5],
  [1, 1, 1],
  [70, 66, 67],
  [17, 19, 65],
  [0, 3, 2],
  [3, 2, 0],
] as const;
/** The same numbers at every call. */
const from: Place = [generator().block.ref, 5];
const divisors = [6, 1, undefined] as const;
const losses: readonly Shape[] = [[7], [3, 5], []];
const pairs2 = divisors.flatMap((divisor) => losses.map((shape) => ({ of: [shape, shape], attrs: { divisor } })));
/** Targets that have no gradient. */
const targets = divisors.flatMap((divisor) => losses.map((shape) => ({ of: [shape, { mask: shape }] as const, attrs: { divisor } })));
const eps = 1e-2;
/** Three channels' statistics. */
const given = { mean: fromValues([0.5, -0.2, 0], [3], "f32"), variance: fromValues([1, 0.5, 2], [3], "f32") };
const channelled = (
  [
    [2, 3],
    [9, 3],
    [2, 3, 1],
    [3, 3, 5],
    [2, 3, 8],
    [1, 3, 7],
  ] as Shape[]
).flatMap((shape) =>
  [{ eps }, { eps, given }].flatMap((attrs) => [
    { of: [shape], attrs },
    { of: [shape, [3], [3]], attrs },
  ]),
);

export const SAMPLES: Samples = {
  add: binary,
  sub: binary,
  mul: binary,
  div: binaryPositive,
  maximum: binary,
  minimum: binary,
  eq: null,
  ne: null,
  gt: null,
  ge: null,
  lt: null,
  le: null,
  eqI32: null,
  neg: unary,
  abs: unary,
  sign: null,
  square: unary,
  sqrt: positive,
  reciprocal: positive,
  exp: unary,
  log: positive,
  relu: unary,
  sigmoid: unary,
  tanh: unary,
  step: one.map((of) => ({ of: [of], attrs: { straightThrough: false } })),
  leakyRelu: one.map((of) => ({ of: [of], attrs: { negativeSlope: 0.1 } })),
  prelu: [
    { of: [[], []], attrs },
    { of: [[7], []], attrs },
    { of: [[3, 5], []], attrs },
    { of: [[3, 5], [5]], attrs },
    { of: [[4, 1], [1]], attrs },
    {
      of: [
        [2, 3, 4],
        [3, 1],
      ],
      attrs,
    },
    { of: [[2, 3, 4], []], attrs },
    {
      of: [
        [2, 3, 1, 2],
        [3, 1, 1],
      ],
      attrs,
    },
    { of: [[0, 3], [3]], attrs },
  ],
  elu: one.flatMap((of) => [1, -0.7].map((alpha) => ({ of: [of], attrs: { alpha } }))),
  selu: unary,
  gelu: one.flatMap((of) => (["none", "tanh"] as const).map((approximate) => ({ of: [of], attrs: { approximate } }))),
  silu: unary,
  mish: unary,
  softplus: one.flatMap((of) =>
    [
      { beta: 1, threshold: 20 },
      { beta: 2.5, threshold: 20 },
    ].map((attrs) => ({ of: [of], attrs })),
  ),
  hardtanh: one.map((of) => ({ of: [of], attrs: { min: -0.95, max: 1.03 } })),
  logSigmoid: unary,
  toF32: null,
  where: [
    { of: [{ mask: [7] }, [7], [7]], attrs },
    { of: [{ mask: [3, 1] }, [5], [3, 5]], attrs },
    { of: [{ mask: [3, 5] }, [], [3, 1]], attrs },
    { of: [{ mask: [] }, [2, 1, 3], [2, 1]], attrs },
  ],
  max: along,
  min: along,
  argmax: null,
  gatherRows: [
    { of: [[4, 3], { index: [2, 0, 2, 2] }], attrs },
    { of: [[5], { index: [4, 4, 1] }], attrs },
    { of: [[3, 2, 2], { index: [0, 2, 1, 1, 0, 0], shape: [2, 3] }], attrs },
    { of: [[3, 2], { index: [] }], attrs },
  ],
  sum: sums,
  clone: unary,
  reshape: [
    { of: [[6]], attrs: { shape: [2, 3] } },
    { of: [[2, 3]], attrs: { shape: [6] } },
    { of: [[1]], attrs: { shape: [] } },
    { of: [[0, 2]], attrs: { shape: [3, 0] } },
  ],
  permute: [
    { of: [[3, 5]], attrs: { dims: [1, 0] } },
    { of: [[2, 3, 4]], attrs: { dims: [2, 0, 1] } },
    { of: [[2, 3, 2, 3]], attrs: { dims: [3, 1, 0, 2] } },
    { of: [[2, 0]], attrs: { dims: [1, 0] } },
  ],
  slice: [
    { of: [[7]], attrs: { dim: 0, start: 2, end: 5 } },
    { of: [[4, 3]], attrs: { dim: 0, start: 1, end: 4 } },
    { of: [[4, 3]], attrs: { dim: 1, start: 1, end: 2 } },
    { of: [[2, 5, 3]], attrs: { dim: 1, start: 0, end: 3 } },
    { of: [[1, 5]], attrs: { dim: 1, start: 4, end: 5 } },
    { of: [[4, 3]], attrs: { dim: 0, start: 2, end: 2 } },
  ],
  concat: [
    { of: [[2], [3], [1]], attrs: { dim: 0 } },
    {
      of: [
        [2, 3],
        [1, 3],
      ],
      attrs: { dim: 0 },
    },
    {
      of: [
        [2, 3],
        [2, 1],
        [2, 4],
      ],
      attrs: { dim: 1 },
    },
    {
      of: [
        [2, 1, 3],
        [2, 4, 3],
      ],
      attrs: { dim: 1 },
    },
    {
      of: [
        [2, 0],
        [2, 3],
      ],
      attrs: { dim: 1 },
    },
    { of: [[4]], attrs: { dim: 0 } },
  ],
  expand: [
    { of: [[]], attrs: { shape: [2, 3] } },
    { of: [[3]], attrs: { shape: [2, 3] } },
    { of: [[3, 1]], attrs: { shape: [3, 4] } },
    { of: [[2, 1, 3, 1]], attrs: { shape: [2, 4, 3, 2] } },
    { of: [[1]], attrs: { shape: [0] } },
  ],
  matmul: products.flatMap(([m, n, k]) => [
    { of: [[m, k] as const, [k, n] as const], attrs: { form: "NN" as const } },
    { of: [[k, m] as const, [k, n] as const], attrs: { form: "TN" as const } },
    { of: [[m, k] as const, [n, k] as const], attrs: { form: "NT" as const } },
  ]),
  linear: [
    ...products.flatMap(([m, n, k]) => [
      { of: [[m, k] as const, [n, k] as const, [n] as const], attrs },
      { of: [[m, k] as const, [n, k] as const], attrs },
    ]),
    { of: [[2, 3, 4], [5, 4], [5]], attrs },
    { of: [[4], [5, 4], [5]], attrs },
  ],
  softmax: last,
  logSoftmax: last,
  batchNorm: channelled,
  dropout: one.flatMap((shape) => [0.5, 0.1].map((p) => ({ of: [shape], attrs: { p, from } }))),
  crossEntropy: divisors.flatMap((divisor) => [
    { of: [[4, 3], { index: [2, 0, 2, 1] }], attrs: { divisor } },
    { of: [[1, 1], { index: [0] }], attrs: { divisor } },
    { of: [[3, 17], { index: [16, 0, 4] }], attrs: { divisor } },
  ]),
  squaredError: pairs2,
  absoluteError: pairs2,
  huber: [0.3, 1, 5].flatMap((delta) => pairs2.map(({ of, attrs: a }) => ({ of, attrs: { ...a, delta } }))),
  logProbability: pairs2,
  probability: targets.map((s) => ({ ...s, positive: true })),
  divergence: targets,
  binary: targets.map((s) => ({ ...s, probability: true })),
  binaryLogit: [...targets, ...targets.map(({ of, attrs: a }) => ({ of: [...of, of[1]], attrs: a }))],
};

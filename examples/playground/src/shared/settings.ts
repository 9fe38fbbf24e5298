import { choice, defaults, type Field, flag, number, type Settings, sizes } from "./schema";

export const DATA_KINDS = ["moons", "circles", "spirals", "xor", "linear", "drawn"] as const;
export type DataKind = (typeof DATA_KINDS)[number];

export const ACTIVATIONS = ["relu", "tanh", "sigmoid", "leakyRelu", "elu", "gelu", "silu", "linear"] as const;
export const INITS = ["default", "glorotUniform", "heNormal", "lecunNormal", "orthogonal", "normal", "zeros"] as const;
export const SCHEDULES = ["constant", "stepDecay", "exponential", "cosine", "oneCycle", "warmup"] as const;
export const OPTIMIZERS = [
  "sgd",
  "momentum",
  "nag",
  "adagrad",
  "adadelta",
  "rmsprop",
  "adam",
  "adamw",
  "adamax",
  "nadam",
  "radam",
  "rprop",
  "lion",
  "lbfgs",
] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];
export const SPEEDS = ["1", "5", "25", "100", "most"] as const;

/** Points drawn by hand: class, then x and y from -1 to 1 in steps of 1 / 500, three characters a number. */
export type Drawn = readonly { x: number; y: number; label: 0 | 1 }[];
export const MOST_DRAWN = 400;
const STEPS = 500;

const drawn: Field<Drawn> = {
  initial: [],
  read(text) {
    if (!/^([ab][0-9a-z]{4})*$/.test(text)) throw new RangeError("expected points drawn by hand");
    const points = (text.match(/.{5}/g) ?? []).map((item) => {
      const [x, y] = [1, 3].map((k) => Number.parseInt(item.slice(k, k + 2), 36) / STEPS - 1.25) as [number, number];
      return { x, y, label: item[0] === "b" ? (1 as const) : (0 as const) };
    });
    if (points.length > MOST_DRAWN) throw new RangeError(`expected at most ${MOST_DRAWN} points`);
    return points;
  },
  write(points) {
    const two = (v: number) =>
      Math.round((Math.min(1.25, Math.max(-1.25, v)) + 1.25) * STEPS)
        .toString(36)
        .padStart(2, "0");
    return points.map(({ x, y, label }) => `${label === 1 ? "b" : "a"}${two(x)}${two(y)}`).join("");
  },
};

/** The points of the plane, wherever they are used. */
const points = {
  count: number(200, 20, 1000, 10),
  noise: number(0.1, 0, 0.5, 0.01),
  margin: number(0.3, 0, 1, 0.05),
  seed: number(1, 0, 9999, 1),
};

export const planeSchema = {
  data: choice("moons", DATA_KINDS),
  ...points,
  drawn,
  layers: sizes([8, 8], 4, 16),
  activation: choice("tanh", ACTIVATIONS),
  batchNorm: flag(false),
  dropout: number(0, 0, 0.8, 0.05),
  init: choice("default", INITS),
  optimizer: choice("adam", OPTIMIZERS),
  lr: number(0.01, 0.00001, 10, 0.00001),
  schedule: choice("constant", SCHEDULES),
  horizon: number(2000, 10, 100000, 10),
  batch: choice("some", ["one", "some", "all"]),
  batchSize: number(20, 2, 500, 1),
  l2: number(0, 0, 0.1, 0.0001),
  speed: choice("5", SPEEDS),
};
export type PlaneSettings = Settings<typeof planeSchema>;

export const perceptronSchema = {
  data: choice("linear", ["linear", "xor", "moons", "drawn"]),
  count: number(60, 10, 400, 10),
  noise: number(0.05, 0, 0.5, 0.01),
  margin: number(0.3, 0, 1, 0.05),
  seed: points.seed,
  drawn,
  c: number(1, 0.01, 10, 0.01),
  start: choice("random", ["random", "zero"]),
  speed: choice("5", ["1", "5", "25", "100"]),
};
export type PerceptronSettings = Settings<typeof perceptronSchema>;

export const layersSchema = {
  data: choice("circles", ["linear", "circles", "xor", "moons", "spirals"]),
  noise: number(0.08, 0, 0.5, 0.01),
  seed: points.seed,
  units: number(8, 2, 16, 1),
  sides: number(5, 3, 8, 1),
  shape: choice("islands", ["islands", "star", "letter", "ring"]),
};
export type LayersSettings = Settings<typeof layersSchema>;

export const SURFACES = ["beale", "saddle", "rosenbrock", "ravine"] as const;
export type SurfaceName = (typeof SURFACES)[number];

export const raceSchema = {
  surface: choice("beale", SURFACES),
  x: number(1, -10, 10, 0.01),
  y: number(1.5, -10, 10, 0.01),
  steps: number(300, 10, 2000, 10),
  rate: number(1, 0.01, 100, 0.01),
  off: sizes([], OPTIMIZERS.length, OPTIMIZERS.length),
};
export type RaceSettings = Settings<typeof raceSchema>;

export const digitsSchema = {
  hidden: sizes([128], 3, 512),
  optimizer: choice("adam", ["sgd", "momentum", "rmsprop", "adam"]),
  lr: number(0.002, 0.0001, 1, 0.0001),
  batchSize: number(32, 8, 512, 1),
  epochs: number(8, 1, 50, 1),
  dropout: number(0, 0, 0.8, 0.05),
  seed: points.seed,
};
export type DigitsSettings = Settings<typeof digitsSchema>;

export const SCHEMAS = {
  plane: planeSchema,
  perceptron: perceptronSchema,
  layers: layersSchema,
  optimizers: raceSchema,
  digits: digitsSchema,
} as const;
export type TabName = keyof typeof SCHEMAS;

export const initialSettings = <T extends TabName>(tab: T): Settings<(typeof SCHEMAS)[T]> => defaults(SCHEMAS[tab]) as never;

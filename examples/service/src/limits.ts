/** What a tenant, and all of them together, may use. Every limit can be set by the JSON of the variable LIMITS. */
import { Problem } from "./problems";

export const DEFAULT_LIMITS = {
  /** Bytes of a training's body, and of a prediction's. */
  trainBytes: 8 * 2 ** 20,
  predictBytes: 2 ** 20,
  /** Bodies of trainings that are read and checked at one time. */
  uploads: 4,
  rows: 100_000,
  columns: 1_000,
  /** Numbers of one training: rows times columns. */
  cells: 1_000_000,
  classes: 1_000,
  /** Rows of one prediction. */
  predictRows: 10_000,
  hiddenLayers: 8,
  parameters: 2_000_000,
  epochs: 10_000,
  /** Seconds a training may run. */
  seconds: 600,
  /** Bytes of linear memory of one training, and of all that run. */
  jobBytes: 256 * 2 ** 20,
  runningBytes: 1024 * 2 ** 20,
  /** Trainings that run at one time: of one tenant, of all. */
  tenantRunning: 2,
  running: 4,
  /** Trainings that wait: of one tenant, of all. */
  tenantQueued: 20,
  queued: 200,
  /** Models of a tenant. */
  models: 1_000,
  /** Ended jobs of a tenant that are remembered. */
  history: 50,
  /** Models kept in memory for predictions, and their bytes. */
  loadedModels: 500,
  loadedBytes: 256 * 2 ** 20,
  /** Streams of events: of one tenant, of all. */
  tenantStreams: 20,
  streams: 200,
};

export type Limits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };

/** Limits with some of them set otherwise. Throws where a name is unknown or a value no whole number of 1 or more. */
export function limitsFrom(given: unknown): Limits {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new Error("LIMITS must be a JSON object");
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new Error(`LIMITS: there is no limit "${name}"; there are ${Object.keys(DEFAULT_LIMITS).join(", ")}`);
    if (!Number.isInteger(value) || value < 1) throw new Error(`LIMITS: ${name} must be a whole number of 1 or more, got ${String(value)}`);
  }
  return { ...DEFAULT_LIMITS, ...given };
}

/** Throws the problem that names the limit. */
export function within(limits: Limits, name: keyof Limits, value: number, what: string): void {
  if (value > limits[name])
    throw new Problem("limit-exceeded", `${what}: ${value}, at most ${limits[name]} are allowed`, { limit: name, maximum: limits[name] });
}

export interface JobSize {
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly hidden: readonly number[];
  readonly batchSize: number;
}

const layersOf = ({ columns, hidden, outputs }: JobSize) => [columns, ...hidden, outputs];

export const parametersOf = (size: JobSize): number => {
  const widths = layersOf(size);
  return widths.slice(1).reduce((sum, n, k) => sum + n * (widths[k]! + 1), 0);
};

/** Rows of a batch that is only evaluated, and what a run takes whatever its size: tables of steps, programs. */
const EVALUATED = 256;
const FIXED = 2 ** 16;

/** Bytes of linear memory a training takes, on the safe side: data; weights, gradients, two moments and their copies; activations and their gradients. */
export function bytesOf(size: JobSize): number {
  const data = size.rows * (size.columns + size.outputs + 1);
  const weights = 8 * parametersOf(size);
  const steps = 4 * Math.max(EVALUATED, size.batchSize) * layersOf(size).reduce((a, b) => a + b, 0);
  return 4 * (data + weights + steps) + FIXED;
}

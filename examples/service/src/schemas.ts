/** JSON schemas of what comes in, and the types that go with them. */

/** Tenants and models: no dots and no slashes, so that a name is a file's name and nothing else; lower case, since some disks do not tell the cases apart. */
export const NAME = "^[a-z0-9][a-z0-9_-]{0,63}$";
const JOB_ID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

const object = (properties: Record<string, object>, required: readonly string[] = []) => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});
const name = { type: "string", pattern: NAME };
export const TENANT = object({ tenant: name }, ["tenant"]);
export const MODEL = object({ tenant: name, name }, ["tenant", "name"]);
export const JOB = object({ tenant: name, id: { type: "string", pattern: JOB_ID } }, ["tenant", "id"]);

export interface ModelParams {
  tenant: string;
  name: string;
}
export interface JobParams {
  tenant: string;
  id: string;
}

const row = { type: "array", minItems: 1, items: { type: "number" } };
const rows = { type: "array", minItems: 1, items: row };
const text = { type: "string", maxLength: 200 };

export const ACTIVATIONS = ["relu", "leakyRelu", "elu", "gelu", "silu", "tanh", "sigmoid"] as const;

export type Label = string | number | boolean;

export interface TrainBody {
  rows: number[][];
  /** Names of the columns. */
  columns?: string[];
  /** Classes, or numbers; one of them. */
  labels?: Label[];
  targets?: number[] | number[][];
  hidden?: number[];
  activation?: (typeof ACTIVATIONS)[number];
  dropout?: number;
  epochs?: number;
  batchSize?: number;
  learningRate?: number;
  weightDecay?: number;
  /** Share of the rows that is held out. */
  validation?: number;
  /** Epochs without improvement on the rows held out that end the training; 0 for never. */
  patience?: number;
  seed?: number;
}

export const TRAIN = object(
  {
    rows,
    columns: { type: "array", items: text },
    labels: { type: "array", items: { type: ["string", "integer", "boolean"], maxLength: 200 } },
    targets: { type: "array", items: { anyOf: [{ type: "number" }, row] } },
    hidden: { type: "array", items: { type: "integer", minimum: 1, maximum: 10_000 } },
    activation: { enum: ACTIVATIONS },
    dropout: { type: "number", minimum: 0, exclusiveMaximum: 1 },
    epochs: { type: "integer", minimum: 1 },
    batchSize: { type: "integer", minimum: 1, maximum: 4096 },
    learningRate: { type: "number", exclusiveMinimum: 0 },
    weightDecay: { type: "number", minimum: 0, maximum: 10 },
    validation: { type: "number", minimum: 0, maximum: 0.9 },
    patience: { type: "integer", minimum: 0 },
    seed: { type: "integer", minimum: 0, maximum: 4294967295 },
  },
  ["rows"],
);

export interface PredictBody {
  rows?: number[][];
  row?: number[];
  /** Only so many of the most probable classes. */
  top?: number;
}

export const PREDICT = object({ rows, row, top: { type: "integer", minimum: 1 } });

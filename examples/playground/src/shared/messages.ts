import type { DigitsSettings, LayersSettings, OptimizerName, PerceptronSettings, PlaneSettings, SurfaceName } from "./settings";

/** Points of the plane: x0, y0, x1, y1, ... and the class of each. */
export interface Points {
  xy: Float32Array;
  labels: Uint8Array;
}

export interface Score {
  loss: number;
  accuracy: number;
}

/** Cells a side of a region's picture, and of a unit's. */
export const GRID = 100;
export const UNIT_GRID = 28;
/** The plane is shown from -REACH to REACH. */
export const REACH = 1.25;

export interface LayerWeights {
  /** (out, in). */
  weight: Float32Array;
  bias: Float32Array;
}

export interface PlaneFrame {
  step: number;
  epoch: number;
  lr: number;
  train: Score;
  test?: Score;
  /** Logits, GRID x GRID, from the top row down. */
  region: Float32Array;
  /** Values of each hidden unit, UNIT_GRID x UNIT_GRID, layer by layer. */
  units: Float32Array[];
  weights: LayerWeights[];
}

export interface PlaneStart {
  train: Points;
  test: Points;
  frame: PlaneFrame;
}

export interface PerceptronStart {
  points: Points;
  /** w0, w1, w2. */
  weights: number[];
  /** Most mistakes there can be from zero weights, where a separating line is known: Novikoff 1962. */
  bound?: number;
}

export interface PerceptronEpoch {
  /** One item an example shown. */
  rows: { x: number; y: number; wrong: boolean; weights: number[] }[];
  mistakes: number;
}

export interface PerceptronRun {
  converged: boolean;
  message: string;
  history: number[];
  weights: number[];
}

export interface LayersFrame {
  step: number;
  networks: { region: Float32Array; accuracy: number; parameters: number }[];
}

/** Regions cut by hand: 1, 2 and 3 layers of threshold units; `lines` are those of the first layer, w0, w1, w2 each. */
export interface HandMade {
  networks: { region: Float32Array; lines: number[][]; units: number[] }[];
}

export interface Surface {
  values: Float32Array;
  grid: number;
  x: [number, number];
  y: [number, number];
  minimum?: [number, number];
}

export interface Trajectory {
  optimizer: OptimizerName;
  lr: number;
  /** x0, y0, x1, y1, ... */
  path: Float32Array;
  values: Float32Array;
  /** Why it ended early. */
  ended?: string;
}

export interface DigitsEpoch {
  epoch: number;
  loss: number;
  accuracy: number;
  test: Score;
  samplesPerSecond: number;
  seconds: number;
  /** Test images, row: what it is, column: what it was taken for. */
  confusion: number[][];
  wrong: { index: number; label: number; guess: number; confidence: number; pixels: Uint8Array }[];
}

export interface Runtime {
  arithmetic: "plain" | "fused" | "unfused";
  binary: string;
  reason: string;
  threads: number;
  isolated: boolean;
}

/** What the page asks of the worker, and what it gets. */
export interface Calls {
  hello: { request: undefined; reply: Runtime };
  /** Whether it is alive. */
  ping: { request: undefined; reply: undefined };
  "plane.start": { request: PlaneSettings; reply: PlaneStart };
  "plane.advance": { request: { steps: number; milliseconds: number }; reply: PlaneFrame };
  "plane.rate": { request: PlaneSettings; reply: undefined };
  "perceptron.start": { request: PerceptronSettings; reply: PerceptronStart };
  "perceptron.epoch": { request: undefined; reply: PerceptronEpoch };
  "perceptron.run": { request: { epochs: number }; reply: PerceptronRun };
  "layers.start": { request: LayersSettings; reply: { points: Points; frame: LayersFrame } };
  "layers.advance": { request: { steps: number }; reply: LayersFrame };
  "layers.hand": { request: LayersSettings; reply: HandMade };
  "race.surface": { request: { surface: SurfaceName }; reply: Surface };
  "race.run": {
    request: { surface: SurfaceName; optimizer: OptimizerName; start: [number, number]; steps: number; rate: number };
    reply: Trajectory;
  };
  "digits.load": { request: { url: string }; reply: { bytes: number; samples: Uint8Array[] } };
  "digits.train": { request: DigitsSettings; reply: { stopped: string; seconds: number }; progress: DigitsEpoch };
  "digits.stop": { request: undefined; reply: undefined };
  "digits.guess": { request: { pixels: Float32Array }; reply: { probabilities: Float32Array; trained: boolean } };
  "digits.work": { request: DigitsSettings; reply: DigitsWork };
}

/** All that another library needs to do the same work. */
export interface DigitsWork {
  settings: DigitsSettings;
  sizes: number[];
  layers: LayerWeights[];
  train: { images: Uint8Array; labels: Uint8Array };
  test: { images: Uint8Array; labels: Uint8Array };
}

/** An epoch of the other library. */
export interface TfEpoch {
  epoch: number;
  accuracy: number;
  samplesPerSecond: number;
  seconds: number;
}

export type TfMessage = ({ kind: "epoch" } & TfEpoch) | { kind: "done"; version: string } | { kind: "error"; message: string };

export type CallName = keyof Calls;
export type Request<N extends CallName> = Calls[N]["request"];
export type Reply<N extends CallName> = Calls[N]["reply"];
export type Progress<N extends CallName> = Calls[N] extends { progress: infer P } ? P : never;

export type ToWorker = { [N in CallName]: { id: number; name: N; request: Request<N> } }[CallName];
export type FromWorker =
  | { id: number; kind: "reply"; reply: unknown }
  | { id: number; kind: "progress"; progress: unknown }
  | { id: number; kind: "error"; error: { name: string; message: string } };

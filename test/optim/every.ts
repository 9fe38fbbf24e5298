/** Every optimizer, with options that suit a small problem. */
import type { OptimizerConfig } from "../../src/index";

export const EVERY: readonly OptimizerConfig[] = [
  { type: "sgd", lr: 0.05 },
  { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.001 },
  { type: "momentum", lr: 0.02 },
  { type: "nag", lr: 0.02 },
  { type: "adagrad", lr: 0.3, lrDecay: 0.01 },
  { type: "adadelta", lr: 3, eps: 1e-3 },
  { type: "rmsprop", lr: 0.02 },
  { type: "rmsprop", lr: 0.01, centered: true, momentum: 0.5 },
  { type: "adam", lr: 0.05 },
  { type: "adam", lr: 0.05, amsgrad: true },
  { type: "adamw", lr: 0.05 },
  { type: "adamax", lr: 0.05 },
  { type: "nadam", lr: 0.05 },
  { type: "radam", lr: 0.05 },
  { type: "rprop", lr: 0.01 },
  { type: "lion", lr: 0.02 },
];

export const named = EVERY.map((config) => [JSON.stringify(config), config] as const);

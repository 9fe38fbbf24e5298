/** Pages without a bundler: the files of dist/ as they are, from a static server. */
import { fileURLToPath } from "node:url";
import type { Content } from "./serve";

export const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** Scripts of pages may say nothing inline where a policy forbids it, so each is a file. */
export function page(script: string, headers: Record<string, string> = {}, files: Record<string, string> = {}): Content {
  const html = '<!doctype html><meta charset="utf-8"><title>waiting</title><script type="module" src="/app.js"></script>';
  return { folders: { "/neurite/": dist }, files: { "/": html, "/app.js": script, ...files }, headers };
}

/** Exclusive or, by the functions that are there: the loss of the last epoch. */
export const TRAIN = `
  manualSeed(1);
  const data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };
  const history = await fit(mlp([2, 16, 2]), data, { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.05 }, epochs: 200, seed: 7 });
  const loss = history.epochs.at(-1).loss;`;

export const IMPORT = 'import { fit, init, manualSeed, mlp, runtimeInfo, tensor } from "/neurite/index.js";';

/** Waits in the page until its title is something else, and gives it. */
export const TITLE = `
  const end = performance.now() + 60_000;
  while (document.title === "waiting" && performance.now() < end) await new Promise((r) => setTimeout(r, 20));
  return document.title;`;

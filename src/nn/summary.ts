import { noGrad } from "../autograd/graph";
import { withSink } from "../core/emit";
import { Recorder } from "../core/recorder";
import { type Shape, showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { inMode, type Module } from "./module";

interface SummaryRow {
  path: string;
  layer: string;
  /** Shape of its result, when an input shape was given. */
  output: Shape | undefined;
  parameters: number;
}

/** Result shapes of each module in the order in which they ran, from a forward that is recorded and thrown away. */
function outputs(model: Module, input: Shape): Map<Module, Shape> {
  const shapes = new Map<Module, Shape>();
  const undo: (() => void)[] = [];
  for (const [, m] of model.namedModules()) {
    const forward = m.forward;
    m.forward = (...inputs: Tensor[]) => {
      const y = forward.apply(m, inputs);
      shapes.set(m, y.shape);
      return y;
    };
    undo.push(() => {
      m.forward = forward;
    });
  }
  const recorder = new Recorder();
  try {
    withSink(recorder, () => noGrad(() => inMode(false, () => model.forward(empty(input)))));
  } finally {
    for (const f of undo) f();
    recorder.abandon();
  }
  return shapes;
}

/** A row for every module without children, or with parameters of its own. */
function summaryRows(model: Module, shapes: ReadonlyMap<Module, Shape> | undefined): SummaryRow[] {
  const counted = new Set<unknown>();
  const list: SummaryRow[] = [];
  for (const [path, m] of model.namedModules()) {
    const own = m.namedParameters().filter(([name, p]) => !counted.has(p) && !m.children().some(([child]) => name.startsWith(`${child}.`)));
    for (const [, p] of own) counted.add(p);
    const parameters = own.reduce((sum, [, p]) => sum + p.size, 0);
    if (m.children().length === 0 || parameters > 0)
      list.push({ path: path === "" ? "(model)" : path, layer: `${m.constructor.name}${options(m)}`, output: shapes?.get(m), parameters });
  }
  return list;
}

const listed = (config: object): string =>
  Object.entries(config)
    .map(([k, v]) => `${k}=${shown(v)}`)
    .join(", ");

/** An option: descriptions { type, ...options } as type(...). */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null || !("type" in value)) return String(value);
  const { type, ...rest } = value;
  const inside = listed(rest);
  return inside === "" ? String(type) : `${String(type)}(${inside})`;
}

function options(m: Module): string {
  const inside = listed(m.config);
  return inside === "" ? "" : `(${inside})`;
}

/** By the static type: dropout and norm stand above this file. */
const is = (m: Module, type: string): boolean => (m.constructor as typeof Module).type === type;

/**
 * What the order of layers (of running, where that is known) makes likely to go wrong. Dropout before batch normalisation: in training the variance there is that of
 * what Dropout left and scaled; in evaluation nothing is dropped, and running_var is too large (Li, Chen, Hu, Yang: Understanding the disharmony between dropout and
 * batch normalization by variance shift, 2018).
 */
function hints(model: Module, shapes: ReadonlyMap<Module, Shape> | undefined): string[] {
  const paths = new Map([...model.namedModules()].map(([path, m]) => [m, path]));
  const order = [...(shapes ?? paths).keys()];
  const dropout = order.find((m) => is(m, "Dropout") && m.config.p !== 0);
  const norms = dropout === undefined ? [] : order.slice(order.indexOf(dropout)).filter((m) => is(m, "BatchNorm1d"));
  if (norms.length === 0) return [];
  return [
    `hint: Dropout (${paths.get(dropout!)}) stands before BatchNorm1d (${paths.get(norms[0]!)}): in evaluation, where nothing is dropped, the variance is smaller than`,
    `running_var says (variance shift, Li et al. 2018). Put Dropout behind the last BatchNorm1d (${paths.get(norms.at(-1)!)}), or leave one of them out.`,
  ];
}

/** A table of layers, output shapes (given the shape of one batch) and parameters, and hints. */
export function summary(model: Module, input?: Shape): string {
  const shapes = input === undefined ? undefined : outputs(model, input);
  const list = summaryRows(model, shapes);
  const table = [["path", "layer", "output", "parameters"]];
  for (const r of list) table.push([r.path, r.layer, r.output === undefined ? "" : showShape(r.output), r.parameters.toLocaleString("en")]);
  const total = model.parameters().reduce((sum, p) => sum + p.size, 0);
  const frozen = model.parameters().reduce((sum, p) => sum + (p.requiresGrad ? 0 : p.size), 0);
  const widths = table[0]!.map((_, c) => Math.max(...table.map((row) => row[c]!.length)));
  const lines = table.map((row) => row.map((cell, c) => (c === 3 ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join("  "));
  lines.push(`${total.toLocaleString("en")} parameters${frozen > 0 ? `, ${frozen.toLocaleString("en")} of them frozen` : ""}`);
  return [...lines, ...hints(model, shapes)].join("\n");
}

import { gradients } from "../autograd/graph";
import { DataError, OptionError, ShapeError } from "../core/errors";
import type { Column } from "../data/column";
import { columnsOf } from "../data/dataset";
import { checkTargets } from "../data/target";
import { type Loss, type LossSpec, resolveLoss } from "../loss/losses";
import type { Linear } from "../nn/layers";
import { inMode, isModule, type Module } from "../nn/module";
import type { Parameter } from "../nn/parameter";
import type { Sequential, Stage } from "../nn/sequential";
import { add } from "../ops/binary";
import { checkRange } from "../optim/check";
import { showShape } from "../tensor/shape";
import { fromValues, isTensor, scope, type Tensor } from "../tensor/tensor";
import { type ExplainedLayer, type ExplainedParameter, type ExplainedUnit, type Explanation, withText } from "./explanation";
import { whole } from "./options";

export interface ExplainOptions {
  /** The inputs of one example, finite numbers. */
  x: ArrayLike<number>;
  /** Its target as the loss takes it: a class index, or a number for each output. */
  y: number | ArrayLike<number>;
  loss: LossSpec;
  /** With a rate of 0 or more, also the weights after one step of plain gradient descent, and what the model gives then. */
  lr?: number;
  /** Most parameters of a model whose table is still made. Default 1000. */
  limit?: number;
}

/** A Linear with the stages up to the next one, and where it stands. */
interface Layer {
  readonly path: string;
  readonly linear: Linear;
  readonly name: string;
  /** Net inputs plus zeros that require a gradient, theirs being dE/dnet. */
  readonly net: Tensor;
  readonly probe: Tensor;
  readonly input: Tensor;
  output: Tensor;
}

/**
 * Backpropagation on one example, as it is done by hand: for every unit of a small Sequential its net input, activation and delta, for every weight its gradient, and
 * with `lr` what it becomes. Units are numbered as on the blackboard: 0 is the bias' constant input 1, then the inputs, then layer by layer; w(i,j) leads from i to j.
 *
 * E is the loss. `gradient` of a unit is dE/dnet, as PyTorch has it; `delta` is the lecture's, -dE/dnet: (y - u) u' for an output of squaredError, u' sum_k delta_k w(j,k)
 * for a unit j inside. So the gradient of w(i,j) is dE/dw = -delta_j u_i, and the step w - lr dE/dw is the lecture's w + lr delta_j u_i. Frozen parameters stay.
 *
 * The model runs in evaluation mode (no dropout, running statistics); it is not changed, nor are gradients that parameters hold. Returns plain data; toString(digits)
 * gives it as a table. Throws OptionError for another model than a Sequential of Linear and stages that keep the number of units, and for one of more than `limit`
 * parameters; ShapeError and DataError for an example that does not fit.
 *
 * Source: Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986.
 */
export function explain(model: Module, { x, y, loss: given, lr, limit = 1000 }: ExplainOptions): Explanation {
  const loss = resolveLoss(given);
  if (lr !== undefined) checkRange("explain: lr", lr, 0);
  const size = model.parameters().reduce((sum, p) => sum + p.size, 0);
  if (size > whole("explain: limit", limit))
    throw new OptionError(
      `explain: the model has ${size} parameters, too many to read with a limit of ${limit}; pass a larger limit, or see summary()`,
    );
  const { inputs, target } = columnsOf({ x: [rowOf("x", x)], y: [rowOf("y", y)] }, loss);
  return scope(() => {
    const row = tensorOf(inputs[0]!);
    const wanted = tensorOf(target!);
    const { output, layers } = inMode(false, () => forward(model, row));
    checkTargets(loss, wanted.dtype, wanted.data(), 0, 1, wanted.size, output.size);
    const e = loss(output, wanted);
    if (e.size !== 1) throw new ShapeError(`explain: the loss gave shape ${showShape(e.shape)}, expected one number`);
    const found = gradients(e, fromValues([1], e.shape, "f32"));
    const after = lr === undefined ? undefined : step(model, found, lr);
    return withText({
      x: [...row.data()],
      y: [...wanted.data()],
      output: [...output.data()],
      loss: e.item(),
      layers: describe(layers, found, after),
      others: others(model, layers, found, after),
      ...(after === undefined ? {} : { lr: lr!, after: outcome(model, after, row, wanted, loss) }),
    });
  });
}

/** The numbers of one example. */
function rowOf(name: string, given: number | ArrayLike<number>): number[] {
  const row = typeof given === "number" ? [given] : Array.from(given ?? []);
  if (row.length === 0 || row.some((v) => typeof v !== "number"))
    throw new DataError(`explain: ${name} must be the numbers of one example, as [1, 0.5]; got ${JSON.stringify(given)}`);
  return row;
}

function tensorOf(c: Column): Tensor {
  return isTensor(c.values) ? c.values : fromValues(c.values, [c.rows, ...c.rowShape], c.dtype);
}

/** Stages in order, those of a Sequential inside another in its place. */
function* stagesOf(model: Module, path = ""): Generator<[string, Stage]> {
  if (typeOf(model) !== "Sequential") yield [path === "" ? "(model)" : path, model];
  else
    for (const [k, stage] of (model as Sequential).stages.entries()) {
      const at = path === "" ? String(k) : `${path}.${k}`;
      if (isModule(stage)) yield* stagesOf(stage, at);
      else yield [at, stage];
    }
}

const typeOf = (m: Module): string => (m.constructor as typeof Module).type;
const nameOf = (stage: Stage): string => (isModule(stage) ? stage.constructor.name : stage.name || "function");

/** Runs the stages one by one, and gets hold of what goes into and comes out of every layer. */
function forward(model: Module, row: Tensor): { output: Tensor; layers: Layer[] } {
  const layers: (Layer & { name: string })[] = [];
  let u = row;
  for (const [path, stage] of stagesOf(model)) {
    const layer = layers.at(-1);
    if (isModule(stage) && typeOf(stage) === "Linear") {
      const linear = stage as Linear;
      const sums = linear.forward(u);
      if (sums.rank !== 2)
        throw new ShapeError(`explain: ${path} (Linear) gives shape ${showShape(sums.shape)} for one example, expected (1, units)`);
      const probe = fromValues(new Float32Array(sums.size), sums.shape, "f32");
      probe.requiresGrad = true;
      const net = add(sums, probe);
      layers.push({ path, linear, name: "Linear", net, probe, input: u, output: net });
      u = net;
      continue;
    }
    u = isModule(stage) ? stage.forward(u) : stage(u);
    if (layer === undefined) continue;
    if (u.size !== layer.net.size)
      throw new OptionError(
        `explain: ${path} (${nameOf(stage)}) makes ${u.size} numbers of the ${layer.net.size} units of ${layer.path}; ` +
          "between layers it can follow stages that keep their number only",
      );
    layer.output = u;
    layer.name += `, ${nameOf(stage)}`;
  }
  if (layers.length === 0) throw new OptionError(`explain: takes a Sequential with at least one Linear, got ${nameOf(model)} without`);
  return { output: u, layers };
}

/** Every parameter's values after a step of gradient descent, in double precision: training rounds them to f32. */
function step(model: Module, found: ReadonlyMap<Tensor, Tensor>, lr: number): Map<Parameter, Float64Array> {
  return new Map(
    model.parameters().map((p) => {
      const g = gradientOf(p, found);
      return [p, Float64Array.from(p.data(), (w, k) => (g === undefined ? w : w - lr * g[k]!))];
    }),
  );
}

/** dE of a tensor: none where it is frozen, 0 where E does not depend on it. */
function gradientOf(t: Tensor, found: ReadonlyMap<Tensor, Tensor>): Float32Array | undefined {
  return t.requiresGrad ? ((found.get(t)?.data() as Float32Array | undefined) ?? new Float32Array(t.size)) : undefined;
}

/** The tables of the layers: plain numbers. */
function describe(layers: readonly Layer[], found: ReadonlyMap<Tensor, Tensor>, after: ReadonlyMap<Parameter, Float64Array> | undefined) {
  let first = 1;
  return layers.map(({ path, name, linear, net, probe, input, output }): ExplainedLayer => {
    const inputs = input.data();
    const [nets, activations, deltas] = [net.data(), output.data(), gradientOf(probe, found)!];
    const { weight, bias } = linear;
    const read = (p: Parameter) => ({ value: p.data(), gradient: gradientOf(p, found), updated: after?.get(p) });
    const [w, b] = [read(weight), bias === undefined ? undefined : read(bias)];
    const start = first + inputs.length;
    const item = (from: number, to: number, given: number, of: ReturnType<typeof read>, k: number) => ({
      from,
      to,
      input: given,
      value: of.value[k]!,
      ...(of.gradient === undefined ? {} : { gradient: of.gradient[k]! }),
      ...(of.updated === undefined ? {} : { updated: of.updated[k]! }),
    });
    const units = Array.from(
      nets,
      (sum, j): ExplainedUnit => ({
        unit: start + j,
        net: sum,
        activation: activations[j]!,
        delta: 0 - deltas[j]!,
        gradient: deltas[j]!,
        weights: [
          ...(b === undefined ? [] : [item(0, start + j, 1, b, j)]),
          ...Array.from(inputs, (v, i) => item(first + i, start + j, v, w, j * inputs.length + i)),
        ],
      }),
    );
    first = start;
    return { path, name, units };
  });
}

/** Parameters that are no weights between units, such as a slope or a norm's scale. */
function others(
  model: Module,
  layers: readonly Layer[],
  found: ReadonlyMap<Tensor, Tensor>,
  after: ReadonlyMap<Parameter, Float64Array> | undefined,
): ExplainedParameter[] {
  const shown = new Set<Parameter | undefined>(layers.flatMap(({ linear }) => [linear.weight, linear.bias]));
  return model.namedParameters().flatMap(([name, p]) => {
    if (shown.has(p)) return [];
    const [g, updated] = [gradientOf(p, found), after?.get(p)];
    return [
      {
        name,
        value: [...p.data()],
        ...(g === undefined ? {} : { gradient: [...g] }),
        ...(updated === undefined ? {} : { updated: [...updated] }),
      },
    ];
  });
}

/** What a copy with the new values gives for the same example. */
function outcome(model: Module, after: ReadonlyMap<Parameter, Float64Array>, row: Tensor, wanted: Tensor, loss: Loss) {
  const twin = model.clone();
  try {
    for (const [k, p] of twin.parameters().entries()) p.set(after.get(model.parameters()[k]!)!);
    const output = inMode(false, () => twin.forward(row));
    return { output: [...output.data()], loss: loss(output, wanted).item() };
  } finally {
    twin.dispose();
  }
}

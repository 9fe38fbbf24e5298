import { DisposedError, StateError } from "../core/errors";
import { isParameter, type Parameter } from "../nn/parameter";
import { showShape } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { checkRange } from "./check";
import type { Schedule, ScheduleConfig } from "./schedules";

export interface GroupOptions {
  /** Learning rate of 0 or more: a number, a function of the step, or a schedule as JSON. */
  lr?: number | Schedule | ScheduleConfig;
  /** Of 0 or more. Default 0, where the class does not say otherwise. */
  weightDecay?: number;
  /** Climb instead of descend. Default false. */
  maximize?: boolean;
}

/** What an optimizer takes: parameters, or groups of them with options of their own. */
export type Params<O extends GroupOptions> = Iterable<Parameter> | readonly ParameterGroup<O>[];

/** Some of the parameters, with options of their own; what is missing comes from the optimizer's. */
export type ParameterGroup<O extends GroupOptions> = { params: Iterable<Parameter> } & O;

export interface Group<O> {
  readonly params: readonly Parameter[];
  readonly options: O;
}

const isGroup = (x: unknown): boolean => typeof x === "object" && x !== null && !isParameter(x) && "params" in x;

/** The groups of an optimizer, every option filled in. Throws StateError, DisposedError. */
export function groupsOf<O extends GroupOptions>(
  name: string,
  given: Iterable<Parameter> | readonly ParameterGroup<O>[],
  defaults: O,
): Group<O>[] {
  const list = [...given] as (Parameter | ParameterGroup<O>)[];
  const grouped = list.length > 0 && isGroup(list[0]) ? (list as ParameterGroup<O>[]) : [{ params: list as Parameter[] }];
  const groups = grouped.map(({ params, ...rest }) => ({ params: [...params], options: { ...defaults, ...rest } as unknown as O }));
  const seen = new Set<Parameter>();
  for (const [k, g] of groups.entries())
    for (const [j, p] of g.params.entries()) {
      if (!isParameter(p)) throw new StateError(`${name}: item ${j} of group ${k} is not a Parameter; pass model.parameters()`);
      if (p.disposed) throw new DisposedError(`${name}: parameter ${j} ${showShape(p.shape)} of group ${k} was disposed`);
      if (seen.has(p)) throw new StateError(`${name}: a parameter ${showShape(p.shape)} appears twice`);
      seen.add(p);
    }
  if (seen.size === 0) throw new StateError(`${name}: got no parameters; pass model.parameters()`);
  return groups;
}

/** Options as JSON; a rate that is a function without config is left out. */
export function plainOptions(options: GroupOptions): Record<string, unknown> {
  const { lr, ...rest } = options;
  const rate = typeof lr === "function" ? lr.config : lr;
  return rate === undefined ? rest : { lr: rate, ...rest };
}

/** Throws OptionError for a rate or a decay that cannot be. */
export function checkOptions(name: string, { lr, weightDecay = 0 }: GroupOptions): void {
  if (typeof lr !== "function") checkRange(`${name}: lr`, lr as number | undefined, 0);
  checkRange(`${name}: weightDecay`, weightDecay, 0);
}

/** The gradients that backward() has left. Throws StateError where there are none. */
export function gradientsOf(params: readonly Parameter[]): Map<Tensor, Tensor> {
  const grads = new Map<Tensor, Tensor>();
  for (const p of params) if (p.grad !== undefined && p.requiresGrad) grads.set(p, p.grad);
  if (grads.size === 0) throw new StateError("step(): no parameter has a gradient; call backward() on a loss that uses them before");
  return grads;
}

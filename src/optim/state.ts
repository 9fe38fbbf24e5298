import { StateError } from "../core/errors";
import { heap } from "../core/runtime";
import type { Parameter } from "../nn/parameter";
import type { Tensor } from "../tensor/tensor";
import { type Group, type GroupOptions, plainOptions } from "./groups";
import { resolveSchedule, type ScheduleConfig } from "./schedules";

/** What an optimizer knows: JSON but for the Float32Arrays. */
export interface OptimizerState {
  /** The optimizer's type. */
  type: string;
  /** Steps done. */
  step: number;
  /** By number of the parameter, counted through all groups, and PyTorch's name: `exp_avg`, `momentum_buffer`, ... */
  state: Record<string, Record<string, Float32Array>>;
  /** Options of each group, the numbers of its parameters, and what it carries from step to step, such as powers of beta. */
  groups: { params: number[]; options: Record<string, unknown>; running: number[] }[];
}

type StateOf<T> = (p: Parameter, options: GroupOptions) => T;

export function saveState<O extends GroupOptions>(
  type: string,
  groups: readonly Group<O>[],
  stateOf: (p: Parameter, options: O) => readonly (readonly [string, Tensor])[],
  counters: Float64Array,
  running: number,
): OptimizerState {
  const saved: OptimizerState = { type, step: counters[0]!, state: {}, groups: [] };
  let number = 0;
  for (const [k, { params, options }] of groups.entries()) {
    const numbers = params.map(() => number++);
    for (const [j, p] of params.entries())
      saved.state[numbers[j]!] = Object.fromEntries(stateOf(p, options).map(([name, t]) => [name, t.data() as Float32Array]));
    const from = 1 + running * k;
    saved.groups.push({ params: numbers, options: plainOptions(options), running: [...counters.subarray(from, from + running)] });
  }
  return saved;
}

/** Checks a saved state against an optimizer; what it returns puts it in. Throws StateError, and OptionError from `check`. */
export function loadState(
  type: string,
  saved: OptimizerState,
  groups: readonly Group<GroupOptions>[],
  slots: (options: GroupOptions) => readonly string[],
  counters: Float64Array,
  running: number,
  check: (options: GroupOptions) => void,
): (stateOf: StateOf<readonly (Tensor | undefined)[]>) => void {
  if (saved.type !== type) throw new StateError(`loadStateDict: the state is of "${saved.type}", this optimizer is "${type}"`);
  if (saved.groups.length !== groups.length)
    throw new StateError(`loadStateDict: the state has ${saved.groups.length} groups, this optimizer ${groups.length}`);
  const options = groups.map((g, k) => {
    const { lr, ...rest } = saved.groups[k]!.options as GroupOptions;
    const merged = {
      ...g.options,
      ...rest,
      ...(lr === undefined ? {} : { lr: typeof lr === "object" ? resolveSchedule(lr as ScheduleConfig) : lr }),
    };
    check(merged);
    return merged;
  });
  for (const [k, { params }] of groups.entries()) {
    const numbers = saved.groups[k]!.params;
    if (numbers.length !== params.length)
      throw new StateError(`loadStateDict: group ${k} of the state has ${numbers.length} parameters, this optimizer's ${params.length}`);
    for (const [j, p] of params.entries())
      for (const name of slots(options[k]!)) {
        if (name === "") continue;
        const values = saved.state[numbers[j]!]?.[name];
        if (values?.length !== p.size)
          throw new StateError(
            `loadStateDict: ${name} of parameter ${numbers[j]} has ${values?.length ?? "no"} values, the parameter ${p.size}`,
          );
      }
  }
  return (stateOf) => {
    counters[0] = saved.step;
    for (const [k, g] of groups.entries()) {
      Object.assign(g.options, options[k]);
      counters.set(saved.groups[k]!.running, 1 + running * k);
      const names = slots(g.options);
      for (const [j, p] of g.params.entries())
        for (const [s, t] of stateOf(p, g.options).entries())
          if (t !== undefined) heap().f32.set(saved.state[saved.groups[k]!.params[j]!]![names[s]!]!, t.storage.address / 4);
    }
  };
}

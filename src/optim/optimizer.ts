import type { Op } from "../../assembly/opcodes";
import { checkWritable } from "../core/claims";
import { emit, type Opcode, type Ref } from "../core/emit";
import { DisposedError, OptionError } from "../core/errors";
import { heap } from "../core/runtime";
import { Buffer, type Parameter } from "../nn/parameter";
import { showShape } from "../tensor/shape";
import { BYTES, type Tensor } from "../tensor/tensor";
import { checkRange } from "./check";
import { type Clipped, NOT_CLIPPED } from "./clip";
import { checkOptions, type Group, type GroupOptions, gradientsOf, groupsOf, type ParameterGroup, plainOptions } from "./groups";
import { resolveSchedule, type Schedule, type ScheduleConfig } from "./schedules";
import { loadState, type OptimizerState, saveState } from "./state";

/** Numbers that advance with the steps: plain, so that they can be copied aside and put back. */
export type Counters = Float64Array;
/** Numbers a group may carry from step to step, such as powers of beta. */
export const RUNNING = 4;
/** Words of the row that one group takes: sign of the gradient, weight decay, and what the kernel of each kind wants. */
const WIDTH = 12;

/**
 * What optimizers share. An update is one instruction a group; what changes from step to step it reads from a row of numbers, which `advance` fills, so
 * that a recorded step runs many times without TypeScript. As in PyTorch, a parameter without a gradient is left alone, and with `maximize` the gradient's sign is
 * turned first. Bias corrections count the optimizer's steps; PyTorch's those of each parameter, which differs where one misses some.
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  /** Name in a JSON description. */
  static readonly type: string = "Optimizer";
  /** Options may be changed between steps, also during a run: they count from the next slice on. */
  readonly groups: readonly Group<O>[];
  /** Every parameter, group by group. */
  readonly parameters: readonly Parameter[];
  /** Steps done, and RUNNING numbers for each group: in an array, since numbers in an object are boxed anew at each step. */
  protected readonly counters: Counters;
  protected readonly states = new Map<Parameter, (Tensor | undefined)[]>();
  /** Rate that the first group's last step had: one number, in an array as the counters are. */
  readonly lastRate = new Float64Array(1);
  /** Rate of the group whose row is being filled. A number that a method returns is boxed where V8 does not inline the method, 16 bytes at every step. */
  protected readonly now = new Float64Array(1);
  private readonly shared: O;
  private hyper: Tensor | undefined;
  protected gone = false;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<O>[], defaults: O) {
    this.shared = defaults;
    this.groups = groupsOf(this.constructor.name, params, defaults);
    this.parameters = this.groups.flatMap((g) => g.params);
    this.counters = new Float64Array(1 + RUNNING * this.groups.length);
    for (const [k, { options }] of this.groups.entries()) {
      if (typeof options.lr === "object") options.lr = resolveSchedule(options.lr);
      checkOptions(this.constructor.name, options);
      this.check(options);
      this.counters.set(this.running(options), 1 + RUNNING * k);
    }
  }

  /** The update instruction. */
  protected abstract readonly op: Op;
  /** Whether weight decay shrinks the parameter by itself instead of adding to the gradient. */
  protected readonly decoupled: boolean = false;
  /** Throws OptionError for what cannot be. Called from the constructor. */
  protected abstract check(options: O): void;
  /** Names of the state tensors, PyTorch's, in the kernel's order; "" where these options need none. */
  protected abstract slots(options: O): readonly string[];
  /** Writes the numbers of step `stepCount + 1` for a group at `row[at...]`; its running numbers stand from `counters[running]` on. */
  protected abstract fill(options: O, running: number, row: Float32Array, at: number): void;

  /** One step of an optimizer that looks at several points: yields where it wants loss and, by emit(), gradients; returns the loss where it began. */
  search?(): Generator<void, number, number>;

  protected flags(_options: O): number {
    return 0;
  }

  /** What a state tensor holds at first. */
  protected initial(_options: O, _slot: number): number {
    return 0;
  }

  /** What a group's running numbers are at first. */
  protected running(_options: O): readonly number[] {
    return [];
  }

  protected range(name: string, value: number | undefined, low: number, high?: number, closed?: boolean): void {
    checkRange(`${this.constructor.name}: ${name}`, value, low, high, closed);
  }

  /** Steps done. */
  get stepCount(): number {
    return this.counters[0]!;
  }

  /** Options that make it again, for parameters in one group; a rate that is a function of the user's is left out. */
  get config(): { type: string } & Record<string, unknown> {
    return { type: (this.constructor as typeof Optimizer).type, ...plainOptions(this.shared) };
  }

  /** The rate of the next step, of the first group. Setting it sets all groups' from the next step (in a run: slice) on. */
  get lr(): number {
    return this.rate(this.groups[0]!.options);
  }

  set lr(rate: number | Schedule | ScheduleConfig) {
    const given = typeof rate === "object" ? resolveSchedule(rate) : rate;
    if (typeof given === "number") this.range("lr", given, 0);
    for (const { options } of this.groups) options.lr = given;
  }

  /** The rate of a group's next step. Throws OptionError for one that is negative or not finite. */
  protected rate(options: O): number {
    const lr = options.lr as number | Schedule;
    const rate = typeof lr === "function" ? lr(this.counters[0]!) : lr;
    if (!(rate >= 0 && rate < Infinity))
      throw new OptionError(`${this.constructor.name}: lr of step ${this.stepCount} must lie in [0, Infinity), got ${rate}`);
    return rate;
  }

  /** State of a parameter, made at first need. */
  stateOf(p: Parameter, options: O): readonly (Tensor | undefined)[] {
    let state = this.states.get(p);
    if (state === undefined) {
      if (this.gone) throw new DisposedError(`${this.constructor.name} was disposed`);
      // a Buffer starts at zero, and is given back when it is forgotten
      state = this.slots(options).map((name) => (name === "" ? undefined : new Buffer(p.shape)));
      for (const [k, t] of state.entries()) {
        const value = this.initial(options, k);
        if (t !== undefined && value !== 0) heap().f32.fill(value, t.storage.address / 4, t.storage.address / 4 + t.size);
      }
      this.states.set(p, state);
    }
    return state;
  }

  /** All state tensors there are. */
  get state(): Tensor[] {
    return [...this.states.values()].flat().filter((t) => t !== undefined);
  }

  /** Items of each state tensor that there will be, at most. */
  get stateSizes(): number[] {
    return this.groups.flatMap((g) => g.params.flatMap((p) => this.slots(g.options).map((name) => (name === "" ? 0 : p.size))));
  }

  /** Words of the row all groups take. */
  get rowWords(): number {
    return this.groups.length * WIDTH;
  }

  /** Puts down one update instruction a group, for the parameters that have a gradient. `row` is where `advance` writes. */
  emit(grads: ReadonlyMap<Tensor, Tensor>, row: Ref, { scale, limit }: Clipped = NOT_CLIPPED): void {
    this.alive();
    for (const [k, { params, options }] of this.groups.entries()) {
      const records: (Ref | number)[] = [];
      for (const p of params) {
        const g = grads.get(p);
        if (g === undefined) continue;
        const [a, b, c] = this.stateOf(p, options);
        records.push(p.ref, g.ref, a?.ref ?? 0, b?.ref ?? 0, c?.ref ?? 0, p.size);
      }
      const hyper = { storage: row.storage, offset: row.offset + BYTES.f32 * k * WIDTH };
      if (records.length > 0) emit(this.op as Opcode, hyper, scale, limit, this.flags(options), ...records);
    }
  }

  /** Writes the numbers of the next step and counts it. */
  advance(row: Float32Array, at: number): void {
    for (let k = 0; k < this.groups.length; k++) {
      const { options } = this.groups[k]!;
      const begin = at + k * WIDTH;
      row[begin] = options.maximize === true ? -1 : 1;
      row[begin + 1] = this.decoupled ? 0 : options.weightDecay!;
      const { lr } = options;
      this.now[0] = typeof lr === "number" && lr >= 0 && lr < Infinity ? lr : this.rate(options);
      if (k === 0) this.lastRate[0] = this.now[0]!;
      this.fill(options, 1 + RUNNING * k, row, begin + 2);
    }
    this.counters[0]!++;
  }

  /** A copy of the counters, to be put back by restore(). */
  snapshot(into: Counters = new Float64Array(this.counters.length)): Counters {
    for (let k = 0; k < into.length; k++) into[k] = this.counters[k]!;
    return into;
  }

  restore(counters: Counters): void {
    this.counters.set(counters);
  }

  /** Everything a run needs to go on where this one is, like PyTorch's: state by parameter number and name, options by group. Arrays are copies. */
  stateDict(): OptimizerState {
    this.alive();
    const stateOf = (p: Parameter, options: O) =>
      this.slots(options).flatMap((name, k) => (name === "" ? [] : [[name, this.stateOf(p, options)[k]!] as const]));
    return saveState((this.constructor as typeof Optimizer).type, this.groups, stateOf, this.counters, RUNNING);
  }

  /** Goes on from a stateDict() of the same kind over parameters of the same sizes; else StateError, and nothing has changed. */
  loadStateDict(saved: OptimizerState): void {
    this.alive();
    const name = (this.constructor as typeof Optimizer).type;
    const slots = (o: GroupOptions) => this.slots(o as O);
    const apply = loadState(name, saved, this.groups, slots, this.counters, RUNNING, (o) => {
      checkOptions(this.constructor.name, o);
      this.check(o as O);
    });
    checkWritable(this.state.map((t) => t.storage));
    for (const t of this.state) t.dispose();
    this.states.clear();
    apply((p, options) => this.stateOf(p, options as O));
  }

  /**
   * One update from the parameters' `grad`. With a closure that computes loss and gradients anew (zeroGrad, forward, backward), it is called first, and its loss
   * returned.
   */
  step(closure?: () => number | Tensor): number | undefined {
    this.alive();
    const given = closure?.();
    const grads = gradientsOf(this.parameters);
    this.hyper ??= new Buffer([Math.max(4, this.rowWords)]);
    const ref = this.hyper.ref;
    this.advance(heap().f32, ref.storage.address / 4);
    this.emit(grads, ref);
    for (const p of grads.keys()) p.storage.version++;
    return typeof given === "object" ? given.item() : given;
  }

  /** Drops the gradients of all its parameters. */
  zeroGrad(): void {
    for (const p of this.parameters) p.grad = void p.grad?.dispose();
  }

  protected alive(): void {
    if (this.gone) throw new DisposedError(`${this.constructor.name} was disposed`);
    for (const [k, p] of this.parameters.entries())
      if (p.disposed)
        throw new DisposedError(`${this.constructor.name}: parameter ${k} ${showShape(p.shape)} was disposed; make a new optimizer`);
  }

  /** Gives its state back; the parameters stay. */
  dispose(): void {
    this.gone = true;
    for (const t of this.state) t.dispose();
    this.states.clear();
    this.hyper?.dispose();
  }
}

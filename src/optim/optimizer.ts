import type { Ref } from "../core/emit";
import { DisposedError, OptionError, StateError } from "../core/errors";
import { heap } from "../core/runtime";
import { isParameter, type Parameter } from "../nn/parameter";
import { showShape } from "../tensor/shape";
import { BYTES, own, pinned, type Tensor } from "../tensor/tensor";

/** A number for each step, counted from 0. */
export type Schedule = (step: number) => number;

export interface GroupOptions {
  /** Learning rate, or a function of the step. */
  lr?: number | Schedule;
  weightDecay?: number;
}

export type ParameterGroup<O extends GroupOptions> = { params: Iterable<Parameter> } & O;

export interface Group<O> {
  readonly params: readonly Parameter[];
  readonly options: O;
}

/** Numbers that advance with the steps: plain, so that they can be copied aside and put back. */
export type Counters = Record<string, number>;

/**
 * What optimizers share. An update is one instruction a group; what changes from step to step it reads from a row of numbers, which `advance` fills, so
 * that a recorded step runs many times without TypeScript.
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  /** Name in a JSON description. */
  static readonly type: string = "Optimizer";
  readonly groups: readonly Group<O>[];
  /** Every parameter, group by group. */
  readonly parameters: readonly Parameter[];
  protected readonly counters: Counters = { step: 0 };
  private readonly states = new Map<Parameter, Tensor[]>();
  private hyper: Tensor | undefined;
  private gone = false;

  /** Words of the row that one group takes, a multiple of four. */
  abstract readonly width: number;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<O>[], defaults: O) {
    const list = [...params] as (Parameter | ParameterGroup<O>)[];
    const groups = list.length > 0 && isGroup(list[0]) ? (list as ParameterGroup<O>[]) : [{ ...defaults, params: list as Parameter[] }];
    this.groups = groups.map(({ params: given, ...rest }) => ({ params: [...given], options: { ...defaults, ...rest } as unknown as O }));
    const seen = new Set<Parameter>();
    for (const [k, g] of this.groups.entries())
      for (const [j, p] of g.params.entries()) {
        if (!isParameter(p))
          throw new StateError(`${this.constructor.name}: item ${j} of group ${k} is not a Parameter; pass model.parameters()`);
        if (p.disposed)
          throw new DisposedError(`${this.constructor.name}: parameter ${j} ${showShape(p.shape)} of group ${k} was disposed`);
        if (seen.has(p)) throw new StateError(`${this.constructor.name}: a parameter ${showShape(p.shape)} appears twice`);
        seen.add(p);
      }
    this.parameters = [...seen];
    if (seen.size === 0) throw new StateError(`${this.constructor.name}: got no parameters; pass model.parameters()`);
  }

  /** Steps done. */
  get stepCount(): number {
    return this.counters.step!;
  }

  /** How many tensors of state a parameter has under these options. */
  protected abstract stateCount(options: O): number;
  /** The update of one group: parameters with their gradients and states. */
  protected abstract update(options: O, list: readonly { p: Tensor; g: Tensor; state: readonly Tensor[] }[], hyper: Ref): void;
  /** Writes the numbers of step `counters.step + 1` for a group at `row[at...]`. */
  protected abstract fill(options: O, group: number, row: Float32Array, at: number): void;

  protected rate(options: O): number {
    const { lr } = options;
    return typeof lr === "function" ? lr(this.counters.step!) : lr!;
  }

  /** State of a parameter, made at first need; zeros. */
  stateOf(p: Parameter, options: O): readonly Tensor[] {
    let state = this.states.get(p);
    if (state === undefined) {
      if (this.gone) throw new DisposedError(`${this.constructor.name} was disposed`);
      state = Array.from({ length: this.stateCount(options) }, () => {
        const t = own(pinned(p.shape, "state"));
        const at = t.storage.address / 4;
        heap().f32.fill(0, at, at + t.size);
        return t;
      });
      this.states.set(p, state);
    }
    return state;
  }

  /** All state tensors there are. */
  get state(): Tensor[] {
    return [...this.states.values()].flat();
  }

  /** Words of the row all groups take. */
  get rowWords(): number {
    return this.groups.length * this.width;
  }

  /** Puts down one update instruction a group, for the parameters that have a gradient. `row` is where `advance` writes. */
  emit(grads: ReadonlyMap<Tensor, Tensor>, row: Ref): void {
    this.check();
    for (const [k, { params, options }] of this.groups.entries()) {
      const list = params.filter((p) => grads.has(p)).map((p) => ({ p, g: grads.get(p)!, state: this.stateOf(p, options) }));
      if (list.length > 0) this.update(options, list, { storage: row.storage, offset: row.offset + BYTES.f32 * k * this.width });
    }
  }

  /** Writes the numbers of the next step and counts it. */
  advance(row: Float32Array, at: number): void {
    for (let k = 0; k < this.groups.length; k++) this.fill(this.groups[k]!.options, k, row, at + k * this.width);
    this.counters.step!++;
  }

  /** The counters, to be put back by restore(). */
  snapshot(): Counters {
    return { ...this.counters };
  }

  restore(counters: Counters): void {
    Object.assign(this.counters, counters);
  }

  /** One update from the parameters' `grad`. */
  step(): void {
    this.check();
    const grads = new Map<Tensor, Tensor>();
    for (const p of this.parameters) if (p.grad !== undefined && p.requiresGrad) grads.set(p, p.grad);
    if (grads.size === 0) throw new StateError("step(): no parameter has a gradient; call backward() on a loss that uses them before");
    this.hyper ??= own(pinned([Math.max(4, this.rowWords)], "state"));
    const ref = this.hyper.ref;
    this.advance(heap().f32, ref.storage.address / 4);
    this.emit(grads, ref);
    for (const p of grads.keys()) p.storage.version++;
  }

  /** Drops the gradients of all its parameters. */
  zeroGrad(): void {
    for (const p of this.parameters) {
      p.grad?.dispose();
      p.grad = undefined;
    }
  }

  private check(): void {
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

const isGroup = (x: unknown): boolean => typeof x === "object" && x !== null && !isParameter(x) && "params" in x;

/** Throws OptionError unless low <= value < high (or <= high where closed). */
export function checkRange(what: string, value: number, low: number, high = Infinity, closed = false): void {
  if (!(value >= low && (closed ? value <= high : value < high)))
    throw new OptionError(`${what} must lie in [${low}, ${high}${closed ? "]" : ")"}, got ${value}`);
}

/** Throws OptionError for a learning rate that is negative or not a number. */
export function checkRate(what: string, lr: number | Schedule | undefined): void {
  if (typeof lr !== "function") checkRange(`${what}: lr`, lr ?? NaN, 0);
}

import { Op } from "../../assembly/opcodes";
import type { Ref } from "../core/emit";
import { NonFiniteError, OptionError, StateError } from "../core/errors";
import type { Buffer, Parameter } from "../nn/parameter";
import type { Tensor } from "../tensor/tensor";
import { type Clipped, NOT_CLIPPED } from "./clip";
import { Curvature } from "./curvature";
import { Flat } from "./flat";
import { type GroupOptions, gradientsOf } from "./groups";
import { type Point, strongWolfe } from "./linesearch";
import { Optimizer } from "./optimizer";
import type { OptimizerState } from "./state";

export interface LBFGSOptions extends Pick<GroupOptions, "lr"> {
  /** Iterations a step. Default 20. */
  maxIter?: number;
  /** Evaluations a step, at most. Default maxIter * 1.25. */
  maxEval?: number;
  /** Ends a step where no item of the gradient is larger. Default 1e-7. */
  toleranceGrad?: number;
  /** Ends a step where loss or parameters change by less. Default 1e-9. */
  toleranceChange?: number;
  /** Pairs of differences kept. Default 100. */
  historySize?: number;
  /** Search along each direction; by default a step of lr is taken. */
  lineSearchFn?: "strong_wolfe" | null;
}

/** Where the numbers of the running direction stand in `counters`. */
const [ITERATIONS, SCALE, STEP, LOSS] = [1, 2, 3, 4];
/** A search along a line ends where its bracket is so short: PyTorch's, not an option there either. */
const LINE_TOLERANCE = 1e-9;

/**
 * Limited-memory BFGS (Nocedal & Wright, algorithms 7.4 and 7.5) as torch.optim.LBFGS, for full batches: each step does up to `maxIter` iterations and evaluates the loss
 * several times, so step() takes a closure, fit() wants { batchSize: "all" } and trainStep() is as usual. One group; weight decay belongs into the loss. Default lr 1.
 *
 * Other than torch's, a point on the line whose loss is not finite counts as too far away, and where no line search is there to step back from it, the step ends with
 * NonFiniteError, the parameters being as before that iteration.
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  static override readonly type: string = "lbfgs";
  protected readonly op: Op = Op.AXPY;
  private readonly flat: Flat;
  private readonly curvature: Curvature;
  /** Gradient, the one before, direction, parameters where an iteration began. */
  private vectors: { g: Buffer; before: Buffer; d: Buffer; x: Buffer } | undefined;

  constructor(params: Iterable<Parameter>, options: LBFGSOptions = {}) {
    const maxIter = options.maxIter ?? 20;
    const defaults = { lr: 1, maxEval: Math.floor(maxIter * 1.25), toleranceGrad: 1e-7, toleranceChange: 1e-9, historySize: 100 };
    super(params, { ...defaults, lineSearchFn: null, ...options, maxIter });
    if (this.groups.length > 1) throw new OptionError("LBFGS takes one group of parameters; pass model.parameters()");
    this.flat = new Flat(this.parameters);
    this.curvature = new Curvature(this.flat);
  }

  protected check(o: LBFGSOptions): void {
    for (const name of ["maxIter", "maxEval", "historySize"] as const)
      if (!(Number.isInteger(o[name]) && o[name]! >= 1))
        throw new OptionError(`LBFGS: ${name} must be a whole number of 1 or more, got ${o[name]}`);
    this.range("toleranceGrad", o.toleranceGrad, 0);
    this.range("toleranceChange", o.toleranceChange, 0);
    if (o.lineSearchFn !== null && o.lineSearchFn !== "strong_wolfe")
      throw new OptionError(`LBFGS: lineSearchFn must be "strong_wolfe" or null, got ${JSON.stringify(o.lineSearchFn)}`);
    const { weightDecay = 0, maximize = false } = o as GroupOptions;
    if (weightDecay !== 0 || maximize) throw new OptionError("LBFGS has neither weightDecay nor maximize; put them into the loss");
  }

  protected slots(): readonly string[] {
    return [];
  }

  override get stateSizes(): number[] {
    return Array.from({ length: 4 + 2 * this.groups[0]!.options.historySize! }, () => this.flat.size);
  }

  /** Steps are counted at their end; no row tells them apart. */
  override advance(): void {}
  protected fill(): void {}

  private get own() {
    const { flat } = this;
    this.vectors ??= { g: flat.vector(), before: flat.vector(), d: flat.vector(), x: flat.vector() };
    return this.vectors;
  }

  /** Puts down copies of the gradients to where search() looks for them; 0 for parameters that have none. */
  override emit(grads: ReadonlyMap<Tensor, Tensor>, _row: Ref, { scale, limit }: Clipped = NOT_CLIPPED): void {
    this.alive();
    if (scale !== 0 || limit !== Infinity) throw new OptionError("LBFGS needs gradients as they are: leave clip out");
    this.flat.gather(this.own.g, grads);
  }

  override step(closure?: () => number | Tensor): number {
    if (closure === undefined)
      throw new OptionError(
        "LBFGS: step() takes a function that computes loss and gradients anew: zeroGrad(), forward, backward(), and returns the loss",
      );
    const run = this.search();
    try {
      let asked = run.next();
      while (asked.done !== true) {
        const loss = closure();
        this.emit(gradientsOf(this.parameters), this.own.g.ref);
        asked = run.next(typeof loss === "object" ? loss.item() : loss);
      }
      return asked.value;
    } finally {
      run.return(Number.NaN);
    }
  }

  /** One step: yields where it wants the loss, and the gradients by emit(), at the parameters as they are then; returns the first loss. */
  override *search(): Generator<void, number, number> {
    this.alive();
    let whole = false;
    try {
      const first = yield;
      yield* this.iterations(first);
      this.counters[0]!++;
      whole = true;
      return first;
    } finally {
      // what an unfinished step has gathered does not fit together
      if (!whole) this.forget();
    }
  }

  private *iterations(first: number): Generator<void, void, number> {
    const o = this.groups[0]!.options;
    const { flat, counters } = this;
    const { g, before, d, x } = this.own;
    const lr = this.rate(o);
    this.lastRate[0] = lr;
    let loss = this.finite(first, "loss", 0);
    let evaluations = 1;
    this.finite(flat.dot(g, g), "gradient", 0);
    if (flat.largest(g) <= o.toleranceGrad!) return;
    for (let k = 1; k <= o.maxIter!; k++) {
      this.direct(o.historySize!);
      flat.axpy(before, 1, g);
      counters[LOSS!] = loss;
      let t = counters[ITERATIONS!]!++ === 0 ? Math.min(1, 1 / flat.length1(g)) * lr : lr;
      counters[STEP!] = t;
      const [slope, size] = [flat.dot(g, d), flat.largest(d)];
      if (slope > -o.toleranceChange!) return;
      flat.read(x);
      if (o.lineSearchFn === "strong_wolfe") {
        const line = strongWolfe({ t: 0, loss, slope }, t, size, LINE_TOLERANCE);
        let [asked, last] = [line.next(), Number.NaN];
        for (; asked.done !== true; evaluations++) {
          last = asked.value;
          flat.move(x, d, last);
          asked = line.next(this.point(last, yield));
        }
        ({ t, loss } = asked.value);
        if (t !== last) {
          flat.move(x, d, t);
          yield;
        }
      } else {
        flat.move(x, d, t);
        // the next step begins by looking at this point
        if (k === o.maxIter) return;
        const next = yield;
        evaluations++;
        const squares = flat.dot(g, g);
        if (!Number.isFinite(next) || !Number.isFinite(squares)) flat.move(x, d, 0);
        loss = this.finite(next, "loss", k);
        this.finite(squares, "gradient", k);
      }
      counters[STEP!] = t;
      const still = t * size <= o.toleranceChange! || Math.abs(loss - counters[LOSS!]!) < o.toleranceChange!;
      if (still || evaluations >= o.maxEval! || flat.largest(g) <= o.toleranceGrad!) return;
    }
  }

  /** A point of the line whose loss and gradients have just been computed. */
  private point(t: number, loss: number): Point {
    const slope = this.flat.dot(this.own.g, this.own.d);
    return Number.isFinite(loss) && Number.isFinite(slope) ? { t, loss, slope } : { t, loss: Infinity, slope };
  }

  /** d = - H g, after taking the last iteration's differences in. */
  private direct(most: number): void {
    const { flat, curvature, counters } = this;
    const { g, before, d } = this.own;
    const begins = counters[ITERATIONS!] === 0;
    if (begins) {
      this.forget();
      counters[SCALE!] = 1;
    } else counters[SCALE!] = curvature.learn(g, before, d, counters[STEP!]!, most) ?? counters[SCALE!]!;
    flat.axpy(d, -1, g);
    if (!begins) curvature.apply(d, counters[SCALE!]!);
  }

  private finite(value: number, what: string, iteration: number): number {
    if (Number.isFinite(value)) return value;
    throw new NonFiniteError(
      `LBFGS: the ${what} became ${value} in iteration ${iteration} of step ${this.stepCount + 1}; lower lr, or pass { lineSearchFn: "strong_wolfe" }. ` +
        "The parameters are as before that iteration.",
      this.stepCount,
      "optimizer",
      "",
    );
  }

  /** Begins anew: the next direction is the gradient's. */
  private forget(): void {
    this.curvature.clear();
    this.counters.fill(0, ITERATIONS!);
  }

  override stateDict(): OptimizerState {
    const saved = super.stateDict();
    const { d, before } = this.own;
    const vectors: [string, Tensor][] = [["d", d], ["prev_flat_grad", before], ...this.curvature.save()];
    saved.state[0] = Object.fromEntries(vectors.map(([name, t]) => [name, t.data() as Float32Array]));
    return saved;
  }

  override loadStateDict(saved: OptimizerState): void {
    const given = saved.state[0] ?? {};
    for (const name of ["d", "prev_flat_grad", ...Object.keys(given)])
      if (given[name]?.length !== this.flat.size)
        throw new StateError(`loadStateDict: ${name} has ${given[name]?.length ?? "no"} values, the parameters ${this.flat.size}`);
    super.loadStateDict(saved);
    this.curvature.load(given);
    this.own.d.set(given.d!);
    this.own.before.set(given.prev_flat_grad!);
  }

  override dispose(): void {
    super.dispose();
    this.forget();
    for (const v of Object.values(this.vectors ?? {})) v.dispose();
  }
}

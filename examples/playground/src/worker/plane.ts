import { manualSeed, type Optimizer, type Predictor, predictor, type Sequential, type TrainStep, trainStep } from "neurite";
import { GRID, type PlaneFrame, type PlaneStart, type Points, UNIT_GRID } from "../shared/messages";
import type { PlaneSettings } from "../shared/settings";
import { cells } from "./grid";
import { build, Probe, Scorer, scheduleOf, weightsOf } from "./network";
import { makeOptimizer } from "./optimizers";
import { trainAndTest } from "./points";
import { shuffled, uniform } from "./random";

const FINE = cells(GRID);
const COARSE = cells(UNIT_GRID);

/** Batches of rows in a new order each epoch, one after the other without end; each of the same size. */
class Batches {
  private order: number[] = [];
  private at = 0;
  readonly x: Float32Array;
  readonly y: Float32Array;

  constructor(
    private readonly points: Points,
    readonly size: number,
    private readonly random: () => number,
  ) {
    this.x = new Float32Array(2 * size);
    this.y = new Float32Array(size);
  }

  next(): void {
    const { xy, labels } = this.points;
    for (let k = 0; k < this.size; k++) {
      if (this.at === this.order.length) {
        this.order = shuffled(labels.length, this.random);
        this.at = 0;
      }
      const row = this.order[this.at++]!;
      this.x.set(xy.subarray(2 * row, 2 * row + 2), 2 * k);
      this.y[k] = labels[row]!;
    }
  }
}

/** One network in training on points of the plane. */
export class Plane {
  private readonly train: Points;
  private readonly test: Points;
  private readonly model: Sequential;
  private readonly step: TrainStep;
  private readonly batches: Batches;
  private readonly optimizer: Optimizer;
  private rate: (step: number) => number;
  private readonly region: Predictor;
  private readonly units: Predictor;
  private readonly scorers: { train: Scorer; test: Scorer | undefined };
  private steps = 0;

  constructor(settings: PlaneSettings) {
    ({ train: this.train, test: this.test } = trainAndTest(settings));
    const rows = this.train.labels.length;
    if (rows < 2) throw new RangeError("Draw some points first: click or tap the picture, one class after the other.");
    manualSeed(settings.seed);
    this.model = build(settings);
    this.rate = scheduleOf(settings);
    this.optimizer = makeOptimizer(settings.optimizer, this.model.parameters(), this.rate);
    const penalty = settings.l2 > 0 && settings.optimizer !== "lbfgs" ? { regularization: { l2: settings.l2 } } : {};
    this.step = trainStep(this.model, { loss: "bceWithLogits", optimizer: this.optimizer, ...penalty });
    const wanted = { one: 1, some: Math.min(settings.batchSize, rows), all: rows }[settings.batch];
    this.batches = new Batches(this.train, settings.optimizer === "lbfgs" ? rows : wanted, uniform(settings.seed + 77));
    this.region = predictor(this.model, { batch: GRID * GRID });
    this.units = predictor(new Probe(this.model), { batch: UNIT_GRID * UNIT_GRID, inputShape: [2] });
    const hasTest = this.test.labels.length > 0;
    this.scorers = { train: new Scorer(this.model, this.train), test: hasTest ? new Scorer(this.model, this.test) : undefined };
  }

  start(): PlaneStart {
    return { train: this.train, test: this.test, frame: this.frame() };
  }

  /** Another rate for the steps to come; the network goes on. */
  setRate(settings: PlaneSettings): void {
    this.rate = scheduleOf(settings);
    this.optimizer.lr = this.rate;
  }

  /** So many steps, but not for longer than this; then a picture of where it is. */
  advance(steps: number, milliseconds: number): PlaneFrame {
    const until = performance.now() + milliseconds;
    const { batches } = this;
    const x = { data: batches.x, shape: [batches.size, 2] };
    const y = { data: batches.y, shape: [batches.size, 1] };
    for (let k = 0; k < steps && performance.now() < until; k++) {
      batches.next();
      this.step(x, y);
      this.steps++;
    }
    return this.frame();
  }

  private frame(): PlaneFrame {
    const test = this.scorers.test?.score();
    return {
      step: this.steps,
      epoch: (this.steps * this.batches.size) / this.train.labels.length,
      lr: this.rate(this.steps),
      train: this.scorers.train.score(),
      ...(test === undefined ? {} : { test }),
      region: this.region(FINE),
      units: columns(this.units(COARSE), UNIT_GRID * UNIT_GRID),
      weights: weightsOf(this.model),
    };
  }

  dispose(): void {
    for (const owner of [this.step, this.optimizer, this.region, this.units, this.scorers.train, this.scorers.test, this.model])
      owner?.dispose();
  }
}

/** A row-major matrix by columns, without its last one, the output. */
function columns(values: Float32Array, rows: number): Float32Array[] {
  const width = values.length / rows;
  return Array.from({ length: width - 1 }, (_, c) => Float32Array.from({ length: rows }, (_, r) => values[r * width + c]!));
}

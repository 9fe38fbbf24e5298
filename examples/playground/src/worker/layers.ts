import { manualSeed, mlp, type Predictor, predictor, type Sequential, type TrainStep, trainStep } from "neurite";
import { GRID, type LayersFrame, type Points } from "../shared/messages";
import type { LayersSettings } from "../shared/settings";
import { cells } from "./grid";
import { Scorer } from "./network";
import { makePoints } from "./points";

const CELLS = cells(GRID);
const COUNT = 200;

class Net {
  private readonly model: Sequential;
  private readonly step: TrainStep;
  private readonly region: Predictor;
  private readonly scorer: Scorer;

  constructor(
    sizes: readonly number[],
    private readonly points: Points,
    seed: number,
  ) {
    manualSeed(seed);
    this.model = mlp(sizes, { activation: "sigmoid", init: "glorotUniform" });
    this.step = trainStep(this.model, { loss: "bceWithLogits", optimizer: { type: "adam", lr: 0.05 } });
    this.region = predictor(this.model, { batch: GRID * GRID });
    this.scorer = new Scorer(this.model, points);
  }

  advance(steps: number): void {
    const { xy, labels } = this.points;
    const y = { data: Float32Array.from(labels), shape: [labels.length, 1] };
    for (let k = 0; k < steps; k++) this.step({ data: xy, shape: [labels.length, 2] }, y);
  }

  frame(): LayersFrame["networks"][number] {
    const parameters = this.model.parameters().reduce((n, p) => n + p.size, 0);
    return { region: this.region(CELLS), accuracy: this.scorer.score().accuracy, parameters };
  }

  dispose(): void {
    for (const owner of [this.step, this.region, this.scorer, this.model]) owner.dispose();
  }
}

/** Networks of one, two and three layers, learning the same points by the same steps. */
export class LayersLesson {
  private readonly points: Points;
  private readonly nets: Net[];
  private steps = 0;

  constructor({ data, noise, seed, units }: LayersSettings) {
    this.points = makePoints({ data, noise, seed, count: COUNT, margin: 0.2, drawn: [] });
    const shapes = [
      [2, 1],
      [2, units, 1],
      [2, units, units, 1],
    ];
    this.nets = shapes.map((sizes) => new Net(sizes, this.points, seed));
  }

  start(): { points: Points; frame: LayersFrame } {
    return { points: this.points, frame: this.frame() };
  }

  advance(steps: number): LayersFrame {
    for (const net of this.nets) net.advance(steps);
    this.steps += steps;
    return this.frame();
  }

  private frame(): LayersFrame {
    return { step: this.steps, networks: this.nets.map((n) => n.frame()) };
  }

  dispose(): void {
    for (const net of this.nets) net.dispose();
  }
}

import { Perceptron, type TraceRow } from "neurite";
import type { PerceptronEpoch, PerceptronRun, PerceptronStart, Points } from "../shared/messages";
import type { PerceptronSettings } from "../shared/settings";
import { LINE, makePoints } from "./points";

/** One threshold unit, learning by Rosenblatt's rule. */
export class PerceptronLesson {
  private readonly points: Points;
  private readonly unit: Perceptron;

  constructor(private readonly settings: PerceptronSettings) {
    this.points = makePoints(settings);
    if (this.points.labels.length < 2) throw new RangeError("Draw some points first: click or tap the picture, one class after the other.");
    this.unit = new Perceptron(2, 1, settings.start === "zero" ? { weights: [0, 0, 0] } : { seed: settings.seed });
  }

  private get data() {
    const { xy, labels } = this.points;
    return { x: { data: xy, shape: [labels.length, 2] }, y: labels };
  }

  private get weights(): number[] {
    return this.unit.weights[0]!;
  }

  start(): PerceptronStart {
    const bound = this.settings.data === "linear" && this.settings.start === "zero" ? novikoff(this.points) : undefined;
    return { points: this.points, weights: this.weights, ...(bound === undefined ? {} : { bound }) };
  }

  /** Shows every example once, and tells of each what became of the weights. */
  async epoch(): Promise<PerceptronEpoch> {
    const rows: PerceptronEpoch["rows"] = [];
    const trace = ({ x, y, u, w }: TraceRow) => void rows.push({ x: x[1]!, y: x[2]!, wrong: y[0] !== u[0], weights: w[0]! });
    const { mistakes } = await this.unit.learn(this.data, { c: this.settings.c, epochs: 1, trace });
    return { rows, mistakes };
  }

  /** On to the end, or for so many epochs. */
  async run(epochs: number): Promise<PerceptronRun> {
    const { converged, message, history } = await this.unit.learn(this.data, { c: this.settings.c, epochs });
    return { converged, message, history, weights: this.weights };
  }

  dispose(): void {
    this.unit.dispose();
  }
}

/** (R / gamma)^2 for the line the points were made with, as a vector of length 1 with its bias; undefined where it does not part them. */
function novikoff({ xy, labels }: Points): number | undefined {
  const length = Math.hypot(1, LINE.offset);
  let [radius, margin] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < labels.length; k++) {
    const [x, y] = [xy[2 * k]!, xy[2 * k + 1]!];
    radius = Math.max(radius, Math.hypot(1, x, y));
    margin = Math.min(margin, ((labels[k] === 1 ? 1 : -1) * (LINE.n[0] * x + LINE.n[1] * y - LINE.offset)) / length);
  }
  return margin > 0 ? Math.floor((radius / margin) ** 2) : undefined;
}

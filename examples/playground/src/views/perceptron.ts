import type { PerceptronEpoch } from "../shared/messages";
import { initialSettings, type PerceptronSettings } from "../shared/settings";
import { Curves, chart } from "./curves";
import { button, calm, card, count, el, nextFrame, short } from "./dom";
import { sidesOf, strokeLine } from "./line";
import { css, palette } from "./palette";
import { perceptronForm, RULE } from "./perceptron-form";
import { PointPicture } from "./point-picture";
import { readouts } from "./readouts";
import { toPixel } from "./region";
import { Transport } from "./transport";
import type { Host, View } from "./view";

/** Epochs of "run on". */
const MANY = 1000;

/** A threshold unit that learns from its mistakes, one example after the other. */
export class PerceptronView implements View {
  readonly tab = "perceptron";
  readonly settings: PerceptronSettings = initialSettings("perceptron");
  readonly element: HTMLElement;
  private readonly transport: Transport;
  private readonly form: ReturnType<typeof perceptronForm>;
  private readonly points: PointPicture;
  private readonly figures = readouts("Epoch", "Examples shown", "Mistakes", "Mistakes in the last epoch");
  private readonly verdict = el("p", { class: "verdict", role: "status" });
  private readonly formula = el("p", { class: "formula" });
  private readonly curve = new Curves({ title: "Mistakes of each epoch", x: "epochs" }, [{ name: "mistakes", colour: (p) => css(p.a) }]);
  private run = 0;
  private started: Promise<void> = Promise.resolve();
  /** Examples shown in the worker, but not yet here. */
  private queue: PerceptronEpoch["rows"] = [];
  private weights: number[] = [0, 0, 0];
  private before: number[] | undefined;
  private now: { x: number; y: number; wrong: boolean } | undefined;
  private count = { epoch: 0, shown: 0, mistakes: 0, inEpoch: 0, last: Number.NaN };
  private bound: number | undefined;
  private done = false;

  constructor(private readonly host: Host) {
    this.form = perceptronForm(this.settings, (name) => this.change(name));
    this.points = new PointPicture("Points and the separating line", this.settings, () => this.change("drawn"));
    this.points.over = (g, size) => this.drawOver(g, size);
    this.transport = new Transport(
      { play: (on) => on && void this.play(), step: () => void this.showNext(1, true), reset: () => void this.start() },
      button(`Run ${count(MANY)} epochs`, () => void this.runOn()),
      this.form.speed,
    );
    this.element = el(
      "div",
      { class: "two-tab" },
      el("div", { class: "bar" }, this.transport.element, this.figures.element),
      card(
        "The separating line",
        { class: "region-card" },
        this.points.picture.canvas,
        this.points.pens,
        el("p", { class: "caption" }, "A mistake moves the line: from the dashed place to the full one. The ring is the example shown."),
      ),
      el(
        "div",
        { class: "side" },
        card("What happens", {}, this.verdict, this.formula, chart("Mistakes of each epoch", this.curve)),
        card("Settings", {}, this.form.element),
        card("The rule", {}, el("p", { class: "text" }, RULE)),
      ),
    );
  }

  show(): void {
    this.arrange();
    void this.start();
  }

  hide(): void {
    this.transport.set(false);
    this.run++;
  }

  load(settings: Record<string, unknown>): void {
    Object.assign(this.settings, settings);
    this.form.refresh();
  }

  private arrange(): void {
    this.points.draws(this.settings.data === "drawn");
    this.form.arrange();
  }

  private change(name: string): void {
    this.host.changed();
    this.arrange();
    if (name !== "speed") void this.start();
  }

  private start(): Promise<void> {
    const run = ++this.run;
    this.transport.set(false);
    this.host.clearComplaint();
    this.started = (async () => {
      try {
        const { points, weights, bound } = await this.host.client.call("perceptron.start", { ...this.settings });
        if (run !== this.run) return;
        Object.assign(this, { queue: [], weights, before: undefined, now: undefined, done: false, bound });
        this.count = { epoch: 0, shown: 0, mistakes: 0, inEpoch: 0, last: Number.NaN };
        this.points.train = points;
        this.curve.clear();
        this.tell("Press Play: the examples are shown one after the other, again and again.");
        this.redraw();
      } catch (error) {
        if (run === this.run) this.host.complain(error);
      }
    })();
    return this.started;
  }

  private async play(): Promise<void> {
    await this.started;
    const { run } = this;
    while (this.transport.playing && run === this.run && !this.done) {
      if (!(await this.showNext(Number(this.settings.speed), false))) return;
      await nextFrame();
      if (this.now?.wrong === true && this.settings.speed === "1") await pause(calm() ? 600 : 250);
      else if (calm()) await pause(250);
    }
  }

  /** Shows so many examples, asking for more where they run out; stops behind an epoch without a mistake. */
  private async showNext(examples: number, alone: boolean): Promise<boolean> {
    if (alone) await this.started;
    const { run } = this;
    this.before = undefined;
    for (let k = 0; k < examples && !this.done; k++) {
      if (this.queue.length === 0) {
        try {
          const { rows } = await this.host.client.call("perceptron.epoch", undefined);
          if (run !== this.run) return false;
          this.queue = rows;
        } catch (error) {
          if (run === this.run) this.host.complain(error);
          return false;
        }
      }
      this.take(this.queue.shift()!);
    }
    this.redraw();
    return true;
  }

  private take(row: PerceptronEpoch["rows"][number]): void {
    const { count: c } = this;
    this.now = row;
    c.shown++;
    if (row.wrong) {
      c.mistakes++;
      c.inEpoch++;
      this.before = this.weights;
      this.weights = row.weights;
    }
    if (this.queue.length > 0) return;
    c.epoch++;
    c.last = c.inEpoch;
    c.inEpoch = 0;
    this.curve.add(c.epoch, c.last);
    this.judge();
  }

  private judge(): void {
    const { epoch, mistakes, last } = this.count;
    if (last > 0) {
      this.tell(`Epoch ${count(epoch)} is over: ${count(last)} mistakes. The line has not come to rest.`);
      return;
    }
    this.done = true;
    this.transport.set(false);
    const bound = this.bound === undefined ? "" : ` Novikoff's theorem allows at most ${count(this.bound)} here.`;
    this.tell(`Converged: epoch ${count(epoch)} passed without a mistake, after ${count(mistakes)} in all.${bound}`);
  }

  /** Many epochs in one go, without pictures between. */
  private async runOn(): Promise<void> {
    await this.started;
    const { run } = this;
    this.transport.set(false);
    if (this.done) return;
    // what the worker is ahead of the picture counts as shown
    while (this.queue.length > 0) this.take(this.queue.shift()!);
    if (this.done) return this.redraw();
    try {
      const { history, weights, converged } = await this.host.client.call("perceptron.run", { epochs: MANY });
      if (run !== this.run) return;
      const { count: c } = this;
      Object.assign(this, { weights, before: undefined, now: undefined });
      for (const wrong of history) {
        c.epoch++;
        c.shown += this.points.train!.labels.length;
        c.mistakes += wrong;
        c.last = wrong;
        this.curve.add(c.epoch, wrong);
      }
      this.judge();
      if (!converged)
        this.tell(
          `It did not converge in ${count(c.epoch)} epochs: ${count(c.last)} mistakes in the last, ${count(c.mistakes)} in all. No line may part these points; the rule would go on for ever.`,
        );
      this.redraw();
    } catch (error) {
      if (run === this.run) this.host.complain(error);
    }
  }

  private tell(text: string): void {
    if (this.verdict.textContent !== text) this.verdict.textContent = text;
    this.verdict.dataset.done = String(this.done);
  }

  private redraw(): void {
    const { epoch, shown, mistakes, last } = this.count;
    this.figures.show(count(epoch), count(shown), count(mistakes), Number.isNaN(last) ? "–" : count(last));
    const [w0, w1, w2] = this.weights.map(short);
    this.formula.textContent = `${w0} + ${w1} x1 + ${w2} x2 > 0`.replace(/\+ -/g, "− ");
    this.points.region = this.weights.some((w) => w !== 0) ? sidesOf(this.weights) : undefined;
    this.points.picture.describe(`Points of two classes, and the line ${this.formula.textContent}; ${count(mistakes)} mistakes so far.`);
    this.points.picture.redraw();
  }

  private drawOver(g: CanvasRenderingContext2D, size: number): void {
    const p = palette();
    g.strokeStyle = css(p.ink, 0.6);
    g.lineWidth = 2;
    g.setLineDash([7, 6]);
    if (this.before !== undefined) strokeLine(g, this.before, size);
    g.setLineDash([]);
    g.strokeStyle = css(p.ink);
    g.lineWidth = 3;
    strokeLine(g, this.weights, size);
    if (this.now === undefined) return;
    g.lineWidth = 3;
    g.strokeStyle = css(this.now.wrong ? p.ink : p.muted);
    g.beginPath();
    g.arc(toPixel(this.now.x, size, false), toPixel(this.now.y, size, true), this.now.wrong ? 12 : 9, 0, 2 * Math.PI);
    g.stroke();
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

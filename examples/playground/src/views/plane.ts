import type { PlaneFrame } from "../shared/messages";
import { initialSettings, type PlaneSettings } from "../shared/settings";
import { type Curve, Curves, chart } from "./curves";
import { calm, card, count, el, nextFrame, percent, short } from "./dom";
import { NetworkPicture, weightTable } from "./network";
import { css } from "./palette";
import { planeForm } from "./plane-form";
import { PointPicture } from "./point-picture";
import { readouts } from "./readouts";
import { Transport } from "./transport";
import type { Host, View } from "./view";

/** Settings that the training takes up as it goes; all others begin it anew. */
const LIVE = new Set(["lr", "schedule", "horizon", "speed"]);

/** A network learning to part points in the plane. */
export class PlaneView implements View {
  readonly tab = "plane";
  readonly settings: PlaneSettings = initialSettings("plane");
  readonly element: HTMLElement;
  private readonly transport: Transport;
  private readonly form: ReturnType<typeof planeForm>;
  private readonly points: PointPicture;
  private readonly network = new NetworkPicture();
  private readonly figures = readouts("Epoch", "Step", "Rate", "Train loss", "Test loss", "Train accuracy", "Test accuracy");
  private readonly table = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Weights" });
  private readonly details = el("details", {}, el("summary", {}, "Weights as a table"), this.table);
  private readonly loss: Curves;
  private readonly accuracy: Curves;
  /** Counts starts: what belongs to an earlier one is dropped. */
  private run = 0;
  private started: Promise<void> = Promise.resolve();
  private frame: PlaneFrame | undefined;
  private visible = false;

  constructor(private readonly host: Host) {
    const lines = (title: string): Curve[] => [
      { name: `train ${title}`, colour: (p) => css(p.ink) },
      { name: `test ${title}`, colour: (p) => css(p.b), dash: [6, 4] },
    ];
    this.details.addEventListener("toggle", () => this.showTable());
    this.loss = new Curves({ title: "Loss", x: "steps" }, lines("loss"));
    this.accuracy = new Curves({ title: "Accuracy", x: "steps", range: [0, 1] }, lines("accuracy"));
    this.form = planeForm(this.settings, (name) => this.change(name));
    this.points = new PointPicture("Points in the plane", this.settings, () => this.change("drawn"));
    this.transport = new Transport(
      { play: (on) => on && void this.play(), step: () => void this.advance(1), reset: () => void this.start() },
      this.form.speed,
    );
    const legend = el(
      "p",
      { class: "caption legend" },
      el("span", { class: "key solid" }, "train"),
      el("span", { class: "key dashed" }, "test"),
    );
    this.element = el(
      "div",
      { class: "plane-tab" },
      el("div", { class: "bar" }, this.transport.element, this.figures.element),
      card(
        "What it has learned",
        { class: "region-card" },
        this.points.picture.canvas,
        this.points.pens,
        el(
          "p",
          { class: "caption" },
          "Colour: which class, and how sure. The line: both as likely. Filled points train, hollow ones test.",
        ),
      ),
      card("Network", { class: "network-card" }, this.network.picture.canvas, this.network.caption, this.details),
      card(
        "Curves",
        { class: "curves-card" },
        el("div", { class: "pair" }, chart("Loss (cross-entropy)", this.loss), chart("Accuracy", this.accuracy)),
        legend,
      ),
      card("Settings", { class: "settings-card" }, this.form.element),
    );
  }

  show(): void {
    this.visible = true;
    this.points.draws(this.settings.data === "drawn");
    void this.start();
  }

  hide(): void {
    this.visible = false;
    this.transport.set(false);
  }

  load(settings: Record<string, unknown>): void {
    Object.assign(this.settings, settings);
    this.form.refresh();
  }

  private change(name: string): void {
    this.host.changed();
    this.points.draws(this.settings.data === "drawn");
    if (!LIVE.has(name)) void this.start(name !== "drawn");
    else if (name !== "speed") void this.host.client.call("plane.rate", { ...this.settings }).catch((e) => this.fail(e));
  }

  /** A new network on these settings; it goes on playing where it played. */
  private start(keep = false): Promise<void> {
    const run = ++this.run;
    const playing = keep && this.transport.playing;
    this.transport.set(false);
    this.host.clearComplaint();
    this.started = (async () => {
      try {
        const { train, test, frame } = await this.host.client.call("plane.start", { ...this.settings });
        if (run !== this.run) return;
        this.points.train = train;
        this.points.test = test;
        this.loss.clear();
        this.accuracy.clear();
        this.take(frame);
        if (playing && this.visible) this.transport.toggle();
      } catch (error) {
        if (run === this.run) this.fail(error);
      }
    })();
    return this.started;
  }

  private async play(): Promise<void> {
    await this.started;
    const { run } = this;
    let last = 0;
    while (this.transport.playing && run === this.run) {
      const { speed } = this.settings;
      if (!(await this.advance(speed === "most" ? 100_000 : Number(speed)))) return;
      await nextFrame();
      // motion is reduced to four pictures a second where that is asked for
      if (calm()) while (performance.now() - last < 250) await nextFrame();
      last = performance.now();
    }
  }

  private async advance(steps: number): Promise<boolean> {
    await this.started;
    const { run } = this;
    try {
      const frame = await this.host.client.call("plane.advance", { steps, milliseconds: 28 });
      if (run !== this.run) return false;
      this.take(frame);
      return true;
    } catch (error) {
      if (run === this.run) this.fail(error);
      return false;
    }
  }

  private fail(error: unknown): void {
    this.transport.set(false);
    this.host.complain(error);
  }

  private take(frame: PlaneFrame): void {
    this.frame = frame;
    const { step, epoch, lr, train, test } = frame;
    this.loss.add(step, train.loss, test?.loss);
    this.accuracy.add(step, train.accuracy, test?.accuracy);
    const or = (v: string | undefined) => v ?? "none";
    this.figures.show(
      epoch < 10 ? epoch.toFixed(1) : count(epoch),
      count(step),
      short(lr),
      train.loss.toFixed(3),
      or(test?.loss.toFixed(3)),
      percent(train.accuracy),
      or(test && percent(test.accuracy)),
    );
    this.points.region = frame.region;
    const what = `${this.points.train!.labels.length} training points of two classes; the network tells ${percent(train.accuracy)} of them apart`;
    this.points.picture.describe(
      `The plane with ${what}${test === undefined ? "" : `, and ${percent(test.accuracy)} of the test points`}.`,
    );
    this.points.picture.redraw();
    this.network.show(this.settings.layers, frame);
    this.showTable();
  }

  private showTable(): void {
    if (this.details.open && this.frame !== undefined) this.table.replaceChildren(weightTable(this.frame.weights));
  }
}

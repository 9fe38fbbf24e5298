import type { Surface, Trajectory } from "../shared/messages";
import { initialSettings, OPTIMIZERS, type OptimizerName, type RaceSettings, raceSchema } from "../shared/settings";
import { button, calm, card, el, nextFrame, short } from "./dom";
import { Form, group } from "./form";
import { OPTIMIZER_NAMES } from "./plane-form";
import { RacePicture } from "./race-picture";
import { Runners } from "./race-table";
import type { Host, View } from "./view";

/** Seconds a whole race takes to be shown. */
const SECONDS = 6;

/** All optimizers from one start, down the same surface. */
export class RaceView implements View {
  readonly tab = "optimizers";
  readonly settings: RaceSettings = initialSettings("optimizers");
  readonly element: HTMLElement;
  private readonly form: Form<typeof raceSchema>;
  private readonly race = new RacePicture((x, y) => this.move(x, y));
  private readonly runners = new Runners(
    (name, on) => this.toggle(name, on),
    (name) => this.stress(name),
  );
  private readonly status = el("p", { class: "caption", role: "status" });
  private readonly clock = el("output", { class: "clock" });
  private surface: Surface | undefined;
  private run = 0;

  constructor(private readonly host: Host) {
    this.form = new Form(raceSchema, this.settings, (name) => void this.change(name));
    const { form } = this;
    const whole = (v: number) => String(v);
    const names = { beale: "Beale", saddle: "Saddle", rosenbrock: "Rosenbrock", ravine: "Ravine" };
    this.element = el(
      "div",
      { class: "two-tab" },
      el(
        "div",
        { class: "bar" },
        el(
          "div",
          { class: "transport", role: "group", "aria-label": "Run" },
          button("Race", () => void this.start(), { class: "primary play" }),
          button("To the end", () => this.finish()),
        ),
        this.clock,
        this.status,
      ),
      card(
        "The surface from above",
        { class: "region-card" },
        this.race.picture.canvas,
        el(
          "p",
          { class: "caption" },
          "Click or tap for another start, or move it with the arrow keys. Blue is low; the cross is the lowest point, the ring the start. Lines lie closer together where it is low.",
        ),
      ),
      el(
        "div",
        { class: "side" },
        card(
          "Settings",
          {},
          el(
            "div",
            { class: "form" },
            group(
              "Race",
              form.select("surface", "Surface", names),
              form.range("steps", "Steps", { say: whole, max: 1000 }),
              form.range("rate", "All rates times", { log: true }),
              form.range("x", "Start x"),
              form.range("y", "Start y"),
            ),
          ),
        ),
        card(
          "Runners",
          {},
          el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": "Table of runners" }, this.runners.element),
          el(
            "p",
            { class: "caption" },
            "The package's own optimizers on the package's own gradients, other options at their defaults. L-BFGS looks at several points in a step (line search). One seldom wins everywhere: the rates suit the surface, not one another.",
          ),
        ),
      ),
    );
  }

  show(): void {
    this.refreshChecks();
    void this.fetchSurface().then(() => this.start());
  }

  hide(): void {
    this.run++;
  }

  load(settings: Record<string, unknown>): void {
    Object.assign(this.settings, settings);
    this.form.refresh();
  }

  recolour(): void {
    this.race.recolour();
  }

  /** Numbers of the runners that stay at home, counted from 1. */
  private toggle(name: OptimizerName, on: boolean): void {
    const k = OPTIMIZERS.indexOf(name) + 1;
    this.settings.off = on ? this.settings.off.filter((o) => o !== k) : [...this.settings.off, k].sort((a, b) => a - b);
    void this.change("off");
  }

  private refreshChecks(): void {
    this.runners.check((name) => !this.settings.off.includes(OPTIMIZERS.indexOf(name) + 1));
  }

  private stress(name: OptimizerName | undefined): void {
    this.race.chosen = name;
    this.race.picture.redraw();
  }

  private async change(name: string): Promise<void> {
    if (name === "surface") {
      const starts: Record<string, [number, number]> = { beale: [1, 1.5], saddle: [1.2, 0.01], rosenbrock: [-1.4, 2.2], ravine: [-4, 3] };
      [this.settings.x, this.settings.y] = starts[this.settings.surface]!;
      this.form.refresh();
      await this.fetchSurface();
    }
    this.host.changed();
    void this.start();
  }

  private move(x: number, y: number): void {
    const two = (v: number) => Math.round(100 * v) / 100;
    [this.settings.x, this.settings.y] = [two(x), two(y)];
    this.form.refresh();
    void this.change("x");
  }

  private async fetchSurface(): Promise<void> {
    try {
      this.surface = await this.host.client.call("race.surface", { surface: this.settings.surface });
      this.race.trajectories = [];
      this.race.show(this.surface);
    } catch (error) {
      this.host.complain(error);
    }
  }

  /** Computes all ways, then shows them step by step. */
  private async start(): Promise<void> {
    const run = ++this.run;
    const { surface, x, y, steps, rate, off } = this.settings;
    this.host.clearComplaint();
    this.race.start = [x, y];
    const runners = OPTIMIZERS.filter((_, k) => !off.includes(k + 1));
    const found: Trajectory[] = [];
    try {
      for (const optimizer of runners) {
        this.status.textContent = `Computing ${OPTIMIZER_NAMES[optimizer]} …`;
        found.push(await this.host.client.call("race.run", { surface, optimizer, start: [x, y], steps, rate }));
        if (run !== this.run) return;
      }
    } catch (error) {
      if (run === this.run) this.host.complain(error);
      return;
    }
    this.status.textContent = "";
    this.race.trajectories = found;
    const from = performance.now();
    for (;;) {
      const share = calm() ? 1 : Math.min(1, (performance.now() - from) / 1000 / SECONDS);
      // the first steps are the fastest: they are given more time
      this.at(Math.round(steps * share * share));
      if (share === 1) break;
      await nextFrame();
      if (run !== this.run) return;
    }
    const best = found.filter((t) => t.ended === undefined).sort((a, b) => a.values.at(-1)! - b.values.at(-1)!)[0];
    if (best !== undefined)
      this.status.textContent = `Lowest after ${steps} steps: ${OPTIMIZER_NAMES[best.optimizer]}, ${short(best.values.at(-1)!)}.`;
  }

  private finish(): void {
    if (this.race.trajectories.length === 0) return;
    this.run++;
    this.at(this.settings.steps);
  }

  /** The picture and the table after so many steps. */
  private at(step: number): void {
    this.race.step = step;
    this.clock.textContent = `Step ${step} of ${this.settings.steps}`;
    this.runners.show(this.race.trajectories, step, this.surface?.minimum !== undefined);
    this.race.picture.describe(
      `${this.settings.surface} surface with the ways of ${this.race.trajectories.length} optimizers after ${step} steps from ${this.settings.x}, ${this.settings.y}. Arrow keys move the start.`,
    );
    this.race.picture.redraw();
  }
}

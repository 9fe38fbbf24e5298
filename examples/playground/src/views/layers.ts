import type { HandMade, LayersFrame, Points } from "../shared/messages";
import { initialSettings, type LayersSettings, layersSchema } from "../shared/settings";
import { calm, card, count, el, nextFrame, percent } from "./dom";
import { Form } from "./form";
import { strokeLine } from "./line";
import { css, palette } from "./palette";
import { Picture } from "./picture";
import { DATA_NAMES } from "./plane-form";
import { readouts } from "./readouts";
import { drawPoints, drawRegion } from "./region";
import { Transport } from "./transport";
import type { Host, View } from "./view";

const TITLES = ["One layer", "Two layers", "Three layers"];
const CAN = ["a half-plane", "a convex region", "any region"];
const STEPS = 10;

interface Panel {
  picture: Picture;
  caption: HTMLElement;
}

/** What one, two and three layers can part: cut by hand, and learned. */
export class LayersView implements View {
  readonly tab = "layers";
  readonly settings: LayersSettings = initialSettings("layers");
  readonly element: HTMLElement;
  private readonly transport: Transport;
  private readonly form: Form<typeof layersSchema>;
  private readonly figures = readouts("Step", "One layer", "Two layers", "Three layers");
  private readonly learned: Panel[];
  private readonly hand: Panel[];
  private points: Points | undefined;
  private frame: LayersFrame | undefined;
  private handMade: HandMade | undefined;
  private run = 0;
  private started: Promise<void> = Promise.resolve();

  constructor(private readonly host: Host) {
    this.form = new Form(layersSchema, this.settings, (name) => this.change(name));
    this.transport = new Transport({
      play: (on) => on && void this.play(),
      step: () => void this.advance(1),
      reset: () => void this.start(),
    });
    const panel = (draw: (k: number, g: CanvasRenderingContext2D, size: number) => void) =>
      TITLES.map((title, k) => ({
        picture: new Picture(title, (g, size) => draw(k, g, size), { class: "plane" }),
        caption: el("p", { class: "caption" }),
      }));
    this.hand = panel((k, g, size) => this.drawHand(k, g, size));
    this.learned = panel((k, g, size) => this.drawLearned(k, g, size));
    const row = (panels: Panel[], subtitle: (k: number) => string) =>
      el(
        "div",
        { class: "three" },
        ...panels.map(({ picture, caption }, k) => el("div", {}, el("h3", {}, subtitle(k)), picture.canvas, caption)),
      );
    const { form } = this;
    const whole = (v: number) => String(v);
    this.element = el(
      "div",
      { class: "layers-tab" },
      card(
        "Cut by hand, with threshold units",
        {},
        el(
          "div",
          { class: "inline-form" },
          form.select("shape", "Shape of three layers", { islands: "Two islands", star: "Star", letter: "Letter L", ring: "Ring" }),
          form.range("sides", "Sides of two layers", { say: whole }),
        ),
        row(this.hand, (k) => `${TITLES[k]}: ${CAN[k]}`),
        el(
          "p",
          { class: "text" },
          "Each unit of the first layer cuts the plane in two along a line. The second layer takes the “and” of half-planes: a convex region. The third takes the “or” of convex regions: whatever shape you like. No training here, all weights are written down.",
        ),
      ),
      card(
        "Learned, by gradient descent",
        {},
        el("div", { class: "bar" }, this.transport.element, this.figures.element),
        el(
          "div",
          { class: "inline-form" },
          form.select("data", "Points", DATA_NAMES),
          form.range("units", "Units a hidden layer", { say: whole }),
          form.range("noise", "Noise"),
          form.range("seed", "Seed", { say: whole, max: 100 }),
        ),
        row(this.learned, (k) => TITLES[k]!),
        el(
          "p",
          { class: "text" },
          "Sigmoid units, Adam, all 200 points a step; accuracy on these points. Trained outputs weigh half-planes as they like, so that two layers do more than convex regions: with enough units any region (Cybenko 1989). Three often get there with fewer.",
        ),
      ),
    );
  }

  show(): void {
    void this.start();
    void this.cut();
  }

  hide(): void {
    this.transport.set(false);
    this.run++;
  }

  load(settings: Record<string, unknown>): void {
    Object.assign(this.settings, settings);
    this.form.refresh();
  }

  private change(name: string): void {
    this.host.changed();
    if (name === "shape" || name === "sides") void this.cut();
    else void this.start(true);
  }

  private async cut(): Promise<void> {
    try {
      this.handMade = await this.host.client.call("layers.hand", { ...this.settings });
      for (const [k, { picture, caption }] of this.hand.entries()) {
        const { units } = this.handMade.networks[k]!;
        caption.textContent = `${["", "2 – ", "2 – "][k]}${k === 0 ? "2 – 1" : units.join(" – ")} threshold units`;
        picture.describe(`${TITLES[k]} of threshold units (${units.join(", ")}) cut out ${CAN[k]}.`);
        picture.redraw();
      }
    } catch (error) {
      this.host.complain(error);
    }
  }

  private start(keep = false): Promise<void> {
    const run = ++this.run;
    const playing = keep && this.transport.playing;
    this.transport.set(false);
    this.host.clearComplaint();
    this.started = (async () => {
      try {
        const { points, frame } = await this.host.client.call("layers.start", { ...this.settings });
        if (run !== this.run) return;
        this.points = points;
        this.take(frame);
        if (playing) this.transport.toggle();
      } catch (error) {
        if (run === this.run) this.host.complain(error);
      }
    })();
    return this.started;
  }

  private async play(): Promise<void> {
    await this.started;
    const { run } = this;
    while (this.transport.playing && run === this.run) {
      if (!(await this.advance(STEPS))) return;
      await nextFrame();
      if (calm()) await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  private async advance(steps: number): Promise<boolean> {
    await this.started;
    const { run } = this;
    try {
      const frame = await this.host.client.call("layers.advance", { steps });
      if (run !== this.run) return false;
      this.take(frame);
      return true;
    } catch (error) {
      if (run === this.run) {
        this.transport.set(false);
        this.host.complain(error);
      }
      return false;
    }
  }

  private take(frame: LayersFrame): void {
    this.frame = frame;
    this.figures.show(count(frame.step), ...frame.networks.map((n) => percent(n.accuracy)));
    const { units } = this.settings;
    const shapes = ["2 – 1", `2 – ${units} – 1`, `2 – ${units} – ${units} – 1`];
    for (const [k, { picture, caption }] of this.learned.entries()) {
      const { accuracy, parameters } = frame.networks[k]!;
      caption.textContent = `${shapes[k]}, ${count(parameters)} parameters: ${percent(accuracy)} right`;
      picture.describe(`${TITLES[k]}, ${caption.textContent}`);
      picture.redraw();
    }
  }

  private drawLearned(k: number, g: CanvasRenderingContext2D, size: number): void {
    if (this.frame === undefined || this.points === undefined) return;
    drawRegion(g, this.frame.networks[k]!.region, size);
    drawPoints(g, this.points, size, { radius: 3 });
  }

  private drawHand(k: number, g: CanvasRenderingContext2D, size: number): void {
    const network = this.handMade?.networks[k];
    if (network === undefined) return;
    drawRegion(g, network.region, size);
    g.strokeStyle = css(palette().ink, 0.35);
    g.lineWidth = 1;
    g.setLineDash([4, 4]);
    for (const line of network.lines) strokeLine(g, line, size);
    g.setLineDash([]);
  }
}

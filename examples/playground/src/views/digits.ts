import { TEST, TRAIN } from "../shared/digits";
import type { DigitsEpoch } from "../shared/messages";
import { type DigitsSettings, initialSettings } from "../shared/settings";
import { Curves, chart } from "./curves";
import { digitsForm } from "./digits-form";
import { Confusion, digitImage, Probabilities, wrongExamples } from "./digits-results";
import { button, card, count, el, percent } from "./dom";
import { Pad } from "./pad";
import { css } from "./palette";
import { readouts } from "./readouts";
import { Versus } from "./versus";
import type { Host, View } from "./view";

/** Handwritten digits: training in the page, and reading what the reader writes. */
export class DigitsView implements View {
  readonly tab = "digits";
  readonly settings: DigitsSettings = initialSettings("digits");
  readonly element: HTMLElement;
  private readonly form: ReturnType<typeof digitsForm>;
  private readonly figures = readouts("Epoch", "Test accuracy", "Train accuracy", "Samples / s", "Training time");
  private readonly pad = new Pad(() => this.drawn());
  private readonly seen = el("div", { class: "seen" });
  private readonly bars = new Probabilities();
  private readonly confusion = new Confusion();
  private readonly wrong = el("div", {}, el("p", { class: "caption" }, "None yet: train first."));
  private readonly samples = el("div", { class: "samples" });
  private readonly size = el("p", { class: "caption" }, "Loading the digits …");
  private readonly curve = new Curves({ title: "Accuracy", x: "epochs", range: [0.8, 1] }, [
    { name: "train accuracy", colour: (p) => css(p.ink) },
    { name: "test accuracy", colour: (p) => css(p.b), dash: [6, 4] },
  ]);
  private readonly versus = new Versus(() => this.work());
  private readonly trainButton: HTMLButtonElement;
  private training = false;
  private trained = false;
  private loaded: Promise<void> | undefined;
  private asking = false;
  private askAgain = false;

  constructor(private readonly host: Host) {
    this.form = digitsForm(this.settings, () => host.changed());
    this.trainButton = button("Train", () => void this.train(), { class: "primary play" });
    this.element = el(
      "div",
      { class: "digits-tab" },
      el(
        "div",
        { class: "bar" },
        el("div", { class: "transport", role: "group", "aria-label": "Run" }, this.trainButton),
        this.figures.element,
      ),
      el(
        "div",
        { class: "side" },
        card(
          "Write a digit",
          { class: "pad-card" },
          this.pad.picture.canvas,
          el(
            "div",
            { class: "pens" },
            button("Clear", () => this.pad.clear(), { class: "small" }),
            this.seen,
            el("span", { class: "caption" }, "What the network is given: 28 x 28 pixels, centred as MNIST's are."),
          ),
          this.bars.best,
          this.bars.element,
        ),
        card("Settings", {}, this.form.element),
      ),
      el(
        "div",
        { class: "side" },
        card(
          "Learning",
          { class: "learning-card" },
          chart("Accuracy: full line training, dashed test", this.curve),
          this.samples,
          this.size,
        ),
        card(
          "Confusion matrix",
          {},
          el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": "Table of confusions" }, this.confusion.element),
          el("p", { class: "caption" }, `Of the ${count(TEST)} test images: rows are what they are, columns what they were taken for.`),
        ),
      ),
      el("div", { class: "side" }, this.versus.element, card("Wrong examples", {}, this.wrong)),
    );
  }

  show(): void {
    this.loaded ??= this.fetchDigits();
    // what went wrong was said already
    this.loaded.catch(() => {});
  }

  hide(): void {
    if (this.training) void this.host.client.call("digits.stop", undefined).catch(() => {});
    this.versus.stop("Stopped.");
  }

  load(settings: Record<string, unknown>): void {
    Object.assign(this.settings, settings);
    this.form.refresh();
  }

  recolour(): void {
    this.confusion.recolour();
  }

  /** The worker is another one: what it had is gone. */
  forget(): void {
    this.loaded = undefined;
    this.trained = false;
    this.running(false);
  }

  private async fetchDigits(): Promise<void> {
    try {
      const { bytes, samples } = await this.host.client.call("digits.load", { url: new URL("digits.bin", document.baseURI).href });
      this.samples.replaceChildren(...samples.map((pixels) => digitImage(pixels, "")));
      for (const canvas of this.samples.children) canvas.setAttribute("aria-hidden", "true");
      this.size.textContent = `A part of MNIST: ${count(TRAIN)} images to train, ${count(TEST)} to test, 16 grey levels, ${(bytes / 1e6).toFixed(2)} MB. Samples / s is training alone, without testing, in this page's worker.`;
    } catch (error) {
      this.loaded = undefined;
      this.host.complain(error);
      throw error;
    }
  }

  private running(on: boolean): void {
    this.training = on;
    this.trainButton.textContent = on ? "Stop" : "Train";
  }

  private async train(): Promise<void> {
    if (this.training) {
      await this.host.client.call("digits.stop", undefined);
      return;
    }
    this.running(true);
    this.versus.stop("Stopped.");
    this.host.clearComplaint();
    try {
      this.loaded ??= this.fetchDigits();
      await this.loaded;
      this.curve.clear();
      this.versus.show(undefined);
      await this.host.client.call("digits.train", { ...this.settings }, (epoch) => this.epoch(epoch));
    } catch (error) {
      this.host.complain(error);
    }
    this.running(false);
  }

  private epoch(e: DigitsEpoch): void {
    this.trained = true;
    const speed = (e.epoch * TRAIN) / e.seconds;
    this.figures.show(
      `${e.epoch} of ${this.settings.epochs}`,
      percent(e.test.accuracy, 2),
      percent(e.accuracy, 2),
      count(speed),
      `${e.seconds.toFixed(2)} s`,
    );
    this.curve.add(e.epoch, e.accuracy, e.test.accuracy);
    this.confusion.show(e.confusion);
    this.wrong.replaceChildren(...wrongExamples(e, TEST));
    this.versus.show({ samplesPerSecond: speed, accuracy: e.test.accuracy, seconds: e.seconds });
    this.drawn();
  }

  private async work() {
    try {
      this.loaded ??= this.fetchDigits();
      await this.loaded;
      return await this.host.client.call("digits.work", { ...this.settings });
    } catch (error) {
      this.host.complain(error);
      return undefined;
    }
  }

  /** Asks what the network reads, one question at a time. */
  private drawn(): void {
    if (this.pad.empty) {
      this.seen.replaceChildren();
      this.bars.show(undefined);
      return;
    }
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    void this.ask();
  }

  private async ask(): Promise<void> {
    const pixels = this.pad.pixels();
    this.seen.replaceChildren(digitImage(pixels, "The digit as the network is given it", 1));
    if (!this.trained) {
      this.bars.best.textContent = "The network has not been trained yet: press Train.";
      return;
    }
    this.asking = true;
    this.askAgain = false;
    try {
      const { probabilities } = await this.host.client.call("digits.guess", { pixels });
      if (!this.pad.empty) this.bars.show(probabilities);
    } catch (error) {
      this.host.complain(error);
    }
    this.asking = false;
    if (this.askAgain) this.drawn();
  }
}

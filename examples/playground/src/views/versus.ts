import type { DigitsWork, TfEpoch, TfMessage } from "../shared/messages";
import { button, card, count, el, percent } from "./dom";

const RUN = "Run TensorFlow.js on the same work";

interface Side {
  samplesPerSecond: number;
  accuracy: number;
  seconds: number;
}

/** TensorFlow.js on the same work, side by side with what was measured here. */
export class Versus {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly status = el("p", { class: "caption", role: "status" });
  private readonly button: HTMLButtonElement;
  private worker: Worker | undefined;
  private ours: Side | undefined;
  private running = false;

  constructor(private readonly work: () => Promise<DigitsWork | undefined>) {
    this.button = button(RUN, () => (this.running ? this.stop("Stopped.") : void this.run()));
    const head = ["library", "samples / s", "training", "test accuracy"].map((t) => el("th", { scope: "col" }, t));
    this.element = card(
      "Beside TensorFlow.js",
      {},
      this.button,
      this.status,
      el(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison" },
        el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body),
      ),
      el(
        "p",
        { class: "caption" },
        "Same images, network, first weights, optimizer, batch size and epochs; each library in a worker of its own, one thread, one after the other, on your computer now. Loading, the order of examples and testing are not in the time; TensorFlow.js warms up in its first epoch, which counts. It is loaded only by this button.",
      ),
    );
    this.table();
  }

  /** What was measured here last. */
  show(ours: Side | undefined): void {
    this.ours = ours;
    this.table();
  }

  private table(theirs?: Side): void {
    const best = Math.max(this.ours?.samplesPerSecond ?? 0, theirs?.samplesPerSecond ?? 0, 1);
    const row = (name: string, side: Side | undefined) => {
      const fill = el("span", { class: "bar-fill" });
      fill.style.width = `${(100 * (side?.samplesPerSecond ?? 0)) / best}%`;
      const cells =
        side === undefined ? ["–", "–", "–"] : [count(side.samplesPerSecond), `${side.seconds.toFixed(2)} s`, percent(side.accuracy)];
      return el("tr", {}, el("th", { scope: "row" }, name, el("span", { class: "bar-track" }, fill)), ...cells.map((c) => el("td", {}, c)));
    };
    this.body.replaceChildren(row("neurite", this.ours), row("TensorFlow.js, wasm", theirs));
  }

  private async run(): Promise<void> {
    this.running = true;
    this.button.textContent = "Stop TensorFlow.js";
    this.status.textContent = "Loading TensorFlow.js …";
    this.table();
    const work = await this.work();
    if (work === undefined || !this.running) {
      this.stop("");
      return;
    }
    const worker = new Worker(new URL("../worker/tfjs.ts", import.meta.url), { type: "module", name: "tfjs" });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<TfMessage>) => {
      if (data.kind === "epoch") this.epoch(data, work);
      else if (data.kind === "done") this.stop(`Done: TensorFlow.js ${data.version}.`);
      else this.stop(`TensorFlow.js could not do it: ${data.message}`);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.stop(`TensorFlow.js could not be loaded. ${event.message ?? ""}`);
    };
    worker.postMessage(work);
  }

  private epoch({ epoch, accuracy, seconds }: TfEpoch, work: DigitsWork): void {
    this.table({ accuracy, seconds, samplesPerSecond: (epoch * work.train.labels.length) / seconds });
    this.status.textContent = `TensorFlow.js: epoch ${epoch} of ${work.settings.epochs}`;
  }

  /** Ends it; the status says why. */
  stop(text: string): void {
    if (!this.running) return;
    this.worker?.terminate();
    this.worker = undefined;
    this.running = false;
    this.status.textContent = text;
    this.button.textContent = RUN;
  }
}

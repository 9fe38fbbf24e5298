import { button, el } from "./dom";

export interface TransportActions {
  play(on: boolean): void;
  step(): void;
  reset(): void;
}

/** Play, step, reset and the speed. */
export class Transport {
  readonly element: HTMLElement;
  private readonly playButton: HTMLButtonElement;
  private running = false;

  constructor(
    private readonly actions: TransportActions,
    ...more: HTMLElement[]
  ) {
    this.playButton = button("Play", () => this.toggle(), { class: "primary play" });
    this.element = el(
      "div",
      { class: "transport", role: "group", "aria-label": "Run" },
      this.playButton,
      button("Step", () => {
        this.set(false);
        actions.step();
      }),
      button("Reset", () => actions.reset()),
      ...more,
    );
  }

  get playing(): boolean {
    return this.running;
  }

  /** Shows whether it runs, without telling anyone. */
  set(on: boolean): void {
    this.running = on;
    this.playButton.textContent = on ? "Pause" : "Play";
    this.playButton.setAttribute("aria-pressed", String(on));
  }

  toggle(): void {
    this.set(!this.running);
    this.actions.play(this.running);
  }
}

import type { Trajectory } from "../shared/messages";
import { OPTIMIZERS, type OptimizerName } from "../shared/settings";
import { el, short } from "./dom";
import { OPTIMIZER_NAMES } from "./plane-form";
import { drawMark, STYLES } from "./race-style";

/** A value this near to the lowest, which is 0 on all surfaces that have one, counts as there. */
const NEAR = 1e-2;

interface Row {
  check: HTMLInputElement;
  lr: HTMLElement;
  value: HTMLElement;
  reached: HTMLElement;
}

/** Who runs, at which rate, and how far each of them is. */
export class Runners {
  readonly element: HTMLElement;
  private readonly rows = new Map<OptimizerName, Row>();

  /** `toggled` is told who shall run or not, `chosen` who is pointed at. */
  constructor(
    private readonly toggled: (name: OptimizerName, on: boolean) => void,
    private readonly chosen: (name: OptimizerName | undefined) => void,
  ) {
    const head = ["Runs", "Optimizer", "Rate", "Value", `Steps to ${NEAR} of the lowest`].map((t) => el("th", { scope: "col" }, t));
    const body = el("tbody", {}, ...OPTIMIZERS.map((name) => this.row(name)));
    this.element = el("table", { class: "race-table" }, el("thead", {}, el("tr", {}, ...head)), body);
  }

  private row(name: OptimizerName): HTMLElement {
    const check = el("input", {
      type: "checkbox",
      "aria-label": OPTIMIZER_NAMES[name],
      on: { change: () => this.toggled(name, check.checked) },
    });
    const swatch = el("canvas", { width: 44, height: 28, class: "swatch", "aria-hidden": "true" });
    const g = swatch.getContext("2d")!;
    const style = STYLES[name];
    g.strokeStyle = style.hue;
    g.lineWidth = 4;
    g.setLineDash(style.dash);
    g.beginPath();
    g.moveTo(0, 14);
    g.lineTo(44, 14);
    g.stroke();
    g.setLineDash([]);
    drawMark(g, style, 22, 14, 9, style.hue);
    const [lr, value, reached] = [el("td"), el("td"), el("td")];
    this.rows.set(name, { check, lr, value, reached });
    const choose = (chosen: OptimizerName | undefined) => () => this.chosen(chosen);
    return el(
      "tr",
      {
        on: { pointerenter: choose(name), pointerleave: choose(undefined), focusin: choose(name), focusout: choose(undefined) },
        "data-runner": name,
      },
      el("td", {}, el("span", { class: "runner" }, check, swatch)),
      el("th", { scope: "row" }, OPTIMIZER_NAMES[name]),
      lr,
      value,
      reached,
    );
  }

  check(runs: (name: OptimizerName) => boolean): void {
    for (const [name, { check }] of this.rows) check.checked = runs(name);
  }

  /** The figures after so many steps. */
  show(trajectories: readonly Trajectory[], step: number, hasLowest: boolean): void {
    for (const [name, row] of this.rows) {
      const t = trajectories.find((r) => r.optimizer === name);
      const reached = t === undefined || !hasLowest ? -1 : t.values.findIndex((v) => v < NEAR);
      row.lr.textContent = t === undefined ? "" : short(t.lr);
      row.value.textContent =
        t === undefined
          ? ""
          : t.ended !== undefined && step >= t.values.length - 1
            ? "gone"
            : short(t.values[Math.min(step, t.values.length - 1)]!);
      row.value.title = t?.ended ?? "";
      row.reached.textContent = reached >= 0 && reached <= step ? String(reached) : "–";
    }
  }
}

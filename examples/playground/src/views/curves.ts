import uPlot from "uplot";
import { el } from "./dom";
import "uplot/dist/uPlot.min.css";
import { css, type Palette, palette } from "./palette";

export interface Curve {
  name: string;
  colour: (p: Palette) => string;
  dash?: number[];
}

export interface Axes {
  title: string;
  x: string;
  log?: boolean;
  range?: [number, number];
  height?: number;
}

const all = new Set<Curves>();
export const recolourCurves = () => all.forEach((c) => c.rebuild());

/** Curves under their title. */
export const chart = (title: string, curves: Curves) => el("div", {}, el("h3", {}, title), curves.element);

/** Points after which every second one of the past is left out. */
const MOST = 1200;

/** Lines over a common x, of any length. */
export class Curves {
  readonly element = document.createElement("div");
  private plot: uPlot | undefined;
  private data: number[][];
  private asked = false;

  constructor(
    private readonly axes: Axes,
    private readonly curves: readonly Curve[],
  ) {
    this.element.className = "curves";
    this.element.setAttribute("role", "img");
    this.data = [[], ...curves.map(() => [])];
    new ResizeObserver(() => this.resize()).observe(this.element);
    this.describe();
    all.add(this);
  }

  clear(): void {
    this.data = this.data.map(() => []);
    this.show();
  }

  add(x: number, ...values: (number | undefined)[]): void {
    const xs = this.data[0]!;
    if (xs.length > 0 && xs.at(-1)! >= x) return;
    if (xs.length >= MOST) this.data = this.data.map((column) => column.filter((_, k) => k % 2 === 0));
    this.data[0]!.push(x);
    for (const [k, v] of values.entries()) this.data[k + 1]!.push(v ?? Number.NaN);
    this.show();
  }

  private describe(): void {
    const last = this.curves.map(({ name }, k) => `${name} ${this.data[k + 1]!.at(-1)?.toPrecision(3) ?? "none yet"}`);
    this.element.setAttribute("aria-label", `${this.axes.title} over ${this.axes.x}: ${last.join(", ")}`);
  }

  private show(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.plot?.setData(this.columns());
      this.describe();
    });
  }

  /** NaN would be drawn as a place; null is a gap. */
  private columns(): uPlot.AlignedData {
    return this.data.map((c, k) => (k === 0 ? c : c.map((v) => (Number.isFinite(v) ? v : null)))) as uPlot.AlignedData;
  }

  private get size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.axes.height ?? 150 };
  }

  private resize(): void {
    if (this.size.width === 0) return;
    if (this.plot === undefined) this.rebuild();
    else this.plot.setSize(this.size);
  }

  rebuild(): void {
    if (this.size.width === 0) return;
    this.plot?.destroy();
    const p = palette();
    const { axes } = this;
    const font = "11px system-ui, sans-serif";
    const axis = { stroke: css(p.muted), grid: { stroke: css(p.line), width: 1 }, ticks: { show: false }, font, labelFont: font };
    this.plot = new uPlot(
      {
        ...this.size,
        cursor: { y: false, points: { size: 6 } },
        legend: { show: false },
        scales: {
          x: { time: false },
          y: axes.log === true ? { distr: 3 } : axes.range === undefined ? {} : { range: axes.range },
        },
        axes: [
          { ...axis, size: 24, space: 60 },
          { ...axis, size: 44, space: 28 },
        ],
        series: [
          {},
          ...this.curves.map(({ name, colour, dash }) => ({
            label: name,
            stroke: colour(p),
            width: 2,
            points: { show: false },
            ...(dash === undefined ? {} : { dash }),
          })),
        ],
      },
      this.columns(),
      this.element,
    );
  }
}

import type { Surface, Trajectory } from "../shared/messages";
import { contour } from "./contour";
import { css, diverging, palette } from "./palette";
import { Picture } from "./picture";
import { drawMark, STYLES } from "./race-style";

const BANDS = 14;

/** Levels of the lines: quantiles, so that flat and steep parts both have some. */
function levels(values: Float32Array): number[] {
  const sorted = Float32Array.from(values).sort();
  return Array.from({ length: BANDS }, (_, k) => sorted[Math.floor(((k + 0.5) / BANDS) ** 1.6 * sorted.length)]!);
}

/** A surface from above: contour lines, the start, and the ways down. */
export class RacePicture {
  readonly picture: Picture;
  private lines: number[][] = [];
  private shade: HTMLCanvasElement | undefined;
  private surface: Surface | undefined;
  trajectories: readonly Trajectory[] = [];
  /** How far the race is, in steps. */
  step = 0;
  /** One to stand out. */
  chosen: string | undefined;
  start: readonly [number, number] = [0, 0];

  constructor(moved: (x: number, y: number) => void) {
    this.picture = new Picture("The surface", (g, w, h) => this.draw(g, w, h), {
      class: "plane drawing",
      role: "application",
      tabindex: 0,
    });
    const { canvas } = this.picture;
    canvas.addEventListener("pointerdown", (e) => {
      const { surface } = this;
      if (surface === undefined) return;
      const { x, y } = surface;
      moved(x[0] + ((x[1] - x[0]) * e.offsetX) / canvas.clientWidth, y[1] - ((y[1] - y[0]) * e.offsetY) / canvas.clientHeight);
    });
    canvas.addEventListener("keydown", (e) => {
      const by = e.shiftKey ? 0.01 : 0.05;
      const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[e.key];
      const { surface } = this;
      if (move === undefined || surface === undefined) return;
      e.preventDefault();
      const along = (axis: readonly [number, number], v: number, d: number) =>
        Math.min(axis[1], Math.max(axis[0], v + d * (axis[1] - axis[0])));
      moved(along(surface.x, this.start[0], move[0]!), along(surface.y, this.start[1], move[1]!));
    });
  }

  /** Another surface, or the same in other colours. */
  show(surface: Surface): void {
    this.surface = surface;
    const { values, grid } = surface;
    const at = levels(values);
    this.lines = at.map((level) => contour(values, grid, level));
    this.paint(at);
    this.picture.redraw();
  }

  recolour(): void {
    if (this.surface !== undefined) this.show(this.surface);
  }

  /** The lower, the deeper the colour: bands between the lines. */
  private paint(at: readonly number[]): void {
    const { values, grid } = this.surface!;
    const p = palette();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = grid;
    const g = canvas.getContext("2d")!;
    const image = g.createImageData(grid, grid);
    for (let k = 0; k < values.length; k++) {
      let band = 0;
      while (band < at.length && values[k]! > at[band]!) band++;
      image.data.set([...diverging(1 - band / at.length, p, 0.42), 255], 4 * k);
    }
    g.putImageData(image, 0, 0);
    this.shade = canvas;
  }

  private draw(g: CanvasRenderingContext2D, width: number, height: number): void {
    const { surface } = this;
    if (surface === undefined) return;
    const p = palette();
    g.imageSmoothingQuality = "high";
    if (this.shade !== undefined) g.drawImage(this.shade, 0, 0, width, height);
    const px = (x: number) => ((x - surface.x[0]) / (surface.x[1] - surface.x[0])) * width;
    const py = (y: number) => ((surface.y[1] - y) / (surface.y[1] - surface.y[0])) * height;
    g.strokeStyle = css(p.ink, 0.28);
    g.lineWidth = 1;
    g.beginPath();
    const cell = (v: number, size: number) => ((v + 0.5) * size) / surface.grid;
    for (const line of this.lines)
      for (let k = 0; k < line.length; k += 4) {
        g.moveTo(cell(line[k]!, width), cell(line[k + 1]!, height));
        g.lineTo(cell(line[k + 2]!, width), cell(line[k + 3]!, height));
      }
    g.stroke();
    if (surface.minimum !== undefined) this.cross(g, px(surface.minimum[0]), py(surface.minimum[1]));
    const order = [...this.trajectories].sort((a, b) => Number(a.optimizer === this.chosen) - Number(b.optimizer === this.chosen));
    for (const { optimizer, path } of order) {
      const style = STYLES[optimizer];
      const last = Math.min(this.step, path.length / 2 - 1);
      g.globalAlpha = this.chosen === undefined || this.chosen === optimizer ? 1 : 0.25;
      g.strokeStyle = style.hue;
      g.lineWidth = this.chosen === optimizer ? 4 : 2.2;
      g.lineJoin = "round";
      g.setLineDash(style.dash);
      g.beginPath();
      for (let k = 0; k <= last; k++) g.lineTo(px(path[2 * k]!), py(path[2 * k + 1]!));
      g.stroke();
      g.setLineDash([]);
      drawMark(g, style, px(path[2 * last]!), py(path[2 * last + 1]!), 6, css(p.paper));
    }
    g.globalAlpha = 1;
    g.strokeStyle = css(p.ink);
    g.lineWidth = 2;
    g.beginPath();
    g.arc(px(this.start[0]), py(this.start[1]), 7, 0, 2 * Math.PI);
    g.stroke();
  }

  private cross(g: CanvasRenderingContext2D, x: number, y: number): void {
    g.strokeStyle = css(palette().ink);
    g.lineWidth = 2.5;
    g.beginPath();
    for (const [dx, dy] of [
      [6, 6],
      [-6, 6],
    ] as const) {
      g.moveTo(x - dx, y - dy);
      g.lineTo(x + dx, y + dy);
    }
    g.stroke();
  }
}

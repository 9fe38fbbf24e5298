import type { Points } from "../shared/messages";
import { type Drawn, MOST_DRAWN } from "../shared/settings";
import { button, el } from "./dom";
import { css, palette } from "./palette";
import { Picture } from "./picture";
import { drawPoint, drawPoints, drawRegion, fromPixel, toPixel } from "./region";

export interface PointOwner {
  drawn: Drawn;
}

/** The plane: region, points, and a pen for points of one's own, by mouse, finger or keys. */
export class PointPicture {
  readonly picture: Picture;
  /** What to draw with; hidden unless there is something to draw. */
  readonly pens: HTMLElement;
  train: Points | undefined;
  test: Points | undefined;
  region: Float32Array | undefined;
  /** More, on top of region and points. */
  over: ((g: CanvasRenderingContext2D, size: number) => void) | undefined;
  private label: 0 | 1 = 0;
  private drawing = false;
  private cursor: { x: number; y: number } | undefined;

  constructor(
    label: string,
    private readonly owner: PointOwner,
    private readonly changed: () => void,
  ) {
    this.picture = new Picture(label, (g, w) => this.draw(g, w), { class: "plane" });
    const { canvas } = this.picture;
    canvas.addEventListener("pointerdown", (e) => {
      if (!this.drawing) return;
      canvas.setPointerCapture(e.pointerId);
      this.put(e, e.shiftKey || e.button === 2);
    });
    canvas.addEventListener("pointermove", (e) => {
      if (this.drawing && e.buttons !== 0) this.put(e, e.shiftKey || e.buttons === 2);
    });
    canvas.addEventListener("contextmenu", (e) => this.drawing && e.preventDefault());
    canvas.addEventListener("keydown", (e) => this.key(e));
    canvas.addEventListener("blur", () => this.moveTo(undefined));
    const pen = (which: 0 | 1, text: string) =>
      button(text, () => this.choose(which), { class: `small pen-${which}`, "aria-pressed": String(which === 0) });
    this.pens = el(
      "div",
      { class: "pens", role: "group", "aria-label": "Pen", hidden: true },
      pen(0, "● Orange"),
      pen(1, "◆ Blue"),
      button("Clear", () => this.set([]), { class: "small" }),
      el("span", { class: "hint" }, "Click or drag. Keys: arrows move, 1 and 2 put a point, Delete takes the last away."),
    );
  }

  /** Whether points can be put. */
  draws(on: boolean): void {
    this.drawing = on;
    this.pens.hidden = !on;
    const { canvas } = this.picture;
    canvas.classList.toggle("drawing", on);
    canvas.setAttribute("role", on ? "application" : "img");
    if (on) canvas.tabIndex = 0;
    else canvas.removeAttribute("tabindex");
  }

  private choose(which: 0 | 1): void {
    this.label = which;
    for (const k of [0, 1]) this.pens.querySelector(`.pen-${k}`)!.setAttribute("aria-pressed", String(k === which));
  }

  private set(drawn: Drawn): void {
    this.owner.drawn = drawn.slice(-MOST_DRAWN);
    this.train = {
      xy: Float32Array.from(this.owner.drawn.flatMap(({ x, y }) => [x, y])),
      labels: Uint8Array.from(this.owner.drawn, (p) => p.label),
    };
    this.test = undefined;
    this.region = undefined;
    this.changed();
    this.picture.redraw();
  }

  /** Puts a point, unless one of the same stroke lies there already. */
  private put(e: PointerEvent, other: boolean): void {
    const size = this.picture.canvas.clientWidth;
    this.add(
      fromPixel(e.offsetX, size, false),
      fromPixel(e.offsetY, size, true),
      other ? ((1 - this.label) as 0 | 1) : this.label,
      e.type === "pointermove",
    );
  }

  private add(x: number, y: number, label: 0 | 1, stroke: boolean): void {
    const last = this.owner.drawn.at(-1);
    if (stroke && last !== undefined && Math.hypot(x - last.x, y - last.y) < 0.06) return;
    const inside = (v: number) => Math.min(1.2, Math.max(-1.2, v));
    this.set([...this.owner.drawn, { x: inside(x), y: inside(y), label }]);
  }

  private moveTo(cursor: { x: number; y: number } | undefined): void {
    this.cursor = cursor;
    this.picture.redraw();
  }

  private key(e: KeyboardEvent): void {
    if (!this.drawing) return;
    const { x, y } = this.cursor ?? { x: 0, y: 0 };
    const by = e.shiftKey ? 0.02 : 0.1;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] };
    const move = moves[e.key];
    const inside = (v: number) => Math.min(1.2, Math.max(-1.2, v));
    if (move !== undefined) this.moveTo({ x: inside(x + move[0]), y: inside(y + move[1]) });
    else if (e.key === "1" || e.key === "2") this.add(x, y, e.key === "2" ? 1 : 0, false);
    else if (e.key === " " || e.key === "Enter") this.add(x, y, this.label, false);
    else if (e.key === "Delete" || e.key === "Backspace") this.set(this.owner.drawn.slice(0, -1));
    else return;
    e.preventDefault();
  }

  private draw(g: CanvasRenderingContext2D, size: number): void {
    const p = palette();
    g.fillStyle = css(p.paper);
    g.fillRect(0, 0, size, size);
    if (this.region !== undefined) drawRegion(g, this.region, size);
    if (this.test !== undefined) drawPoints(g, this.test, size, { hollow: true, radius: 2.8 });
    if (this.train !== undefined) drawPoints(g, this.train, size);
    this.over?.(g, size);
    if (this.cursor === undefined) return;
    const [x, y] = [toPixel(this.cursor.x, size, false), toPixel(this.cursor.y, size, true)];
    g.strokeStyle = css(p.ink);
    g.lineWidth = 1.5;
    g.beginPath();
    for (const [dx, dy] of [
      [12, 0],
      [-12, 0],
      [0, 12],
      [0, -12],
    ] as const) {
      g.moveTo(x + dx / 2, y + dy / 2);
      g.lineTo(x + dx, y + dy);
    }
    g.stroke();
    drawPoint(g, x, y, this.label === 1, 4, true);
  }
}

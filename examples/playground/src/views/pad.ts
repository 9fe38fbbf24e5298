import { SIDE } from "../shared/digits";
import { css, palette } from "./palette";
import { Picture } from "./picture";

/** Strokes are kept on a board of this many units a side. */
const BOARD = 280;
const PEN = 22;
/** MNIST's digits fill a box of 20 pixels, and their centre of mass is the centre of the picture. */
const BOX = 20;
const MOVE = BOARD / SIDE;

type Stroke = [number, number][];

/** A board to write a digit on, by mouse, finger or keys. */
export class Pad {
  readonly picture: Picture;
  private strokes: Stroke[] = [];
  /** Where the keys' pen is, and whether it writes. */
  private pen: { x: number; y: number; down: boolean } | undefined;

  constructor(private readonly changed: () => void) {
    this.picture = new Picture(
      "Write a digit here with mouse or finger. Keys: arrows move the pen, space lowers and raises it, Delete clears.",
      (g, size) => this.draw(g, size),
      {
        class: "plane drawing pad",
        role: "application",
        tabindex: 0,
      },
    );
    const { canvas } = this.picture;
    const at = (e: PointerEvent): [number, number] => [(e.offsetX / canvas.clientWidth) * BOARD, (e.offsetY / canvas.clientHeight) * BOARD];
    canvas.addEventListener("pointerdown", (e) => {
      canvas.setPointerCapture(e.pointerId);
      this.pen = undefined;
      this.strokes.push([at(e)]);
      this.tell();
    });
    canvas.addEventListener("pointermove", (e) => {
      if (e.buttons === 0 || this.strokes.length === 0) return;
      this.strokes.at(-1)!.push(at(e));
      this.tell();
    });
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  clear(): void {
    this.strokes = [];
    this.pen = undefined;
    this.tell();
  }

  get empty(): boolean {
    return this.strokes.length === 0;
  }

  private tell(): void {
    this.picture.redraw();
    this.changed();
  }

  private key(e: KeyboardEvent): void {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    this.pen ??= { x: BOARD / 2, y: BOARD / 4, down: false };
    const { pen } = this;
    if (move !== undefined) {
      const inside = (v: number) => Math.min(BOARD - PEN / 2, Math.max(PEN / 2, v));
      pen.x = inside(pen.x + MOVE * move[0]!);
      pen.y = inside(pen.y + MOVE * move[1]!);
      if (pen.down) this.strokes.at(-1)!.push([pen.x, pen.y]);
    } else if (e.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.strokes.push([[pen.x, pen.y]]);
    } else if (e.key === "Delete" || e.key === "Backspace") {
      this.clear();
      e.preventDefault();
      return;
    } else return;
    e.preventDefault();
    this.tell();
  }

  private trace(g: CanvasRenderingContext2D): void {
    g.lineWidth = PEN;
    g.lineCap = g.lineJoin = "round";
    for (const stroke of this.strokes) {
      g.beginPath();
      for (const [x, y] of stroke) g.lineTo(x, y);
      // a dot is a very short line
      if (stroke.length === 1) g.lineTo(stroke[0]![0] + 0.1, stroke[0]![1]);
      g.stroke();
    }
  }

  private draw(g: CanvasRenderingContext2D, size: number): void {
    const p = palette();
    g.scale(size / BOARD, size / BOARD);
    g.fillStyle = css(p.paper);
    g.fillRect(0, 0, BOARD, BOARD);
    g.strokeStyle = css(p.line);
    g.lineWidth = 1;
    g.strokeRect(BOARD / 7, BOARD / 7, (5 * BOARD) / 7, (5 * BOARD) / 7);
    g.strokeStyle = css(p.ink);
    this.trace(g);
    if (this.pen === undefined) return;
    g.fillStyle = css(this.pen.down ? p.b : p.a);
    g.beginPath();
    g.arc(this.pen.x, this.pen.y, 7, 0, 2 * Math.PI);
    g.fill();
  }

  /** The digit as MNIST has them: SIDE x SIDE values from 0 to 1, scaled into BOX x BOX and centred by mass. */
  pixels(): Float32Array<ArrayBuffer> {
    const xs = this.strokes.flatMap((s) => s.map(([x]) => x));
    const ys = this.strokes.flatMap((s) => s.map(([, y]) => y));
    const out = new Float32Array(SIDE * SIDE);
    if (xs.length === 0) return out;
    const bounds = (v: number[]) => [Math.min(...v) - PEN / 2, Math.max(...v) + PEN / 2] as const;
    const [[left, right], [top, bottom]] = [bounds(xs), bounds(ys)];
    const scale = BOX / Math.max(right - left, bottom - top);
    const render = (dx: number, dy: number) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = SIDE;
      const g = canvas.getContext("2d", { willReadFrequently: true })!;
      g.strokeStyle = "#fff";
      g.setTransform(scale, 0, 0, scale, dx - scale * left, dy - scale * top);
      this.trace(g);
      const { data } = g.getImageData(0, 0, SIDE, SIDE);
      for (let k = 0; k < out.length; k++) out[k] = data[4 * k + 3]! / 255;
    };
    const [dx, dy] = [(SIDE - scale * (right - left)) / 2, (SIDE - scale * (bottom - top)) / 2];
    render(dx, dy);
    let [mass, mx, my] = [0, 0, 0];
    for (let k = 0; k < out.length; k++) {
      mass += out[k]!;
      mx += out[k]! * (k % SIDE);
      my += out[k]! * Math.floor(k / SIDE);
    }
    const centre = (SIDE - 1) / 2;
    render(dx + Math.round(centre - mx / mass), dy + Math.round(centre - my / mass));
    return out;
  }
}

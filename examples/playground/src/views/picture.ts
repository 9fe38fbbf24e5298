import { el, type Props } from "./dom";

export type Draw = (g: CanvasRenderingContext2D, width: number, height: number) => void;

const all = new Set<WeakRef<Picture>>();

/** Draws every picture anew, as after a change of colours. */
export function redrawAll(): void {
  for (const ref of all) {
    const picture = ref.deref();
    if (picture === undefined) all.delete(ref);
    else picture.redraw();
  }
}

/** A canvas as sharp as the screen, drawn anew when its size changes; drawing is measured in CSS pixels. */
export class Picture {
  readonly canvas: HTMLCanvasElement;
  private asked = false;

  constructor(
    label: string,
    private readonly draw: Draw,
    props: Props = {},
  ) {
    this.canvas = el("canvas", { role: "img", "aria-label": label, ...props });
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    all.add(new WeakRef(this));
  }

  /** What is to be seen, for those who do not see it. */
  describe(text: string): void {
    if (this.canvas.getAttribute("aria-label") !== text) this.canvas.setAttribute("aria-label", text);
  }

  redraw(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.now();
    });
  }

  private now(): void {
    const { canvas } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0 || height === 0) return;
    const ratio = Math.min(2, devicePixelRatio);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const g = canvas.getContext("2d")!;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    this.draw(g, width, height);
  }
}

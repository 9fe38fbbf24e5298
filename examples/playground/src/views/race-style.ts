import { OPTIMIZERS, type OptimizerName } from "../shared/settings";

/** A colour, a dash and a mark each: no two share all three, and colour is never the only difference. */
export interface RacerStyle {
  hue: string;
  dash: number[];
  mark: "disc" | "square" | "triangle";
}

/** Colours after Paul Tol's "bright" scheme, which the colour-blind can tell apart, deep enough for light and dark alike. */
const HUES = ["#4477aa", "#cc5566", "#228833", "#b8960c", "#2795b5", "#aa3377", "#777777"];
const MARKS = ["disc", "square", "triangle"] as const;

export const STYLES = Object.fromEntries(
  OPTIMIZERS.map((name, k) => [name, { hue: HUES[k % HUES.length]!, dash: k < HUES.length ? [] : [7, 4], mark: MARKS[k % 3]! }]),
) as Record<OptimizerName, RacerStyle>;

export function drawMark(g: CanvasRenderingContext2D, { hue, mark }: RacerStyle, x: number, y: number, r: number, edge: string): void {
  g.beginPath();
  if (mark === "disc") g.arc(x, y, r, 0, 2 * Math.PI);
  else if (mark === "square") g.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else {
    g.moveTo(x, y - 1.2 * r);
    g.lineTo(x + 1.1 * r, y + 0.9 * r);
    g.lineTo(x - 1.1 * r, y + 0.9 * r);
    g.closePath();
  }
  g.fillStyle = hue;
  g.strokeStyle = edge;
  g.lineWidth = 1.5;
  g.fill();
  g.stroke();
}

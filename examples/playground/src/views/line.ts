import { GRID, REACH } from "../shared/messages";
import { toPixel } from "./region";

/** Strokes the line w0 + w1 x + w2 y = 0 across a picture of the plane. */
export function strokeLine(g: CanvasRenderingContext2D, [w0, w1, w2]: readonly number[], size: number): void {
  const length = Math.hypot(w1!, w2!);
  if (length < 1e-9) return;
  // the point of the line nearest to the middle, and along it both ways
  const [x, y] = [(-w0! * w1!) / length ** 2, (-w0! * w2!) / length ** 2];
  const [dx, dy] = [(-w2! / length) * 4 * REACH, (w1! / length) * 4 * REACH];
  g.beginPath();
  g.moveTo(toPixel(x - dx, size, false), toPixel(y - dy, size, true));
  g.lineTo(toPixel(x + dx, size, false), toPixel(y + dy, size, true));
  g.stroke();
}

/** Which side of the line each cell of the picture is on, as a logit; near the line a slope, so that its edge is smooth. */
export function sidesOf(weights: readonly number[]): Float32Array {
  const [w0, w1, w2] = weights as readonly [number, number, number];
  const length = Math.hypot(w1, w2) || 1;
  const at = (v: number) => REACH * ((2 * (v + 0.5)) / GRID - 1);
  return Float32Array.from({ length: GRID * GRID }, (_, k) => {
    const distance = (w0 + w1 * at(k % GRID) - w2 * at(Math.floor(k / GRID))) / length;
    return Math.max(-1.2, Math.min(1.2, 60 * distance));
  });
}

import { type Points, REACH } from "../shared/messages";
import { contour, strokeContour } from "./contour";
import { css, heatmap, palette } from "./palette";

/** Pixels of a place in the plane, on a square picture. */
export const toPixel = (v: number, size: number, flip: boolean) => ((flip ? REACH - v : v + REACH) / (2 * REACH)) * size;
export const fromPixel = (p: number, size: number, flip: boolean) =>
  flip ? REACH - (p / size) * 2 * REACH : (p / size) * 2 * REACH - REACH;

/** The logits of a region as colours, and the line where both classes are as likely. */
export function drawRegion(g: CanvasRenderingContext2D, logits: Float32Array, size: number): void {
  const p = palette();
  // tanh(z / 2) is how much more likely class b is than class a
  const n = Math.sqrt(logits.length);
  const picture = heatmap((k) => Math.tanh(logits[k]! / 2), n, p, 0.62);
  g.imageSmoothingEnabled = true;
  g.imageSmoothingQuality = "high";
  g.drawImage(picture, 0, 0, size, size);
  g.strokeStyle = css(p.ink, 0.75);
  g.lineWidth = 1.5;
  g.lineCap = "round";
  strokeContour(g, contour(logits, n, 0), n, size, size);
}

export interface PointStyle {
  hollow?: boolean;
  radius?: number;
}

/** Class a are discs, class b squares on their corner: shape tells them apart too. */
export function drawPoints(
  g: CanvasRenderingContext2D,
  { xy, labels }: Points,
  size: number,
  { hollow = false, radius = 3.6 }: PointStyle = {},
): void {
  for (let k = 0; k < labels.length; k++)
    drawPoint(g, toPixel(xy[2 * k]!, size, false), toPixel(xy[2 * k + 1]!, size, true), labels[k] === 1, radius, hollow);
}

export function drawPoint(g: CanvasRenderingContext2D, x: number, y: number, second: boolean, radius: number, hollow = false): void {
  const p = palette();
  g.beginPath();
  if (second) {
    const r = radius * 1.2;
    g.moveTo(x, y - r);
    g.lineTo(x + r, y);
    g.lineTo(x, y + r);
    g.lineTo(x - r, y);
    g.closePath();
  } else g.arc(x, y, radius, 0, 2 * Math.PI);
  const colour = second ? p.b : p.a;
  g.lineWidth = 1.4;
  if (hollow) {
    g.fillStyle = css(p.paper, 0.5);
    g.strokeStyle = css(colour);
  } else {
    g.fillStyle = css(colour);
    g.strokeStyle = css(p.paper);
  }
  g.fill();
  g.stroke();
}

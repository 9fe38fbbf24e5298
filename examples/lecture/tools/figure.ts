/** Line charts and decision regions as SVG, for light and dark pages. Written with --docs only. */
import { mkdirSync, writeFileSync } from "node:fs";
import { target } from "./page";
import { rangeOf, scale } from "./scale";

export interface Series {
  /** In the legend; the same name has the same colour in all panels. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** A line (default), a dashed line, or single points. */
  readonly as?: "line" | "dashed" | "points";
}

export interface Panel {
  readonly title?: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Shades the places where it says yes. */
  readonly region?: (x: number, y: number) => boolean;
}

export interface Figure {
  readonly panels: readonly Panel[];
  readonly columns?: number;
  /** Size of a panel's plot in pixels. */
  readonly width?: number;
  readonly height?: number;
}

const LIGHT = ["#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#1b7c83", "#bf3989", "#57606a"];
const DARK = ["#58a6ff", "#ff7b72", "#3fb950", "#d29922", "#bc8cff", "#39c5cf", "#f778ba", "#8b949e"];
/** Beyond eight lines the colours come again, dotted. */
const DOTS = ["", "2 3", "7 3 2 3"];
const [LEFT, RIGHT, TOP, BOTTOM] = [68, 18, 28, 48];

const theme = (colors: readonly string[], page: string, ink: string, faint: string) =>
  `.page{fill:${page}}.ink{fill:${ink}}.axis{stroke:${ink}}.grid{stroke:${faint}}` +
  colors.map((c, k) => `.s${k}{stroke:${c}}.f${k}{fill:${c}}`).join("");
const STYLE =
  `text{font:12px system-ui,"Segoe UI","DejaVu Sans",Arial,sans-serif}.head{font-weight:600}.line{fill:none;stroke-width:2;stroke-linejoin:round}.dash{stroke-dasharray:6 4}` +
  `.axis,.grid{fill:none;stroke-width:1}.dot{stroke-width:1.5}.area{fill-opacity:.18}${theme(LIGHT, "#fff", "#1f2328", "#d8dee4")}` +
  `@media(prefers-color-scheme:dark){${theme(DARK, "#0d1117", "#e6edf3", "#30363d")}}`;

const n = (v: number) => String(Math.round(v * 10) / 10);
const escaped = (s: string) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const text = (x: number, y: number, s: string, more = "") => `<text class="ink" x="${n(x)}" y="${n(y)}"${more}>${escaped(s)}</text>`;

/** One path of rectangles, two pixels high, over the places where region() holds. */
function shade(region: (x: number, y: number) => boolean, w: number, h: number, [x0, x1]: readonly number[], [y0, y1]: readonly number[]) {
  const STEP = 2;
  let d = "";
  for (let y = 0; y < h; y += STEP)
    for (let x = 0, start = -1; x <= w; x += STEP) {
      const inside = x < w && region(x0! + ((x1! - x0!) * (x + STEP / 2)) / w, y1! - ((y1! - y0!) * (y + STEP / 2)) / h);
      if (inside && start < 0) start = x;
      if (inside || start < 0) continue;
      d += `M${start} ${y}h${x - start}v${STEP}h${start - x}z`;
      start = -1;
    }
  return `<path class="f0 area" shape-rendering="crispEdges" d="${d}"/>`;
}

function panelOf(p: Panel, w: number, h: number, colour: (name: string) => number, id: string): string {
  const all = (pick: "x" | "y") => p.series.flatMap((s) => Array.from(s[pick]));
  const [xs, ys] = [p.xRange ?? rangeOf(all("x"), p.logX ?? false), p.yRange ?? rangeOf(all("y"), p.logY ?? false)];
  const [sx, sy] = [scale(xs, p.logX ?? false, 0, w, w < 200 ? 5 : 6), scale(ys, p.logY ?? false, h, 0, h < 160 ? 4 : 6)];
  const out = [`<clipPath id="${id}"><rect width="${w}" height="${h}"/></clipPath>`];
  for (const { at } of sx.ticks) out.push(`<path class="grid" d="M${n(at)} 0V${h}"/>`);
  for (const { at } of sy.ticks) out.push(`<path class="grid" d="M0 ${n(at)}H${w}"/>`);
  if (p.region !== undefined) out.push(shade(p.region, w, h, xs, ys));
  out.push(`<path class="axis" d="M0 0V${h}H${w}"/>`);
  for (const { at, label } of sx.ticks) out.push(text(at, h + 16, label, ' text-anchor="middle"'));
  for (const { at, label } of sy.ticks) out.push(text(-7, at + 4, label, ' text-anchor="end"'));
  out.push(text(w / 2, h + 36, p.x, ' text-anchor="middle"'));
  out.push(text(0, 0, p.y, ` text-anchor="middle" transform="translate(-53 ${n(h / 2)}) rotate(-90)"`));
  if (p.title !== undefined) out.push(text(0, -10, p.title).replace('class="ink"', 'class="ink head"'));
  const drawn = p.series.map((s) => {
    const c = colour(s.name);
    const points = Array.from(s.x, (x, k) => [sx.place(x), sy.place(s.y[k]!)] as const).filter(([, y]) => Number.isFinite(y));
    if (s.as === "points")
      return points.map(([x, y]) => `<circle class="f${c % 8} dot" stroke="#fff" cx="${n(x)}" cy="${n(y)}" r="4.5"/>`).join("");
    const dots = DOTS[Math.floor(c / 8)]! === "" ? "" : ` stroke-dasharray="${DOTS[Math.floor(c / 8)]}"`;
    const d = points.map(([x, y], k) => `${k === 0 ? "M" : "L"}${n(x)} ${n(Math.max(-h, Math.min(2 * h, y)))}`).join("");
    return `<path class="line s${c % 8}${s.as === "dashed" ? " dash" : ""}"${dots} d="${d}"/>`;
  });
  out.push(`<g clip-path="url(#${id})">${drawn.join("")}</g>`);
  return out.join("\n");
}

/** The whole picture; panels from left to right, row by row, the legend on the right. */
export function svg(name: string, { panels, columns = Math.min(panels.length, 3), width = 300, height = 200 }: Figure): string {
  const kinds = new Map(panels.flatMap((p) => p.series.map((s) => [s.name, s.as ?? "line"] as const)));
  const names = [...kinds.keys()];
  const colour = (s: string) => names.indexOf(s);
  const [cell, row] = [LEFT + width + RIGHT, TOP + height + BOTTOM];
  const legend = names.length < 2 ? 0 : 46 + 7 * Math.max(...names.map((s) => s.length));
  const [w, h] = [columns * cell + legend, Math.max(Math.ceil(panels.length / columns) * row, 20 * names.length + TOP) + 4];
  const parts = panels.map((p, k) => {
    const at = `translate(${(k % columns) * cell + LEFT} ${Math.floor(k / columns) * row + TOP})`;
    return `<g transform="${at}">\n${panelOf(p, width, height, colour, `${name}-${k}`)}\n</g>`;
  });
  const keys = (legend === 0 ? [] : names).map((s, k) => {
    const [x, y] = [columns * cell + 4, TOP + 8 + 20 * k];
    const dots = DOTS[Math.floor(k / 8)]! === "" ? "" : ` stroke-dasharray="${DOTS[Math.floor(k / 8)]}"`;
    const mark =
      kinds.get(s) === "points"
        ? `<circle class="f${k % 8} dot" stroke="#fff" cx="${x + 12}" cy="${y - 4}" r="4.5"/>`
        : `<path class="line s${k % 8}${kinds.get(s) === "dashed" ? " dash" : ""}"${dots} d="M${x} ${y - 4}h24"/>`;
    return mark + text(x + 32, y, s);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${w}" height="${h}" rx="8"/>`,
    ...parts,
    ...keys,
    "</svg>\n",
  ].join("\n");
}

/** Writes a figure, where figures are asked for. */
export function figure(name: string, content: Figure): void {
  if (target === undefined) return;
  mkdirSync(`${target}/figures`, { recursive: true });
  writeFileSync(`${target}/figures/${name}.svg`, svg(name, content));
}

/** `count` numbers from low to high. */
export const span = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => low + ((high - low) * k) / (count - 1));

export type Rgb = readonly [number, number, number];

/** The colours of the page as numbers, in the theme of the moment. */
export interface Palette {
  a: Rgb;
  b: Rgb;
  paper: Rgb;
  ink: Rgb;
  muted: Rgb;
  line: Rgb;
}

let known: Palette | undefined;

/** "#rrggbb", or "#rgb" where the build shortened it. */
const parse = (text: string): Rgb => {
  const hex = text.trim().slice(1);
  const n = Number.parseInt(hex.length === 3 ? hex.replace(/./g, "$&$&") : hex, 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
};

export function palette(): Palette {
  if (known !== undefined) return known;
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => parse(style.getPropertyValue(`--${name}`));
  known = { a: of("a"), b: of("b"), paper: of("paper"), ink: of("ink"), muted: of("muted"), line: of("line") };
  return known;
}

/** After a change of theme. */
export function forgetPalette(): void {
  known = undefined;
}

export const css = ([r, g, b]: Rgb, alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

const mix = (from: Rgb, to: Rgb, t: number): Rgb => [0, 1, 2].map((k) => Math.round(from[k]! + (to[k]! - from[k]!) * t)) as unknown as Rgb;

/** From class a over paper to class b: t from -1 to 1. */
export function diverging(t: number, { a, b, paper }: Palette, strength = 1): Rgb {
  return t < 0 ? mix(paper, a, Math.min(1, -t) * strength) : mix(paper, b, Math.min(1, t) * strength);
}

/** Values from -1 to 1 as a square picture of n x n cells. */
export function heatmap(values: (k: number) => number, n: number, p: Palette, strength: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = n;
  const g = canvas.getContext("2d")!;
  const image = g.createImageData(n, n);
  const table = Array.from({ length: 129 }, (_, k) => diverging((k - 64) / 64, p, strength));
  for (let k = 0; k < n * n; k++) {
    const [r, gr, b] = table[Math.round(64 + 64 * Math.min(1, Math.max(-1, values(k))))] ?? table[64]!;
    image.data.set([r, gr, b, 255], 4 * k);
  }
  g.putImageData(image, 0, 0);
  return canvas;
}

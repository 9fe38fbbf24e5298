/** Small log-log charts as SVG, readable on light and on dark pages. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Panel {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [360, 300];
const MARGIN = { left: 62, right: 14, top: 34, bottom: 46 };
// blue, orange and green that keep a contrast of 3 on white and on near-black
const COLOURS = ["#3b82d6", "#d9731a", "#2f9e62"];
const STYLE = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;font-size:13px;fill:#24292f}.grid{stroke:#8c959f;stroke-opacity:.28}
.axis{stroke:#8c959f}.line{fill:none;stroke-width:2.2;stroke-linejoin:round}
@media(prefers-color-scheme:dark){text{fill:#9da7b1}.title{fill:#e6edf3}}`;

const escaped = (s: string) => s.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const n = (x: number) => Number(x.toFixed(1)).toString();

/** Whole powers of `base` that enclose the values. */
function powers(values: readonly number[], base: number): number[] {
  const log = (v: number) => Math.log(v) / Math.log(base);
  const [low, high] = [Math.floor(log(Math.min(...values)) + 1e-9), Math.ceil(log(Math.max(...values)) - 1e-9)];
  return Array.from({ length: high - low + 1 }, (_, k) => base ** (low + k));
}

function compact(v: number): string {
  const [name, unit] = (
    [
      ["M", 1e6],
      ["k", 1e3],
      ["", 1],
    ] as const
  ).find(([, u]) => v >= u) ?? ["", 1];
  return `${Number((v / unit).toPrecision(3))}${name}`;
}

function panel({ title, x, y, series }: Panel, left: number, top: number): string {
  const points = series.flatMap((s) => s.points);
  const xs = powers(
    points.map((p) => p[0]),
    2,
  );
  const ys = powers(
    points.map((p) => p[1]),
    10,
  );
  const scale = (v: number, all: number[], from: number, to: number) =>
    from + ((Math.log(v) - Math.log(all[0]!)) / (Math.log(all.at(-1)!) - Math.log(all[0]!))) * (to - from);
  const atX = (v: number) => scale(v, xs, left + MARGIN.left, left + WIDTH - MARGIN.right);
  const atY = (v: number) => scale(v, ys, top + HEIGHT - MARGIN.bottom, top + MARGIN.top);
  const line = (x1: number, y1: number, x2: number, y2: number, style: string) =>
    `<line class="${style}" x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"/>`;
  const text = (s: string, at: number, y: number, anchor = "middle", more = "") =>
    `<text x="${n(at)}" y="${n(y)}" text-anchor="${anchor}"${more}>${escaped(s)}</text>`;
  const [x0, x1, y0, y1] = [atX(xs[0]!), atX(xs.at(-1)!), atY(ys[0]!), atY(ys.at(-1)!)];
  const middle = (y0 + y1) / 2;
  return [
    text(title, left + MARGIN.left, top + 20, "start", ' class="title"'),
    ...ys.flatMap((v) => [line(x0, atY(v), x1, atY(v), "grid"), text(compact(v), x0 - 7, atY(v) + 4, "end")]),
    ...xs.filter((_, k) => k % 2 === 0).flatMap((v) => [line(atX(v), y0, atX(v), y1, "grid"), text(String(v), atX(v), y0 + 17)]),
    line(x0, y0, x1, y0, "axis"),
    line(x0, y0, x0, y1, "axis"),
    text(x, (x0 + x1) / 2, y0 + 36),
    text(y, left + 16, middle, "middle", ` transform="rotate(-90 ${n(left + 16)} ${n(middle)})"`),
    ...series.map((s, k) => {
      const path = s.points.map(([px, py]) => `${n(atX(px))},${n(atY(py))}`);
      const dots = s.points.map(([px, py]) => `<circle cx="${n(atX(px))}" cy="${n(atY(py))}" r="2.4"/>`).join("");
      return `<polyline class="line" stroke="${COLOURS[k]}" points="${path.join(" ")}"/><g fill="${COLOURS[k]}">${dots}</g>`;
    }),
  ].join("\n");
}

/** Panels side by side under one legend. */
export function chart(panels: readonly Panel[], legend: readonly string[]): string {
  const [width, height] = [WIDTH * panels.length, HEIGHT + 28];
  const names = legend.map(
    (name, k) =>
      `<line class="line" stroke="${COLOURS[k]}" x1="${62 + 190 * k}" y1="14" x2="${86 + 190 * k}" y2="14"/><text x="${92 + 190 * k}" y="18">${escaped(name)}</text>`,
  );
  const body = panels.map((p, k) => panel(p, k * WIDTH, 24));
  const label = escaped(panels.map((p) => p.title).join("; "));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">
<style>${STYLE}</style>
${[...names, ...body].join("\n")}
</svg>
`;
}

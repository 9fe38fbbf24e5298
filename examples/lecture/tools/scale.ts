/** From values to places on an axis, and the round values worth a tick. */
export interface Scale {
  readonly place: (v: number) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (k: number) => `10${k < 0 ? "⁻" : ""}${[...String(Math.abs(k))].map((d) => SUPERSCRIPT[Number(d)]).join("")}`;

function linear([low, high]: readonly [number, number], from: number, to: number, most: number): Scale {
  const rough = (high - low) / most;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= rough * 0.999)!;
  const place = (v: number) => from + ((v - low) / (high - low)) * (to - from);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    const v = Number((k * step).toPrecision(12));
    ticks.push({ at: place(v), label: String(v).replace("-", "−") });
  }
  return { place, ticks };
}

function logarithmic([low, high]: readonly [number, number], from: number, to: number, most: number): Scale {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const place = (v: number) => from + ((Math.log10(Math.max(v, low / 1e3)) - a) / (b - a)) * (to - from);
  const every = Math.max(1, Math.ceil((b - a) / most));
  const ticks = [];
  for (let k = Math.ceil(a / every - 1e-9) * every; k <= b + 1e-9; k += every) ticks.push({ at: place(10 ** k), label: power(k) });
  return { place, ticks };
}

/** What of some values an axis shows: all of them, and a little more. */
export function rangeOf(values: readonly number[], log: boolean): [number, number] {
  const finite = values.filter((v) => Number.isFinite(v) && (!log || v > 0));
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (log) return [10 ** Math.floor(Math.log10(low) + 1e-9), 10 ** Math.ceil(Math.log10(high) - 1e-9)];
  const pad = 0.05 * (high - low || 1);
  return [low - pad, high + pad];
}

export const scale = (range: readonly [number, number], log: boolean, from: number, to: number, most: number): Scale =>
  (log ? logarithmic : linear)(range, from, to, most);

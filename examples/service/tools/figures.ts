/** Small statistics for the tools. */

/** The value below which a share of the numbers lies. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** A straight line through points by least squares: its slope, and the standard error of that. */
export function slopeOf(x: readonly number[], y: readonly number[]): { slope: number; error: number } {
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
  const slope = x.reduce((sum, v, k) => sum + (v - mx) * (y[k]! - my), 0) / sxx;
  const left = y.reduce((sum, v, k) => sum + (v - my - slope * (x[k]! - mx)) ** 2, 0);
  return { slope, error: Math.sqrt(left / (x.length - 2) / sxx) };
}

/** Means of so many consecutive values: neighbours are alike, and count as one. */
export const blocks = (list: readonly number[], size: number): number[] =>
  Array.from({ length: Math.floor(list.length / size) }, (_, k) => list.slice(k * size, (k + 1) * size).reduce((a, b) => a + b, 0) / size);

/** Figures of /metrics by name; of those with labels, their sum. */
export async function figuresOf(url: string): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  for (const line of (await (await fetch(`${url}/metrics`)).text()).split("\n")) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) figures.set(name, (figures.get(name) ?? 0) + Number(value));
  }
  return figures;
}

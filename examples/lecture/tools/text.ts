/** Text for the terminal. */

export const fixed = (v: number, digits = 4): string => (Math.abs(v) < 0.5 * 10 ** -digits ? 0 : v).toFixed(digits);
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
export const vector = (values: Iterable<number>, digits?: number): string =>
  `(${[...values].map((v) => (digits === undefined ? String(Number(v.toPrecision(6))) : fixed(v, digits))).join(", ")})`;

/** A heading with a line below it. */
export function title(text: string): void {
  console.log(`\n${text}\n${"-".repeat(text.length)}`);
}

/** Prints rows under their heads, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, c) => Math.max(...cells.map((row) => row[c]!.length)));
  const right = head.map((_, c) => rows.every((row) => row[c] === "" || /^[-+(]?[\d.]/.test(String(row[c]))));
  for (const row of cells)
    console.log(
      row
        .map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join("  ")
        .trimEnd(),
    );
}

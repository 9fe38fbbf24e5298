/** How the rows of an epoch are cut into steps. */
export interface Cut {
  readonly rows: number;
  readonly batch: number;
  /** Steps an epoch. */
  readonly steps: number;
}

export function cut(rows: number, batch: number, lastBatch: "keep" | "drop"): Cut {
  const size = Math.min(batch, rows);
  return { rows, batch: size, steps: lastBatch === "drop" ? Math.floor(rows / size) : Math.ceil(rows / size) };
}

/** Rows of a step: the last may have fewer. */
export const rowsOf = (c: Cut, step: number): number => Math.min(c.batch, c.rows - step * c.batch);

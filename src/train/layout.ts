/**
 * The row of numbers a step reads: what may differ from one step to the next. Word offsets; the optimizer's numbers follow.
 */
export const ROW = {
  /** Bit 0: run the update section. */
  flags: 0,
  /** Address the step's loss and metrics go to. */
  results: 1,
  /** First position of the batch in the order of rows. */
  cursor: 2,
  /** key0, key1, step, first row: what random kernels read. */
  generator: 4,
  hyper: 8,
} as const;

/** Bytes of a row with so many words of optimizer numbers; the interpreter copies 16 at a time. */
export const rowBytes = (hyperWords: number): number => 16 * Math.ceil((ROW.hyper + hyperWords) / 4);

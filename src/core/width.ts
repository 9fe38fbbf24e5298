/** Slices between two looks at the width that is not in use: where all is as it was, and where one lane is the faster. */
const SELDOM = 128;
const OFTEN = 24;
/** Slices at the beginning in which both widths take turns, while the engine still replaces baseline code. */
const FIRST = 6;

/**
 * Whether a program runs faster on one lane or on all it may have: by what its last slices took, since that depends on what else the machine does. The bits are the same.
 */
export class Width {
  private slices = 0;
  private since = 0;
  /** Milliseconds a step, of late and at best: on one lane, on several. */
  private readonly pace = [Number.NaN, Number.NaN];
  private best = Infinity;

  constructor(
    /** Lanes it may have at most. */
    readonly most: number,
  ) {}

  /** Lanes to ask for. */
  next(): number {
    if (this.most === 1) return 1;
    const slice = this.slices++;
    if (slice < FIRST) return slice % 2 === 0 ? this.most : 1;
    const [one, many] = this.pace as [number, number];
    const several = !(one <= many);
    const slower = several && many > 1.25 * this.best;
    this.since++;
    if (this.since < (several && !slower ? SELDOM : OFTEN)) return several ? this.most : 1;
    this.since = 0;
    this.best = Infinity;
    return several ? 1 : this.most;
  }

  /** Takes note of what steps took. */
  saw(lanes: number, ms: number): void {
    const k = lanes > 1 ? 1 : 0;
    // the first ones are of code that is being replaced
    const before = this.slices > FIRST ? this.pace[k]! : ms;
    this.pace[k] = before > 0 ? (before + ms) / 2 : ms;
    if (k === 1) this.best = Math.min(this.best, ms);
  }
}

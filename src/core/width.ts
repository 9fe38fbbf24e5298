/** Slices between two looks at the width that is not in use: after it has become the slower, then twice as many whenever it still is. */
const SOON = 4;
const SELDOM = 64;
/** Slices at the beginning in which both widths take turns, while the engine still replaces baseline code. */
const FIRST = 6;
/** What the last slice counts in the mean. */
const NEW = 0.3;

/**
 * Whether a program runs faster on one lane or on all it may have: by what its last slices took, since that depends on what else the machine does. The bits are the same.
 */
export class Width {
  private slices = 0;
  private since = 0;
  private every = SOON;
  private several = true;
  /** Milliseconds a step, a moving mean: on one lane, on several. */
  private readonly pace = [Number.NaN, Number.NaN];

  constructor(
    /** Lanes it may have at most. */
    readonly most: number,
  ) {}

  /** Lanes to ask for. */
  next(): number {
    if (this.most === 1) return 1;
    const slice = this.slices++;
    if (slice < FIRST) return slice % 2 === 0 ? this.most : 1;
    const look = ++this.since >= this.every;
    if (look) {
      this.since = 0;
      this.every = Math.min(2 * this.every, SELDOM);
    }
    return this.several !== look ? this.most : 1;
  }

  /** Takes note of what steps took. */
  saw(lanes: number, ms: number): void {
    const k = lanes > 1 ? 1 : 0;
    // the first ones are of code that is being replaced
    const before = this.slices > FIRST ? this.pace[k]! : ms;
    this.pace[k] = before > 0 ? before + NEW * (ms - before) : ms;
    const [one, many] = this.pace as [number, number];
    const several = !(one <= many);
    if (several !== this.several) this.every = SOON;
    this.several = several;
  }
}

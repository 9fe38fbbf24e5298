/** A noisy host: what it does to samples that are taken one after the other. Everything comes from the seed. */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Noise {
  /** Standard deviation of a sample, relative. */
  readonly sample: number;
  /** Of the luck of a process: one draw for all its samples. */
  readonly process: number;
  /** Speed in the slow phase, 1 without one. */
  readonly slow: number;
  /** Mean samples until the phase changes. */
  readonly dwell: number;
  /** Share of samples that take half as long again or more. */
  readonly spikes: number;
  /** Relative slow-down from the first sample to the 1000th. */
  readonly drift: number;
}

export const QUIET: Noise = { sample: 0.01, process: 0.005, slow: 1, dwell: 1, spikes: 0, drift: 0 };
export const BIMODAL: Noise = { sample: 0.02, process: 0.015, slow: 0.7, dwell: 40, spikes: 0.03, drift: 0 };
export const DRIFTING: Noise = { sample: 0.02, process: 0.015, slow: 1, dwell: 1, spikes: 0.03, drift: 0.4 };
export const ROUGH: Noise = { sample: 0.06, process: 0.03, slow: 0.7, dwell: 15, spikes: 0.08, drift: 0.2 };

export class Host {
  private readonly next: () => number;
  private phase: boolean;
  private taken = 0;

  constructor(
    readonly noise: Noise,
    seed: number,
  ) {
    this.next = random(seed);
    this.phase = this.next() < 0.5;
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** The luck of a new process. */
  process(): number {
    return Math.exp(this.noise.process * this.normal());
  }

  /** Time that work of 1 takes now. */
  time(): number {
    const { sample, slow, dwell, spikes, drift } = this.noise;
    if (slow < 1 && this.next() < 1 / dwell) this.phase = !this.phase;
    const spike = this.next() < spikes ? 1.5 + this.next() : 1;
    const late = 1 + (drift * this.taken++) / 1000;
    return (Math.exp(sample * this.normal()) * spike * late) / (this.phase ? slow : 1);
  }
}

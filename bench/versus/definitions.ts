import { readFileSync } from "node:fs";

export const here = new URL(".", import.meta.url);
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, here), "utf8")) as T;

export interface Workload {
  readonly id: string;
  readonly kind: "train" | "infer" | "product" | "map" | "adam";
  readonly sizes?: readonly number[];
  readonly batch?: number;
  readonly loss?: string;
  readonly optimizer?: string;
  readonly norm?: boolean;
  readonly items?: number;
  readonly op?: string;
  readonly m?: number;
  readonly k?: number;
  readonly n?: number;
}

export interface Peer {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly variant?: string;
  readonly package?: string;
  /** Packages that it needs and does not name. */
  readonly beside?: readonly string[];
  /** Shortest sample; longer where a call is meant to do many steps. */
  readonly sampleMs?: number;
  /**
   * Environment of its process. By default glibc gives large blocks back and faults them in again at each step, which virtual machines make dear, so that PyTorch is
   * measured with memory kept too.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** In result.md, not in the README. */
  readonly aside?: boolean;
  /** wasm: runs WebAssembly; js: plain JavaScript. The best JS peer is the best of both. */
  readonly group?: "wasm" | "js";
  readonly kinds?: readonly string[];
  /** How its training differs, by kind, optimizer or loss of the workload. */
  readonly note?: Readonly<Record<string, string>>;
}

/** Ratio ours/peer in speed, on relaxed SIMD; plain SIMD owes `plainShare` of it. */
export interface Target {
  readonly workload: string;
  readonly ours: "run" | "call";
  readonly peer?: string;
  readonly ratio?: number;
  /** Where Node 22 owes less than later versions. */
  readonly node22?: number;
  readonly plainShare?: number;
  readonly atMostUs?: number;
}

export const workloads = read<Workload[]>("workloads.json");
export const peers = read<Peer[]>("peers.json");
export const targets = read<Target[]>("targets.json");

export const noteOf = ({ note }: Peer, w: Workload): string | undefined =>
  note?.[w.kind] ?? (w.kind === "train" ? (note?.[w.optimizer!] ?? note?.[w.loss!]) : undefined);

export interface Cell {
  /** Microseconds a step: the median over the rounds of each round's median. */
  us?: number;
  /** Half the interquartile range of the rounds, over the median. */
  spread?: number;
  /** Each round's median. */
  rounds?: number[];
  /** Loss of the first step, of the tenth, and after warm-up. */
  losses?: (number | null)[];
  /** The way that was fastest, where the peer has several. */
  way?: string;
  unable?: string;
}

export interface Startup {
  /** Milliseconds from the start of the process. */
  ms?: number;
  importMs?: number;
  unable?: string;
}

export interface EngineResult {
  node: string;
  arithmetic: string;
  date: string;
  cpu: string;
  cores: number;
  load: number;
  rounds: number;
  versions: Record<string, string>;
  cells: Record<string, Record<string, Cell>>;
  startup: Record<string, Startup>;
  sizes: Record<string, number>;
}

export interface Result {
  engines: EngineResult[];
}

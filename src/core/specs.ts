import { Act, Pair } from "../../assembly/opcodes";

// What entries of the table of instructions have in common.

/**
 * How an operand is used: `r` storage read, `w` storage wholly written, `rw` both, `s` scratch (nothing in, nothing out),
 * `a` address of a value in memory that may change between runs (0: none), `n` integer, `f` float immediate.
 */
export type OperandKind = "r" | "w" | "rw" | "s" | "a" | "n" | "f";

export interface InstructionSpec {
  readonly name: string;
  /** Operands in order, "name:kind". */
  readonly operands: readonly string[];
  /** Operands that repeat after `operands` until the end of the instruction. */
  readonly rest?: readonly string[];
  /** Floating-point operations, from the integer operands by name. */
  readonly flops: (n: (name: string) => number) => number;
}

export const none = () => 0;
export const perItem = (k: number) => (n: (name: string) => number) => k * n("n");
const BROADCAST = ["n:n", "d2:n", "d1:n", "d0:n", "a2:n", "a1:n", "a0:n", "b2:n", "b1:n", "b0:n", "ai:n", "bi:n"] as const;
export const binary = (name: string, k = 1): InstructionSpec => ({
  name,
  operands: ["out:w", "a:r", "b:r", ...BROADCAST],
  flops: (n) => k * n("n") * n("d0") * n("d1") * n("d2"),
});
export const unary = (name: string, k = 1): InstructionSpec => ({ name, operands: ["out:w", "x:r", "n:n"], flops: perItem(k) });
export const unaryGrad = (name: string, k = 2): InstructionSpec => ({
  name,
  operands: ["dx:w", "dy:r", "saved:r", "n:n"],
  flops: perItem(k),
});
export const reduceFlops = (n: (name: string) => number) => n("outer") * n("r") * n("inner");
export const select = (name: string): InstructionSpec => ({
  name,
  operands: ["out:w", "index:w", "x:r", "outer:n", "r:n", "inner:n"],
  flops: reduceFlops,
});
export const rows = (k: number) => (n: (name: string) => number) => k * n("rows") * n("cols");
export const channels = (k: number) => (n: (name: string) => number) => k * n("n") * n("c") * n("l");
export const matmul = (name: string): InstructionSpec => ({
  name,
  operands: ["out:w", "a:r", "b:r", "bias:r", "scratch:s", "m:n", "n:n", "k:n", "beta:n", "act:n"],
  flops: (n) => 2 * n("m") * n("n") * n("k") + (n("act") === Act.NONE ? 0 : n("m") * n("n")),
});
export const random = (name: string, ...rest: string[]): InstructionSpec => ({
  name,
  operands: ["out:w", "rows:n", "cols:n", "generator:a", "stream:n", ...rest],
  flops: none,
});

/** Each logarithm counts 20, each exponential 14. */
export const PAIR_FLOPS: { readonly [K in Pair]: number } = {
  [Pair.ABSOLUTE]: 2,
  [Pair.HUBER]: 6,
  [Pair.LOG_PROBABILITY]: 2,
  [Pair.PROBABILITY]: 23,
  [Pair.DIVERGENCE]: 23,
  [Pair.BINARY]: 52,
  [Pair.BINARY_LOGIT]: 47,
};

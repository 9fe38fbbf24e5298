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

/** FLOPs of an instruction with n items. */
export const perItem = (k: number) => (n: (name: string) => number) => k * n("n");

import { Joined, Op } from "../../assembly/opcodes";
import { heap } from "./runtime";

/** What the interpreter runs at one go, the longer before what it begins with; the calls stand in assembly/interpreter.ts. */
const SEQUENCES: readonly (readonly [Joined, readonly Op[]])[] = [
  [Joined.GATHERS, [Op.GATHER_ROWS, Op.GATHER_ROWS]],
  [Joined.PRODUCTS, [Op.MATMUL_NT, Op.MATMUL_NT]],
  [Joined.SQUARED_LOSS, [Op.SQUARED_ERROR, Op.SUM, Op.STORE_SCALAR, Op.SQUARED_ERROR_GRAD]],
  [Joined.CROSS_ENTROPY_LOSS, [Op.CROSS_ENTROPY, Op.SUM, Op.STORE_SCALAR, Op.CROSS_ENTROPY_GRAD]],
  [Joined.LAYER_GRADIENT, [Op.MATMUL_NN, Op.MATMUL_TN, Op.SUM]],
  [Joined.WEIGHT_GRADIENT, [Op.MATMUL_TN, Op.SUM]],
];

interface Member {
  readonly op: Op;
  readonly section: string;
}

export interface Join {
  readonly op: Joined;
  readonly first: number;
  readonly count: number;
}

/**
 * Runs of instructions of one section that can be done at one go: those of one tile each, where what the interpreter does between two of them is worth more
 * than sharing them out.
 */
export function joins(list: readonly Member[], tiles: readonly number[]): Join[] {
  const found: Join[] = [];
  for (let first = 0; first < list.length; ) {
    const fits = (ops: readonly Op[]) =>
      ops.every((op, k) => list[first + k]?.op === op && list[first + k]!.section === list[first]!.section && tiles[first + k] === 1);
    const match = SEQUENCES.find(([, ops]) => fits(ops));
    if (match !== undefined) found.push({ op: match[0], first, count: match[1].length });
    first += match?.[1].length ?? 1;
  }
  return found;
}

/** Writes a program whose instructions stand at `starts` (the last being its end) once more behind itself, joined. Returns how many bytes behind. */
export function writeJoined(list: readonly Member[], starts: readonly number[]): number {
  const { i32 } = heap();
  const [from, to] = [starts[0]! / 4, starts.at(-1)! / 4];
  i32.copyWithin(to, from, to);
  const tiles = list.map((_, k) => i32[starts[k]! / 4 + 2]!);
  for (const { op, first, count } of joins(list, tiles)) {
    const at = starts[first]! / 4 + to - from;
    i32[at] = op;
    i32[at + 1] = (starts[first + count]! - starts[first]!) / 4;
  }
  return 4 * (to - from);
}

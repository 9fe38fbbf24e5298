import { ALIGN, Allocator } from "./allocator";
import type { Instruction } from "./program";
import { Storage } from "./storage";

interface Life {
  storage: Storage;
  first: number;
  last: number;
  size: number;
}

/** A place in the block of a program's temporaries. */
export interface Temporary {
  readonly storage: Storage;
  readonly offset: number;
}

/** From which instruction to which each temporary is in use. */
function lives(list: readonly Instruction[], kept: ReadonlySet<Storage>): Life[] {
  const found = new Map<Storage, Life>();
  for (const [at, { operands }] of list.entries())
    for (const operand of operands) {
      if (typeof operand === "number" || operand.storage.plan < 0) continue;
      const { storage } = operand;
      const life = found.get(storage);
      if (life !== undefined) life.last = at;
      else found.set(storage, { storage, first: at, last: at, size: Allocator.rounded(storage.bytes) });
    }
  for (const storage of kept) {
    const life = found.get(storage);
    if (life !== undefined) life.last = Infinity;
  }
  return [...found.values()];
}

/**
 * One block for all temporaries: each lies at the lowest offset that is free over its whole life, the largest placed first.
 * Results that the program must still hold at its end live to the end. `planned` is told the bytes before they are taken.
 */
export function plan(
  list: readonly Instruction[],
  kept: ReadonlySet<Storage>,
  planned: (bytes: number) => void = () => {},
): { arena: Storage; temporaries: Temporary[]; unplanned: number } {
  const all = lives(list, kept).sort((a, b) => b.size - a.size || a.first - b.first);
  const placed: { offset: number; life: Life }[] = [];
  let top = 0;
  let unplanned = 0;
  for (const life of all) {
    const clashes = placed.filter((p) => p.life.first <= life.last && life.first <= p.life.last).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const p of clashes) {
      if (offset + life.size <= p.offset) break;
      offset = Math.max(offset, p.offset + p.life.size);
    }
    placed.push({ offset, life });
    top = Math.max(top, offset + life.size);
    unplanned += life.size;
  }
  planned(Math.max(ALIGN, top));
  const arena = new Storage(Math.max(ALIGN, top), "program");
  const temporaries = placed.map(({ offset, life }) => ({ storage: life.storage, offset }));
  return { arena, temporaries, unplanned };
}

import { expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import type { Ref } from "../../src/core/emit";
import { plan } from "../../src/core/plan";
import type { Instruction } from "../../src/core/program";
import { Storage } from "../../src/core/storage";
import { noLeaks } from "../leaks";
import { random } from "../random";

noLeaks();

const ref = (storage: Storage): Ref => ({ storage, offset: 0 });

function temporary(bytes: number, number: number): Storage {
  const storage = new Storage(bytes, "planned");
  storage.plan = number;
  return storage;
}

/** A random program: each instruction reads up to two earlier temporaries and writes a new one or an old one. */
function randomProgram(seed: number) {
  const next = random(seed);
  const list: Instruction[] = [];
  const all: Storage[] = [];
  const pick = () => all[Math.floor(next() * all.length)]!;
  for (let k = 0; k < 60; k++) {
    const out = all.length > 2 && next() < 0.1 ? pick() : temporary(4 * (1 + Math.floor(2 ** (12 * next()))), all.length);
    const [a, b] = all.length > 0 ? [pick(), pick()] : [out, out];
    if (!all.includes(out)) all.push(out);
    list.push({ op: Op.COPY, operands: [ref(out), ref(a), ref(b), 4], section: "gradient", label: undefined });
  }
  const kept = new Set(all.filter(() => next() < 0.1));
  return { list, all, kept };
}

for (const seed of [1, 2, 3, 4, 5, 6])
  it(`temporaries that live at the same time never share memory, and together need no more than one each (seed ${seed})`, () => {
    const { list, all, kept } = randomProgram(seed);
    const { arena, temporaries, unplanned } = plan(list, kept);
    for (const { storage, offset } of temporaries) storage.settle(arena.address + offset);
    const life = (s: Storage) => {
      const uses = list.flatMap(({ operands }, k) => (operands.some((o) => typeof o !== "number" && o.storage === s) ? [k] : []));
      return { from: uses[0]!, to: kept.has(s) ? Infinity : uses.at(-1)!, at: s.address, end: s.address + s.bytes };
    };
    const lives = all.map(life);
    for (const [k, a] of lives.entries())
      for (const b of lives.slice(k + 1))
        if (a.from <= b.to && b.from <= a.to) expect(a.end <= b.at || b.end <= a.at, `${k}: ${JSON.stringify([a, b])}`).toBe(true);
    for (const { at, end } of lives) {
      expect(at).toBeGreaterThanOrEqual(arena.address);
      expect(end + 64).toBeLessThanOrEqual(arena.address + arena.bytes + 64);
    }
    expect(arena.bytes).toBeLessThanOrEqual(unplanned);
    arena.release();
  });

it("a chain in which each result is read once by the next takes two places, however long it is", () => {
  const all = Array.from({ length: 30 }, (_, k) => temporary(1000, k));
  const list = all.slice(1).map((out, k): Instruction => {
    return { op: Op.COPY, operands: [ref(out), ref(all[k]!), 250], section: "gradient", label: undefined };
  });
  const { arena, temporaries, unplanned } = plan(list, new Set());
  expect(temporaries.length).toBe(30);
  expect(new Set(temporaries.map((t) => t.offset)).size).toBe(2);
  expect(arena.bytes * 15).toBe(unplanned);
  arena.release();
});

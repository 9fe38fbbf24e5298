import { DataError, ShapeError } from "../core/errors";
import { engine, heap } from "../core/runtime";
import { type Column, column, type Input } from "../data/column";
import { type TargetRule, targetColumn } from "../data/target";
import { sameShape } from "../tensor/shape";
import { isTensor, own, pinned, type Tensor } from "../tensor/tensor";
import type { Batch } from "./feed";

/** Where the batches of one shape are put before a step: tensors with an address for life, which a recorded program reads. */
export interface Slots {
  readonly key: string;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly batch: () => Batch;
}

/** Whether a value can be copied into a slot as it is. */
export function fits(slot: Tensor, given: Input): given is Tensor {
  return isTensor(given) && given.dtype === slot.dtype && sameShape(given.shape, slot.shape);
}

/** Copies a tensor that fits into its slot. */
export function copyInto(slot: Tensor, t: Tensor): void {
  const from = t.ref.storage.address + t.offset;
  engine().kernels.copyWords(slot.ref.storage.address, from, slot.size);
}

function load(slot: Tensor, c: Column): void {
  const given = c.values;
  if (isTensor(given) && given.dtype === slot.dtype) {
    copyInto(slot, given);
    return;
  }
  const values = isTensor(given) ? given.data() : given;
  const at = slot.ref.storage.address / 4;
  const { i32, f32 } = heap();
  if (slot.dtype === "i32") i32.set(values, at);
  else if (c.scale === 1 && c.offset === 0) f32.set(values, at);
  else for (let k = 0; k < slot.size; k++) f32[at + k] = Math.fround(values[k]! * c.scale) + c.offset;
}

/** The slots of one trainStep, by the shapes of its batches. */
export class SlotTable {
  private readonly known = new Map<string, Slots>();

  constructor(private readonly rule: TargetRule) {}

  /** The slots for a batch, holding it. Throws ShapeError, DataError. */
  fill(x: Input, y: Input): Slots {
    const cx = column("x", x, { as: "f32", allowNonFinite: true });
    const cy = targetColumn(y, this.rule, true);
    if (cx.rows !== cy.rows) throw new ShapeError(`trainStep: x has ${cx.rows} rows, y has ${cy.rows}`);
    if (cx.rows === 0) throw new DataError("trainStep: the batch is empty");
    const key = `step ${cx.rows},${cx.rowShape} ${cy.dtype} ${cy.rowShape}`;
    let s = this.known.get(key);
    if (s === undefined) {
      const [xs, ys] = [own(pinned([cx.rows, ...cx.rowShape], "program")), own(pinned([cy.rows, ...cy.rowShape], "program", cy.dtype))];
      s = { key, x: xs, y: ys, batch: () => ({ inputs: [xs], target: ys, weight: undefined }) };
      this.known.set(key, s);
    }
    load(s.x, cx);
    load(s.y, cy);
    return s;
  }

  dispose(): void {
    for (const s of this.known.values()) {
      s.x.dispose();
      s.y.dispose();
    }
    this.known.clear();
  }
}

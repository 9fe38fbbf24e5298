import { Op } from "../../assembly/opcodes";
import { counted } from "../core/arrays";
import { emit } from "../core/emit";
import { DataError, ShapeError } from "../core/errors";
import { heap } from "../core/runtime";
import { type Column, column, freeColumn, type Input, residentTensor } from "../data/column";
import { randperm } from "../ops/random";
import { showShape } from "../tensor/shape";
import { isTensor, own, pinned, type Tensor } from "../tensor/tensor";
import type { ThresholdUnit } from "./threshold";

/** Words of input that one call of the kernel reads: they stay in the second-level cache while each unit runs over them. */
const WORDS = 1 << 16;

/** The examples in linear memory, and the kernel that shows them to the units. */
export class Lesson {
  readonly rows: number;
  /** Rows one call may show. */
  readonly chunk: number;
  private readonly columns: readonly [Column, Column];
  private readonly resident: readonly Tensor[];
  private readonly order: Tensor;
  private readonly x: Tensor;
  private readonly y: Tensor;
  private readonly u: Tensor;
  /** Mistakes so far, a word a unit. */
  private readonly mistakes: Tensor;

  constructor(
    private readonly units: ThresholdUnit,
    data: { x: Input; y: Input },
    private readonly rate: number,
    oneByOne: boolean,
  ) {
    const { inputs, outputs } = units;
    const x = column("x", data.x, { as: "f32", allowNonFinite: false });
    const y = targets(column("y", data.y, { as: "f32", allowNonFinite: true }), outputs);
    if (x.rows === 0) throw new DataError("x: there are no examples to learn from");
    if (x.cols !== inputs) throw new ShapeError(`x: ${x.cols} inputs a row, but the perceptron has ${inputs}`);
    if (x.rows !== y.rows) throw new ShapeError(`y has ${y.rows} rows, x has ${x.rows}; every example needs one of each`);
    this.rows = x.rows;
    this.chunk = oneByOne ? 1 : Math.min(x.rows, Math.max(1, Math.floor(WORDS / inputs)));
    this.columns = [x, y];
    const make = (shape: number[], dtype: "f32" | "i32" = "f32") => own(pinned(shape, "data", dtype));
    this.resident = [residentTensor(x), residentTensor(y)];
    this.order = make([x.rows], "i32");
    this.order.set(counted(x.rows));
    this.x = make([this.chunk, inputs]);
    this.y = make([this.chunk, outputs]);
    this.u = make([this.chunk, outputs]);
    this.mistakes = make([outputs], "i32");
    this.mistakes.set(new Int32Array(outputs));
  }

  /** Another order of the rows, a function of generator and stream. */
  shuffle(...source: [Parameters<typeof randperm>[1], number]): void {
    this.order.set(randperm(this.rows, ...source));
  }

  /** Shows rows `first` to `first + count - 1` of the order. */
  show(first: number, count: number): void {
    const { units, columns, resident, order } = this;
    for (const [k, slot] of [this.x, this.y].entries()) {
      const c = columns[k]!;
      const index = { storage: order.storage, offset: order.offset + 4 * first };
      emit(Op.GATHER_ROWS, slot.ref, resident[k]!.ref, index, 0, count, c.cols, c.kind, c.scale, c.offset);
    }
    const { weight, inputs, outputs } = units;
    emit(Op.PERCEPTRON, weight.ref, this.u.ref, this.mistakes.ref, this.x.ref, this.y.ref, count, inputs, outputs, this.rate);
    weight.storage.version++;
  }

  /** Mistakes of each unit since the last call. */
  takeMistakes(): number[] {
    const at = this.mistakes.storage.address / 4;
    const words = heap().i32.subarray(at, at + this.units.outputs);
    const counts = [...words];
    words.fill(0);
    return counts;
  }

  /** What was shown last, where rows are shown one by one: inputs with x0 = 1 in front, targets, answers. */
  last(): { x: number[]; y: number[]; u: number[] } {
    return { x: [1, ...this.x.data()], y: [...this.y.data()], u: [...this.u.data()] };
  }

  dispose(): void {
    for (const t of this.resident) freeColumn(t);
    for (const t of [this.order, this.x, this.y, this.u, this.mistakes]) t.dispose();
  }
}

/** Zeros and ones, one a unit; a class index for several units becomes 1 for the unit of that class. */
function targets(y: Column, outputs: number): Column {
  const values = isTensor(y.values) ? y.values.data() : y.values;
  const base = { ...y, scale: 1, offset: 0, rowShape: [outputs], cols: outputs };
  if (y.cols === 1 && outputs > 1) {
    const hot = new Float32Array(y.rows * outputs);
    for (let k = 0; k < y.rows; k++) {
      const c = values[k]! * y.scale + y.offset;
      if (!Number.isInteger(c) || c < 0 || c >= outputs)
        throw new DataError(`y: row ${k} is ${c}; a class of ${outputs} units is a whole number from 0 to ${outputs - 1}`);
      hot[k * outputs + c] = 1;
    }
    return { ...base, kind: 0, values: hot };
  }
  if (y.cols !== outputs)
    throw new ShapeError(
      `y: ${y.cols} targets a row, shape ${showShape([y.rows, ...y.rowShape])}, but the perceptron has ${outputs} outputs`,
    );
  for (let k = 0; k < values.length; k++) {
    const v = values[k]! * y.scale + y.offset;
    if (v !== 0 && v !== 1)
      throw new DataError(`y: row ${Math.floor(k / outputs)}, output ${k % outputs} is ${v}; a perceptron's targets are 0 or 1`);
  }
  return y;
}

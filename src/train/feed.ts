import { Op, Source } from "../../assembly/opcodes";
import { counted } from "../core/arrays";
import { emit, type Ref } from "../core/emit";
import { heap } from "../core/runtime";
import { Storage } from "../core/storage";
import type { Column } from "../data/column";
import { freeColumn, residentTensor } from "../data/column";
import type { Columns } from "../data/dataset";
import { empty, isTensor, type Tensor } from "../tensor/tensor";

/** What one step works on. */
export interface Batch {
  readonly inputs: readonly Tensor[];
  readonly target: Tensor | undefined;
  readonly weight: Tensor | undefined;
}

/**
 * Where batches come from: columns in linear memory, read through an order of rows. `resident` holds the whole columns;
 * `stream` holds a window of rows, refilled before each slice.
 */
export interface Feed {
  /** Rows a batch may have. */
  readonly most: number;
  /** Rows of the next steps that are in reach, from `first`, at most `wanted`: makes them so. Returns how many. */
  reach(first: number, wanted: number): number;
  /** Cursor of a position in the order of rows. */
  cursor(position: number): number;
  /** Sets the order of rows. */
  setOrder(order: Int32Array): void;
  /** Puts down the instructions that read `rows` rows at the cursor. */
  batch(rows: number, cursor: Ref | 0): Batch;
  dispose(): void;
}

interface Part {
  column: Column;
  source: Tensor;
}

function gather({ column: c, source }: Part, rows: number, index: Ref, cursor: Ref | 0): Tensor {
  const out = empty([rows, ...c.rowShape], c.dtype);
  emit(Op.GATHER_ROWS, out.ref, source.ref, index, cursor, rows, c.cols, c.kind, c.scale, c.offset);
  return out;
}

abstract class Gathering implements Feed {
  protected readonly index: Storage;
  protected readonly parts: readonly Part[];

  constructor(
    protected readonly columns: Columns,
    indexLength: number,
    source: (c: Column) => Tensor,
  ) {
    this.index = new Storage(4 * indexLength, "data");
    const all = [...columns.inputs, ...(columns.target ? [columns.target] : []), ...(columns.weight ? [columns.weight] : [])];
    const parts: Part[] = [];
    this.parts = parts;
    try {
      for (const column of all) parts.push({ column, source: source(column) });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Whether the columns stand there whole, and their order stays. */
  protected readonly inOrder: boolean = false;
  abstract readonly most: number;
  abstract reach(first: number, wanted: number): number;
  abstract cursor(position: number): number;
  abstract setOrder(order: Int32Array): void;

  protected write(values: Int32Array): void {
    heap().i32.set(values, this.index.address / 4);
  }

  batch(rows: number, cursor: Ref | 0): Batch {
    const index = { storage: this.index, offset: 0 };
    const read = (c: Column | undefined) => {
      const part = this.parts.find((p) => p.column === c);
      if (part === undefined) return undefined;
      // all rows in their order are there already
      const inPlace = this.inOrder && rows === this.columns.rows && part.column.kind === Source.WORD;
      return inPlace ? part.source : gather(part, rows, index, cursor);
    };
    return {
      inputs: this.columns.inputs.map((c) => read(c)!),
      target: read(this.columns.target),
      weight: read(this.columns.weight),
    };
  }

  dispose(): void {
    this.index.release();
    for (const { source } of this.parts) freeColumn(source);
  }
}

class Resident extends Gathering {
  readonly most = Infinity;

  constructor(
    columns: Columns,
    protected override readonly inOrder: boolean,
  ) {
    super(columns, columns.rows, residentTensor);
    this.write(counted(columns.rows));
  }

  reach(_first: number, wanted: number): number {
    return wanted;
  }

  cursor(position: number): number {
    return position;
  }

  setOrder(order: Int32Array): void {
    this.write(order);
  }
}

/** Bytes of one half of the window. */
const WINDOW_BYTES = 4 * 2 ** 20;

class Stream extends Gathering {
  private order: Int32Array;
  private first = -1;
  private count = 0;
  private half = 0;

  constructor(
    columns: Columns,
    private readonly windowRows: number,
  ) {
    super(columns, 2 * windowRows, (c) => residentTensor({ ...c, rows: 2 * windowRows, values: blank(c, 2 * windowRows * c.cols) }));
    this.write(counted(2 * windowRows));
    this.order = counted(columns.rows);
  }

  get most(): number {
    return this.windowRows;
  }

  reach(first: number, wanted: number): number {
    if (first < this.first || this.first < 0 || first + wanted > this.first + this.count) this.fill(first);
    return Math.min(wanted, this.first + this.count - first);
  }

  /** Copies rows from `first` on into the other half: the one being read stays as it is. */
  private fill(first: number): void {
    this.half = 1 - this.half;
    this.first = first;
    this.count = Math.min(this.windowRows, this.columns.rows - first);
    const h = heap();
    for (const { column: c, source } of this.parts) {
      const values = c.values as Float32Array | Int32Array | Uint8Array;
      const to = c.kind === Source.U8 ? h.u8 : c.dtype === "i32" ? h.i32 : h.f32;
      let at = (source.storage.address + source.offset) / to.BYTES_PER_ELEMENT + this.half * this.windowRows * c.cols;
      for (let k = 0; k < this.count; k++, at += c.cols) {
        const row = this.order[first + k]! * c.cols;
        for (let j = 0; j < c.cols; j++) to[at + j] = values[row + j]!;
      }
    }
  }

  cursor(position: number): number {
    return this.half * this.windowRows + position - this.first;
  }

  setOrder(order: Int32Array): void {
    this.order = order;
    this.first = -1;
  }
}

function blank(c: Column, n: number): Float32Array | Int32Array | Uint8Array {
  return c.kind === Source.U8 ? new Uint8Array(n) : c.dtype === "i32" ? new Int32Array(n) : new Float32Array(n);
}

export type SourceMode = "resident" | "stream";

const itemBytes = (c: Column) => (c.kind === Source.U8 ? 1 : 4);

/** Rows of one half of a stream's window: whole batches. */
function windowRows({ inputs, rows }: Columns, batch: number): number {
  const bytes = inputs.reduce((sum, c) => sum + c.cols * itemBytes(c), 0);
  const most = Math.max(batch, Math.floor(WINDOW_BYTES / Math.max(1, bytes) / batch) * batch);
  return Math.min(most, Math.ceil(rows / batch) * batch);
}

/** Bytes of each block that such a feed has. */
export function feedBytes(columns: Columns, mode: SourceMode, batch: number): number[] {
  const rows = mode === "resident" ? columns.rows : 2 * windowRows(columns, batch);
  const all = [...columns.inputs, columns.target, columns.weight].filter((c) => c !== undefined);
  return [4 * rows, ...all.map((c) => rows * c.cols * itemBytes(c))];
}

/** A feed over these columns. A stream holds two windows of at least `batch` rows each. `inOrder`: setOrder() is not called. */
export function createFeed(columns: Columns, mode: SourceMode, batch: number, inOrder = false): Feed {
  if (mode === "resident") return new Resident(columns, inOrder);
  const host = (c: Column | undefined) => (c !== undefined && isTensor(c.values) ? { ...c, values: c.values.data() } : c);
  const streamed: Columns = {
    ...columns,
    inputs: columns.inputs.map((c) => host(c)!),
    target: host(columns.target),
    weight: host(columns.weight),
  };
  return new Stream(streamed, windowRows(streamed, batch));
}

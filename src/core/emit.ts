import { HEADER_WORDS, type Op } from "../../assembly/opcodes";
import { isClaimed, readAt, writeAt } from "./claims";
import { INSTRUCTIONS } from "./instructions";
import { engine, heap } from "./runtime";
import { shared } from "./shared";
import { hold, Storage } from "./storage";

/** A place in a storage: what instructions take where they read or write memory. */
export interface Ref {
  readonly storage: Storage;
  /** In bytes. */
  readonly offset: number;
}

/** An operand: an integer or float immediate, or a place. 0 in a place's stead means none. */
export type Operand = number | Ref;

export type Opcode = Exclude<Op, Op.COUNT_>;

/** Where instructions go: run at once, or put down in a program. */
export interface Sink {
  /** Memory for a result. */
  allocate(bytes: number): Storage;
  /** Memory that only the next instruction uses: the bytes it needs for so many lanes. 0 where it needs none. */
  scratch(bytesFor: (lanes: number) => number): Ref | 0;
  emit(op: Opcode, operands: readonly Operand[]): void;
}

/** For each opcode, which operands are float immediates, and from where which pattern repeats. */
export const FLOAT_OPERANDS: readonly (readonly boolean[])[] = Object.values(INSTRUCTIONS).map((spec) =>
  spec.operands.map((o) => o.endsWith(":f")),
);

/** What kind an operand is, the repeated ones included. */
export function operandAt(op: Opcode, k: number): { name: string; kind: string } {
  const spec = INSTRUCTIONS[op];
  const rest = spec.rest ?? [];
  const text = k < spec.operands.length ? spec.operands[k]! : rest[(k - spec.operands.length) % rest.length]!;
  const colon = text.indexOf(":");
  return { name: text.slice(0, colon), kind: text.slice(colon + 1) };
}

export const isWritten = (op: Opcode, k: number): boolean => operandAt(op, k).kind.includes("w");

const INSTRUCTION_WORDS = 4096;

/** Runs each instruction at once, from one buffer. */
class Eager implements Sink {
  private buffer: Storage | undefined;
  private shared: Storage | undefined;

  allocate(bytes: number): Storage {
    return new Storage(bytes, "eager");
  }

  scratch(bytesFor: (lanes: number) => number): Ref | 0 {
    const bytes = bytesFor(1);
    if (bytes === 0) return 0;
    if (this.shared === undefined || this.shared.bytes < bytes) {
      this.shared?.release();
      this.shared = new Storage(Math.max(bytes, 65536), "program");
    }
    return { storage: this.shared, offset: 0 };
  }

  emit(op: Opcode, operands: readonly Operand[]): void {
    this.buffer ??= new Storage(4 * INSTRUCTION_WORDS, "program");
    if (HEADER_WORDS + operands.length > INSTRUCTION_WORDS) {
      this.buffer.release();
      this.buffer = new Storage(8 * (HEADER_WORDS + operands.length), "program");
    }
    const storages: Storage[] = [];
    let claimed = false;
    for (const operand of operands) {
      if (typeof operand === "number") continue;
      storages.push(operand.storage);
      claimed ||= isClaimed(operand.storage);
    }
    if (claimed) for (const [k, o] of operands.entries()) if (typeof o !== "number" && isWritten(op, k)) void writeAt(o.storage);
    const at = this.buffer.address;
    hold(storages, () => {
      // restoring a spilled operand may grow the memory, so addresses come first and the views after
      for (const storage of storages) void storage.address;
      encode(op, operands, at, claimed);
      engine().kernels.execute(at);
      sinks.watch?.(op, operands);
    });
  }
}

/** Writes an instruction at an address; the tile count is left to the caller. `copies`: for a caller that reads what workers write. */
export function encode(op: Opcode, operands: readonly Operand[], at: number, copies = false): void {
  const { i32, f32 } = heap();
  const floats = FLOAT_OPERANDS[op]!;
  let w = at / 4;
  i32[w++] = op;
  i32[w++] = HEADER_WORDS + operands.length;
  i32[w++] = 1;
  for (let k = 0; k < operands.length; k++) {
    const operand = operands[k]!;
    if (typeof operand !== "number") i32[w++] = (copies ? readAt(operand.storage) : operand.storage.address) + operand.offset;
    else if (floats[k] === true) f32[w++] = operand;
    else i32[w++] = operand;
  }
}

type Watch = (op: Opcode, operands: readonly Operand[]) => void;

const sinks = shared("sinks", () => ({
  current: undefined as Sink | undefined,
  eager: new Eager(),
  watch: undefined as Watch | undefined,
}));

/** Calls `watch` after each instruction that `body` runs eagerly. */
export function watching<T>(watch: Watch, body: () => T): T {
  sinks.watch = watch;
  try {
    return body();
  } finally {
    sinks.watch = undefined;
  }
}

export function sink(): Sink {
  return sinks.current ?? sinks.eager;
}

/** The program being recorded, if any. */
export function recording(): Sink | undefined {
  return sinks.current;
}

/** Sends what `body` emits to another sink. */
export function withSink<T>(target: Sink | undefined, body: () => T): T {
  const before = sinks.current;
  sinks.current = target;
  try {
    return body();
  } finally {
    sinks.current = before;
  }
}

export function emit(op: Opcode, ...operands: readonly Operand[]): void {
  sink().emit(op, operands);
}

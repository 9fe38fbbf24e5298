import { Act, Op } from "../../assembly/opcodes";
import { type Opcode, type Operand, operandAt, type Ref, type Sink } from "./emit";
import { plan } from "./plan";
import { type Instruction, Program, type Section } from "./program";
import { engine, heap } from "./runtime";
import { shared } from "./shared";
import { hold, Storage } from "./storage";

/** The module whose forward is running: what a recorded instruction is labelled with. */
export const location = shared("location", () => ({ stack: [] as object[] }));

const FUSED: Partial<Record<Op, Act>> = { [Op.RELU]: Act.RELU, [Op.SIGMOID]: Act.SIGMOID, [Op.TANH]: Act.TANH };
const isProduct = (op: Op) => op === Op.MATMUL_NN || op === Op.MATMUL_TN || op === Op.MATMUL_NT;

const writes = (kind: string) => kind === "w" || kind === "rw";
const isRead = (kind: string) => kind === "r" || kind === "rw";

/** Puts instructions down instead of running them; results are temporaries that get their addresses at the end. */
export class Recorder implements Sink {
  private list: Instruction[] = [];
  private temporaries = 0;
  private readonly kept = new Set<Storage>();
  /** Storages from outside that the instructions look into, kept alive with them. */
  private readonly outside = new Set<Storage>();
  section: Section = "gradient";
  /** Lanes that may run the program: scratch has a part for each. */
  private readonly lanes = engine().team?.size || 1;
  /** What an instruction outside every module is labelled with. */
  label: string | undefined;

  allocate(bytes: number): Storage {
    const storage = new Storage(bytes, "planned");
    storage.plan = this.temporaries++;
    return storage;
  }

  scratch(bytesFor: (lanes: number) => number): Ref | 0 {
    const bytes = bytesFor(this.lanes);
    return bytes === 0 ? 0 : { storage: this.allocate(bytes), offset: 0 };
  }

  emit(op: Opcode, operands: readonly Operand[]): void {
    for (const o of operands)
      if (typeof o !== "number" && o.storage.plan < 0 && !this.outside.has(o.storage)) this.outside.add(o.storage.retain());
    this.list.push({ op, operands, section: this.section, label: location.stack.at(-1) ?? this.label });
  }

  /** A temporary that must still hold its value when the step has ended. */
  keep(ref: Ref): void {
    this.kept.add(ref.storage);
  }

  /** The instructions so far. */
  get instructions(): readonly Instruction[] {
    return this.list;
  }

  /**
   * The finished program: instructions whose results nobody reads are dropped, an activation moves into the product before it where nothing else reads that
   * product, temporaries share memory once their last reader has run. `told` hears what these take before they do, and may throw.
   */
  finish(pathOf: (label: object) => string, told: (bytes: number) => void = () => {}): Program {
    const list = this.fuse(this.live());
    const pinned: Storage[] = [];
    let planned: ReturnType<typeof plan> | undefined;
    try {
      planned = plan(list, this.kept, told);
      for (const storage of this.outside) {
        storage.pin("program");
        pinned.push(storage);
      }
      return new Program(list, planned.arena, planned.temporaries, pinned, planned.unplanned, pathOf, this.lanes);
    } catch (error) {
      // out of memory, or more than was allowed: nothing may stay behind
      for (const storage of pinned) storage.unpin();
      planned?.arena.release();
      this.abandon();
      throw error;
    }
  }

  /** Lets go of what the recording looked at, where no program comes of it. */
  abandon(): void {
    for (const storage of this.outside) storage.release();
    this.outside.clear();
  }

  private live(): Instruction[] {
    const needed = new Set(this.kept);
    const result: Instruction[] = [];
    for (const instruction of [...this.list].reverse()) {
      const { op, operands } = instruction;
      const storages = operands.map((o, k) => ({ storage: typeof o === "number" ? undefined : o.storage, kind: operandAt(op, k).kind }));
      const out = storages.filter((s) => writes(s.kind) && s.storage !== undefined);
      // an instruction with no output of its own (store_scalar, updates) or one that writes elsewhere than temporaries always counts
      const idle = out.length > 0 && out.every((s) => s.storage!.plan >= 0 && !needed.has(s.storage!));
      if (idle) continue;
      for (const s of storages) if (s.storage !== undefined && s.kind !== "w" && s.kind !== "n") needed.add(s.storage);
      result.push(instruction);
    }
    return result.reverse();
  }

  private fuse(list: Instruction[]): Instruction[] {
    const readers = new Map<Storage, number>();
    for (const { op, operands } of list)
      for (const [k, o] of operands.entries())
        if (typeof o !== "number" && isRead(operandAt(op, k).kind)) readers.set(o.storage, (readers.get(o.storage) ?? 0) + 1);
    const result: Instruction[] = [];
    for (const instruction of list) {
      const act = FUSED[instruction.op];
      const before = result.at(-1);
      if (act !== undefined && before !== undefined && isProduct(before.op) && this.mayFuse(before, instruction, readers)) {
        const operands = [...before.operands];
        operands[0] = instruction.operands[0]!;
        operands[9] = act;
        result[result.length - 1] = { ...before, operands };
      } else result.push(instruction);
    }
    return result;
  }

  private mayFuse(product: Instruction, unary: Instruction, readers: Map<Storage, number>): boolean {
    const [out, x, n] = [product.operands[0] as Ref, unary.operands[1] as Ref, unary.operands[2] as number];
    const whole = n === (product.operands[5] as number) * (product.operands[6] as number);
    const plain = product.operands[8] === 0 && product.operands[9] === Act.NONE;
    const same = out.storage === x.storage && out.offset === x.offset && product.section === unary.section;
    return whole && plain && same && x.storage.plan >= 0 && readers.get(x.storage) === 1 && !this.kept.has(x.storage);
  }
}

/**
 * The first instruction in which two recordings of the same forward differ, or -1. Temporaries are compared by number, constants made
 * during the recording by content, everything else by identity.
 */
export function firstDifference(a: readonly Instruction[], b: readonly Instruction[]): number {
  const n = Math.max(a.length, b.length);
  for (let k = 0; k < n; k++) {
    const x = a[k];
    const y = b[k];
    if (x === undefined || y === undefined || x.op !== y.op || x.operands.length !== y.operands.length) return k;
    if (!x.operands.every((o, j) => sameOperand(o, y.operands[j]!))) return k;
  }
  return -1;
}

function sameOperand(a: Operand, b: Operand): boolean {
  if (typeof a === "number" || typeof b === "number") return Object.is(a, b);
  if (a.offset !== b.offset) return false;
  const [s, t] = [a.storage, b.storage];
  if (s === t) return true;
  if (s.plan >= 0 || t.plan >= 0) return s.plan === t.plan;
  if (s.bytes !== t.bytes) return false;
  return hold([s, t], () => {
    const [from, to] = [s.address, t.address];
    const { u8 } = heap();
    for (let k = 0; k < s.bytes; k++) if (u8[from + k] !== u8[to + k]) return false;
    return true;
  });
}

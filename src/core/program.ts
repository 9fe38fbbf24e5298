import { Act, HEADER_WORDS, Op, Pair } from "../../assembly/opcodes";
import { encode, type Opcode, type Operand } from "./emit";
import { DisposedError } from "./errors";
import { INSTRUCTIONS } from "./instructions";
import { writeJoined } from "./joined";
import { engine, heap } from "./runtime";
import { Storage } from "./storage";

/** Parts of a step, in the order they run. */
export type Section = "gradient" | "state" | "update";
export const SECTIONS: readonly Section[] = ["gradient", "state", "update"];

export interface Instruction {
  readonly op: Opcode;
  readonly operands: readonly Operand[];
  readonly section: Section;
  /** Where in the model it comes from; resolved to a path when shown. */
  readonly label: object | string | undefined;
}

export interface ProfileRow {
  index: number;
  text: string;
  layer: string;
  /** Microseconds a run, the least of several. */
  us: number;
  flops: number;
  gflops: number;
  /** Of this machine's measured multiply-add peak on one core. */
  share: number;
}

/** What kind an operand is, the repeated ones included. */
export function operandAt(op: Opcode, k: number): { name: string; kind: string } {
  const spec = INSTRUCTIONS[op];
  const rest = spec.rest ?? [];
  const text = k < spec.operands.length ? spec.operands[k]! : rest[(k - spec.operands.length) % rest.length]!;
  const colon = text.indexOf(":");
  return { name: text.slice(0, colon), kind: text.slice(colon + 1) };
}

type Bare = Pick<Instruction, "op" | "operands">;

function flopsOf({ op, operands }: Bare): number {
  return INSTRUCTIONS[op].flops((name) => {
    const k = INSTRUCTIONS[op].operands.findIndex((o) => o.startsWith(`${name}:`));
    return operands[k] as number;
  });
}

/** One instruction, readable. */
export function lineOf({ op, operands }: Bare): string {
  const parts = operands.map((operand, k) => {
    const { name, kind } = operandAt(op, k);
    if (name === "kind" && (op === Op.PAIR_LOSS || op === Op.PAIR_LOSS_GRAD)) return `kind=${Pair[operand as number]!.toLowerCase()}`;
    if (name === "act") return operand === Act.NONE ? "" : `act=${Act[operand as number]!.toLowerCase()}`;
    if (typeof operand === "number") return kind === "n" || kind === "f" ? `${name}=${operand}` : "";
    const place = operand.storage.plan >= 0 ? `t${operand.storage.plan}` : `@${operand.storage.address}`;
    return kind === "s" ? "" : `${name}=${place}${operand.offset === 0 ? "" : `+${operand.offset}`}`;
  });
  const flops = flopsOf({ op, operands });
  return `${INSTRUCTIONS[op].name} ${parts.filter((p) => p !== "").join(" ")}${flops > 0 ? `  ${flops} flop` : ""}`;
}

/** A list of instructions in linear memory, its temporaries planned; runs any number of times without touching JavaScript. */
export class Program {
  private readonly code: Storage;
  private readonly starts: number[] = [];
  private readonly begins: readonly number[];
  /** Bytes from an instruction to its place in the second writing, where what can be done at one go is joined: for whole steps. */
  private readonly joined: number;
  private gone = false;

  constructor(
    readonly instructions: readonly Instruction[],
    /** The block the temporaries live in. */
    private readonly arena: Storage,
    /** Every other storage it looks into: kept alive with it. */
    private readonly uses: readonly Storage[],
    /** Bytes of temporaries if none shared memory. */
    readonly unplannedBytes: number,
    private readonly pathOf: (label: object) => string,
  ) {
    let words = 0;
    for (const i of instructions) words += HEADER_WORDS + i.operands.length;
    this.code = new Storage(2 * 4 * Math.max(1, words), "program");
    let at = this.code.address;
    const { kernels } = engine();
    for (const i of instructions) {
      this.starts.push(at);
      encode(i.op, i.operands, at);
      heap().i32[at / 4 + 2] = kernels.tiles(at);
      at += 4 * (HEADER_WORDS + i.operands.length);
    }
    this.starts.push(at);
    this.joined = writeJoined(instructions, this.starts);
    this.begins = SECTIONS.map((_, rank) => {
      const found = instructions.findIndex((i) => SECTIONS.indexOf(i.section) >= rank);
      return found < 0 ? instructions.length : found;
    });
    engine().programs++;
  }

  /** Bytes of its temporaries. */
  get bytes(): number {
    return this.arena.bytes;
  }

  /** Index of the first instruction of a section, or of what follows it. */
  begin(section: Section): number {
    return this.begins[SECTIONS.indexOf(section)]!;
  }

  /** Runs instructions `from` up to `to`. */
  run(from = 0, to = this.instructions.length): void {
    this.check();
    const e = engine();
    const shift = from === 0 && to === this.instructions.length ? this.joined : 0;
    e.kernels.run(this.starts[from]! + shift, this.starts[to]! + shift, 0, e.stop);
  }

  /** Runs a step up to instruction `update`, where a section begins, and the rest only if the number at address `loss` is finite then. Returns whether it did. */
  guarded(update: number, loss: number): boolean {
    this.check();
    const e = engine();
    const { starts, joined } = this;
    return e.kernels.guarded(starts[0]! + joined, starts[update]! + joined, starts[starts.length - 1]! + joined, loss, 0, e.stop) !== 0;
  }

  /** Runs whole steps, one row of the table each; the update section only where bit 0 of the row's first word is set. */
  steps(table: number, rowBytes: number, row: number, count: number): void {
    this.check();
    const e = engine();
    const { starts, joined } = this;
    const [from, update, to] = [starts[0]! + joined, starts[this.begin("update")]! + joined, starts[starts.length - 1]! + joined];
    e.kernels.steps(from, update, to, table, rowBytes, row, count, 0, e.stop);
  }

  private check(): void {
    if (this.gone) throw new DisposedError("this program was disposed");
  }

  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    engine().programs--;
    this.code.release();
    this.arena.release();
    for (const storage of this.uses) {
      storage.unpin();
      storage.release();
    }
  }

  /** The path of the layer an instruction belongs to. */
  layer(index: number): string {
    const { label } = this.instructions[index]!;
    return label === undefined ? "" : typeof label === "string" ? label : this.pathOf(label);
  }

  flops(index: number): number {
    return flopsOf(this.instructions[index]!);
  }

  /** One instruction, readable. */
  line(index: number): string {
    return lineOf(this.instructions[index]!);
  }

  /** A line an instruction, and what the program needs. */
  toString(): string {
    const lines: string[] = [];
    let section = "";
    for (const [k, i] of this.instructions.entries()) {
      if (i.section !== section) lines.push(`${i.section}:`);
      section = i.section;
      const layer = this.layer(k);
      lines.push(`  ${String(k).padStart(3)}  ${this.line(k)}${layer === "" ? "" : `  ; ${layer}`}`);
    }
    const flops = this.instructions.reduce((sum, _, k) => sum + this.flops(k), 0);
    lines.push(
      `${this.instructions.length} instructions, ${flops} flop a step, ${this.bytes} bytes of temporaries (${this.unplannedBytes} without reuse)`,
    );
    return lines.join("\n");
  }

  /**
   * Times each instruction by itself, in order: the least of `repeats` rounds, each of as many calls as fill a few microseconds. Parameters and state are
   * as before afterwards.
   */
  profile(repeats = 20): ProfileRow[] {
    const changed = this.uses.filter((s) => s.kind === "parameter" || s.kind === "state");
    const bytes = (s: Storage) => heap().u8.subarray(s.address, s.address + s.bytes);
    const before = changed.map((s) => bytes(s).slice());
    // whole steps first: temporaries hold what they hold in a step, and the engine has time to replace baseline code
    for (const start = performance.now(); performance.now() - start < 20; ) this.run();
    const us = this.instructions.map((_, k) => this.time(k, repeats));
    for (const [k, s] of changed.entries()) bytes(s).set(before[k]!);
    const peak = ceiling();
    return us.map((time, index) => {
      const flops = this.flops(index);
      const gflops = time > 0 ? flops / time / 1000 : 0;
      return { index, text: this.line(index), layer: this.layer(index), us: time, flops, gflops, share: gflops / peak };
    });
  }

  /** Microseconds of one instruction, the call into wasm included. */
  private time(k: number, repeats: number): number {
    let best = Infinity;
    for (let calls = 1, round = 0; round < repeats; ) {
      const start = performance.now();
      for (let c = 0; c < calls; c++) this.run(k, k + 1);
      const us = 1000 * (performance.now() - start);
      // the clock itself takes a fraction of a microsecond
      if (us < 10) calls *= 2;
      else {
        best = Math.min(best, us / calls);
        round++;
      }
    }
    return best;
  }
}

/** Floating-point operations of one turn of the kernel's loop: twelve chains of four lanes, a product and a sum each. */
const CEILING_FLOPS = 96;

/** GFLOP/s of a register-only multiply-add loop on one core, the best of several: what the products are measured against. */
export function ceiling(): number {
  const { kernels } = engine();
  const iterations = 50_000;
  let best = 0;
  // the kernel is short enough to be replaced by its optimised code within a few calls
  for (let k = 0; k < 40; k++) {
    const start = performance.now();
    kernels.ceiling(iterations);
    best = Math.max(best, (CEILING_FLOPS * iterations) / (performance.now() - start) / 1e6);
  }
  return best;
}

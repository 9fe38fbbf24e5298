import { HEADER_WORDS } from "../../assembly/opcodes";
import { checkWritable, claimToRead, quiet } from "./claims";
import { encode, isWritten, type Opcode, type Operand, type Ref } from "./emit";
import { DisposedError } from "./errors";
import { writeJoined } from "./joined";
import { flopsOf, lineOf, listing } from "./line";
import type { Temporary } from "./plan";
import { type ProfileRow, profile } from "./profile";
import { countPrograms, engine, heap } from "./runtime";
import { Storage } from "./storage";
import type { Done } from "./team";
import { Width } from "./width";

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

/** Steps as rows of a table, of which the update runs from instruction `update` on; or a step whose update waits for a finite number at address `guard`. */
export interface TeamWork {
  readonly table?: number;
  readonly rowBytes?: number;
  readonly row?: number;
  readonly count?: number;
  readonly update?: number;
  readonly guard?: number;
}

/** A list of instructions in linear memory, its temporaries planned; runs any number of times without touching JavaScript. */
export class Program {
  private readonly code: Storage;
  private starts: number[] = [];
  private readonly begins: readonly number[];
  /** Bytes from an instruction to its place in the second writing, where what can be done at one go is joined: for whole steps. */
  private joined = 0;
  /** The memory it is written for. */
  private memory: WebAssembly.Memory | undefined;
  private readonly width: Width;
  /** What it writes of `uses`. */
  private readonly written: readonly Storage[];
  /** Pieces of work that workers have not ended. */
  private away = 0;
  private gone = false;

  constructor(
    readonly instructions: readonly Instruction[],
    /** The block the temporaries live in, and where. */
    private readonly arena: Storage,
    private readonly temporaries: readonly Temporary[],
    /** Every other storage it looks into: kept alive with it. */
    private readonly uses: readonly Storage[],
    /** Bytes of temporaries if none shared memory. */
    readonly unplannedBytes: number,
    private readonly pathOf: (label: object) => string,
    /** Lanes it has scratch for. */
    private readonly lanes = 1,
  ) {
    let words = 0;
    for (const i of instructions) words += HEADER_WORDS + i.operands.length;
    this.code = new Storage(2 * 4 * Math.max(1, words), "program");
    this.write();
    const tiles = instructions.reduce((most, _, k) => Math.max(most, heap().i32[this.starts[k]! / 4 + 2]!), 1);
    this.width = new Width(Math.min(this.lanes, tiles));
    this.begins = SECTIONS.map((_, rank) => {
      const found = instructions.findIndex((i) => SECTIONS.indexOf(i.section) >= rank);
      return found < 0 ? instructions.length : found;
    });
    const written = instructions.flatMap(({ op, operands }) => operands.filter((_, k) => isWritten(op, k)) as Ref[]);
    const all = new Set(written.map((o) => o.storage));
    this.written = this.uses.filter((s) => all.has(s));
    countPrograms(1);
  }

  /** Writes it, for the memory that there is. */
  private write(): void {
    let at = this.code.address;
    const { kernels, memory } = engine();
    for (const { storage, offset } of this.temporaries) storage.settle(this.arena.address + offset);
    this.starts = [];
    for (const i of this.instructions) {
      this.starts.push(at);
      encode(i.op, i.operands, at);
      heap().i32[at / 4 + 2] = kernels.tiles(at);
      at += 4 * (HEADER_WORDS + i.operands.length);
    }
    this.starts.push(at);
    this.joined = writeJoined(this.instructions, this.starts);
    this.memory = memory;
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
    const whole = from === 0 && to === this.instructions.length;
    const copy = e.team && this.copyForCaller();
    const shift = copy ? copy.address - this.starts[0]! : whole ? this.joined : 0;
    e.kernels.run(this.starts[from]! + shift, this.starts[to]! + shift, 0, e.stop);
    copy?.release();
  }

  /** Runs a step up to instruction `update`, where a section begins, and the rest only if the number at address `loss` is finite then. Returns whether it did. */
  guarded(update: number, loss: number): boolean {
    this.check();
    const e = engine();
    const { starts } = this;
    const copy = e.team && this.copyForCaller();
    const shift = copy ? copy.address - starts[0]! : this.joined;
    const done = e.kernels.guarded(starts[0]! + shift, starts[update]! + shift, starts[starts.length - 1]! + shift, loss, 0, e.stop) !== 0;
    copy?.release();
    return done;
  }

  /** Runs whole steps, one row of the table each; the update section only where bit 0 of the row's first word is set. */
  steps(table: number, rowBytes: number, row: number, count: number): void {
    this.check();
    const e = engine();
    const { starts } = this;
    const copy = e.team && this.copyForCaller();
    const shift = copy ? copy.address - starts[0]! : this.joined;
    const update = starts[this.begin("update")]! + shift;
    e.kernels.steps(starts[0]! + shift, update, starts[starts.length - 1]! + shift, table, rowBytes, row, count, 0, e.stop);
    copy?.release();
  }

  /**
   * All of it once, or as steps() or guarded() do, on the team's workers; undefined where there is no team. Throws BusyError; rejects with WorkerError.
   * @internal
   */
  onTeam({ table = 0, rowBytes = 0, row = 0, count = 1, update = -1, guard = 0 }: TeamWork = {}): Promise<Done> | undefined {
    this.check();
    const { team } = engine();
    if (team === undefined) return undefined;
    if (this.written.some((s) => s.copy !== undefined)) checkWritable(this.written);
    const copied = this.uses.flatMap((s) => s.copy?.storage.retain() ?? []);
    const copy = copied.length > 0 ? this.withCopies() : undefined;
    const base = copy?.address ?? this.starts[0]! + this.joined;
    const done = claimToRead(this.uses.filter((s) => s.copy === undefined && !this.written.includes(s)));
    const place = (k: number) => base + this.starts.at(k)! - this.starts[0]!;
    const work = { from: place(0), update: place(update), to: place(-1), table, rowBytes, row, count, guard };
    this.away++;
    return quiet(this.written)
      .then(() => team.run({ ...work, lanes: this.width.next() }))
      .then((result) => {
        this.width.saw(result.lanes, result.ms / count);
        return result;
      })
      .finally(() => {
        done();
        for (const s of copied) s.release();
        copy?.release();
        if (--this.away === 0 && this.gone) this.free();
      });
  }

  /** Where workers write what it reads, another writing of it that reads copies. Throws BusyError where it would write itself. */
  private copyForCaller(): Storage | undefined {
    checkWritable(this.written);
    return this.uses.some((s) => s.copy !== undefined) ? this.withCopies() : undefined;
  }

  private withCopies(): Storage {
    const copy = new Storage(this.joined || this.code.bytes, "program");
    const shift = copy.address - this.starts[0]!;
    const { i32 } = heap();
    for (const [k, { op, operands }] of this.instructions.entries()) {
      const at = this.starts[k]!;
      encode(op, operands, at + shift, true);
      i32[(at + shift) / 4 + 2] = i32[at / 4 + 2]!;
    }
    return copy;
  }

  private check(): void {
    if (this.gone) throw new DisposedError("this program was disposed");
    // after shutdown() everything is elsewhere
    if (this.memory !== engine().memory) this.write();
  }

  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    countPrograms(-1);
    if (this.away === 0) this.free();
  }

  private free(): void {
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

  private total: number | undefined;
  /** Floating-point operations of a whole run. */
  get totalFlops(): number {
    this.total ??= this.instructions.reduce((sum, i) => sum + flopsOf(i), 0);
    return this.total;
  }

  /** One instruction, readable. */
  line(index: number): string {
    return lineOf(this.instructions[index]!);
  }

  /** A line an instruction, and what the program needs. */
  toString(): string {
    return listing(this);
  }

  /**
   * Times each instruction by itself, in order: the least of `repeats` rounds, each of as many calls as fill a few microseconds. Parameters and state are
   * as before afterwards.
   */
  profile(repeats = 20): ProfileRow[] {
    return profile(this, this.uses, repeats);
  }
}

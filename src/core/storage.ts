import { copied } from "./arrays";
import type { Ref } from "./emit";
import { DisposedError, MemoryError, RecordingError } from "./errors";
import { Residents } from "./residents";
import { engine, heap, reserved, whenBack } from "./runtime";
import { shared } from "./shared";

/** Who a block of memory belongs to. Only `eager` ones may be moved out of linear memory. */
export type Kind = "eager" | "parameter" | "state" | "data" | "program" | "planned";

/**
 * Past either limit, the oldest eager storages leave linear memory until half of it is free again. What stays here is alive to the engine's collector,
 * used or not. Few enough, and most forgotten storages die young: with thousands they survive into its old generation, whose dead keep their copies
 * alive, and V8 answers so many survivors by making the young generation larger (64 MB on Node 24).
 */
const SOFT_BYTES = 64 * 2 ** 20;
const SOFT_COUNT = 512;

const pool = shared("storages", () => ({
  /** Eager storages in linear memory. */
  resident: new Residents(),
  /** The others, but temporaries of programs. */
  fixed: new Residents(),
  residentBytes: 0,
  count: {} as Record<Kind, number>,
  bytes: {} as Record<Kind, number>,
  /** Storages an instruction is about to use: they stay where they are. */
  held: [] as Storage[],
}));

function count(kind: Kind, tensors: number, bytes: number): void {
  pool.count[kind] = (pool.count[kind] ?? 0) + tensors;
  pool.bytes[kind] = (pool.bytes[kind] ?? 0) + bytes;
}

/**
 * A block of memory that tensors look into. An eager storage's address is looked up at each use, since it may have been spilled to an ordinary array in
 * between; the others keep theirs for life.
 */
export class Storage {
  /** 0 while spilled, planned or given back. */
  private at = 0;
  private spilled: Uint8Array | undefined;
  private refs = 1;
  /** Counts changes in place, so that backward can tell whether what it saved is still true. */
  version = 0;
  /** Position among the temporaries of the program that is being recorded. */
  plan = -1;
  /** How many programs and feeds need an eager storage to stay where it is; it belongs to the first of them meanwhile. */
  private pins = 0;
  /** What gave it back, for the error message. */
  private freedBy = "";
  /** What to read in its stead while workers write here. */
  copy: Ref | undefined = undefined;
  /** Pieces of work on workers that read here. */
  readers = 0;
  /** Its neighbours among the resident ones. */
  older: Storage | undefined = undefined;
  newer: Storage | undefined = undefined;

  constructor(
    readonly bytes: number,
    private owner: Kind,
  ) {
    if (owner !== "planned") this.place();
    if (owner !== "eager") count(owner, 1, bytes);
    if (owner !== "eager" && owner !== "planned") pool.fixed.add(this);
  }

  get kind(): Kind {
    return this.owner;
  }

  /** Where it is now. */
  get address(): number {
    if (this.at !== 0) return this.at;
    if (this.refs === 0)
      throw new DisposedError(`this tensor was given back by ${this.freedBy}; keep it by not disposing it, or clone() it before`);
    if (this.owner === "planned") throw new RecordingError("this tensor has no values while its program is being recorded");
    if (this.owner === "eager") this.comeBack();
    else engine(); // gone with the memory, as all of them: all come back
    return this.at;
  }

  private comeBack(): void {
    this.place();
    if (this.spilled !== undefined) heap().u8.set(this.spilled, this.at);
    this.spilled = undefined;
  }

  /** Whether somebody else has a part in it. */
  get isShared(): boolean {
    return this.refs > 1;
  }

  get disposed(): boolean {
    return this.refs === 0;
  }

  private place(): void {
    if (this.owner === "eager") makeRoom(this.bytes);
    try {
      this.at = engine().allocator.allocate(this.bytes);
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      spillDownTo(0, 0);
      this.at = engine().allocator.allocate(this.bytes);
    }
    if (this.owner === "eager") {
      pool.resident.add(this);
      pool.residentBytes += this.bytes;
    }
  }

  /** Copies the contents to an ordinary array and leaves linear memory. */
  private spill(): void {
    this.spilled = copied(heap().u8.subarray(this.at, this.at + this.bytes));
    this.leave();
  }

  private leave(): void {
    if (this.at === 0) return;
    engine().allocator.free(this.at, this.bytes);
    this.at = 0;
    if (this.owner !== "eager") return;
    pool.resident.delete(this);
    pool.residentBytes -= this.bytes;
  }

  /** Fixes the address of an eager storage until as many calls of unpin(). The others keep theirs anyway. */
  pin(owner: Exclude<Kind, "eager" | "planned">): void {
    if (this.pins === 0 && this.owner !== "eager") return;
    void this.address;
    if (this.pins++ === 0) this.moveTo(owner);
  }

  unpin(): void {
    if (this.pins > 0 && --this.pins === 0) this.moveTo("eager");
  }

  private moveTo(owner: Exclude<Kind, "planned">): void {
    if (this.owner === "eager") {
      pool.resident.delete(this);
      pool.residentBytes -= this.bytes;
      pool.fixed.add(this);
    } else count(this.owner, -1, -this.bytes);
    this.owner = owner;
    if (owner === "eager") {
      pool.fixed.delete(this);
      // not while it is gone with the memory
      if (this.at === 0) return;
      pool.resident.add(this);
      pool.residentBytes += this.bytes;
    } else count(owner, 1, this.bytes);
  }

  /** Gives a temporary of a program its place, once the program is planned. */
  settle(address: number): void {
    this.at = address;
  }

  retain(): this {
    this.refs++;
    return this;
  }

  release(by = "dispose()"): void {
    // a temporary's place belongs to its program, whoever disposes the tensor it was recorded for
    if (this.owner === "planned" || this.refs === 0 || --this.refs > 0) return;
    if (this.owner !== "eager") {
      count(this.owner, -1, -this.bytes);
      pool.fixed.delete(this);
    }
    this.freedBy = by;
    this.leave();
    this.spilled = undefined;
  }

  static spillFixed(): void {
    for (let s = pool.fixed.oldest; s !== undefined; s = s.newer) s.spill();
    whenBack(() => {
      for (let s = pool.fixed.oldest; s !== undefined; s = s.newer) s.comeBack();
    });
  }

  /** Moves out the oldest eager storages until at most `bytes` and `count` remain, but for those held. */
  static spill(bytes: number, count: number): void {
    let storage = pool.resident.oldest;
    while (storage !== undefined && (pool.residentBytes > bytes || pool.resident.size > count)) {
      const { newer } = storage;
      if (!pool.held.includes(storage)) storage.spill();
      storage = newer;
    }
  }
}

/** Takes everything out of linear memory, which may go then. What is fixed comes back as one, when there is a memory again. */
export function leaveMemory(): void {
  Storage.spill(0, 0);
  Storage.spillFixed();
}

function spillDownTo(bytes: number, count: number): void {
  Storage.spill(bytes, count);
}

function makeRoom(bytes: number): void {
  if (pool.residentBytes + bytes <= SOFT_BYTES && pool.resident.size < SOFT_COUNT) return;
  spillDownTo(SOFT_BYTES / 2, SOFT_COUNT / 2);
}

/** Runs `use` while none of these storages can be spilled. */
export function hold<T>(storages: readonly Storage[], use: () => T): T {
  const before = pool.held.length;
  pool.held.push(...storages);
  try {
    return use();
  } finally {
    pool.held.length = before;
  }
}

export interface MemoryInfo {
  /** Live storages (a tensor and its views share one). */
  tensors: number;
  /** Their bytes. */
  bytes: number;
  byKind: { [K in Exclude<Kind, "planned">]: { tensors: number; bytes: number } };
  /** Size of the linear memory. */
  reserved: number;
}

/** Live tensors and bytes by owner. Eager tensors that have moved out of linear memory are the engine's garbage collector's, and not counted. */
export function memory(): MemoryInfo {
  const one = (kind: Kind) => ({ tensors: pool.count[kind] ?? 0, bytes: pool.bytes[kind] ?? 0 });
  const eager = { tensors: pool.resident.size, bytes: pool.residentBytes };
  const byKind = { eager, parameter: one("parameter"), state: one("state"), data: one("data"), program: one("program") };
  const all = Object.values(byKind);
  return {
    tensors: all.reduce((sum, k) => sum + k.tensors, 0),
    bytes: all.reduce((sum, k) => sum + k.bytes, 0),
    byKind,
    reserved: reserved(),
  };
}

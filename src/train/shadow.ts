import { busy } from "../core/claims";
import { engine, heap } from "../core/runtime";
import { Storage } from "../core/storage";
import type { Counters, Optimizer } from "../optim/optimizer";
import type { Tensor } from "../tensor/tensor";

/** Where a run stands between two steps. */
export interface Position {
  epoch: number;
  /** Step within the epoch. */
  step: number;
  /** Steps since the run began. */
  total: number;
}

/** A copy of parameters, buffers, optimizer state and counters, to go back to when training turns non-finite. */
export class Shadow {
  private block: Storage;
  private readonly tensors: readonly Tensor[];
  private counters: Counters = new Float64Array();
  position: Position = { epoch: 0, step: 0, total: 0 };
  takenAt = -Infinity;

  constructor(
    tensors: readonly Tensor[],
    private readonly optimizer: Optimizer,
  ) {
    this.tensors = tensors;
    this.block = new Storage(
      4 *
        Math.max(
          1,
          tensors.reduce((sum, t) => sum + t.size, 0),
        ),
      "program",
    );
  }

  private each(copy: (heapAt: number, blockAt: number, words: number) => void): void {
    let at = this.block.address / 4;
    for (const t of this.tensors) {
      copy((t.ref.storage.address + t.offset) / 4, at, t.size);
      at += t.size;
    }
  }

  take(position: Position): void {
    // a worker may still be reading the last copy
    if (this.block.isShared) {
      this.block.release();
      this.block = new Storage(this.block.bytes, "program");
    }
    const { i32 } = heap();
    this.each((from, to, n) => i32.copyWithin(to, from, from + n));
    this.counters = this.optimizer.snapshot();
    this.position = { ...position };
    this.takenAt = performance.now();
  }

  restore(): Position {
    const { i32 } = heap();
    this.each((to, from, n) => i32.copyWithin(to, from, from + n));
    this.optimizer.restore(this.counters);
    return { ...this.position };
  }

  /**
   * Waits for workers, or for this run's turn. Where there are workers, whoever reads what was copied gets the copy meanwhile, and nobody may write it. Throws BusyError where
   * another run is at it.
   */
  async during<T>(work: Promise<T>): Promise<T> {
    if (engine().team === undefined) return work;
    let unlock = () => {};
    try {
      unlock = this.lock();
      return await work;
    } finally {
      unlock();
      // where it could not be locked, nobody waits for it
      work.catch(() => {});
    }
  }

  private lock(): () => void {
    if (this.takenAt === -Infinity) return () => {};
    const storages = this.tensors.map((t) => t.storage);
    if (storages.some((s) => s.copy !== undefined)) busy();
    let at = 0;
    for (const t of this.tensors) {
      t.storage.copy = { storage: this.block, offset: at - t.offset };
      at += 4 * t.size;
    }
    return () => {
      for (const s of storages) s.copy = undefined;
    };
  }

  dispose(): void {
    this.block.release();
  }
}

/** Models that are ready to predict: the most recently used ones, up to a number and a size. */
import { type Module, memory, type Predictor, predictor } from "neurite";
import type { Limits } from "./limits";
import type { ModelRecord, Store } from "./store";

/** Rows that go through a model in one call. */
export const BLOCK = 32;

export interface Loaded {
  readonly record: ModelRecord;
  readonly one: Predictor;
  /** For blocks of rows; made when there is a first one. */
  block(): Predictor;
}

class Entry {
  loaded: (Loaded & { dispose(): void }) | undefined;
  bytes = 0;
  users = 0;
  gone = false;
  readonly ready: Promise<Loaded>;

  constructor(
    store: Store,
    tenant: string,
    name: string,
    private readonly grew: (bytes: number) => void,
  ) {
    this.ready = store.load(tenant, name).then(({ record, model }) => {
      try {
        this.loaded = this.shelved(record, model);
      } catch (error) {
        model.dispose();
        throw error;
      }
      return this.loaded;
    });
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    if (!this.gone) this.grew(bytes);
  }

  /** What `make` takes of linear memory is counted. */
  private counted<T>(make: () => T): T {
    const before = memory().bytes;
    const made = make();
    this.count(memory().bytes - before);
    return made;
  }

  private shelved(record: ModelRecord, model: Module): Loaded & { dispose(): void } {
    this.count(model.parameters().reduce((sum, p) => sum + 4 * p.size, 0));
    const one = this.counted(() => predictor(model));
    let many: Predictor | undefined;
    return {
      record,
      one,
      block: () => (many ??= this.counted(() => predictor(model, { batch: BLOCK }))),
      dispose: () => {
        one.dispose();
        many?.dispose();
        model.dispose();
      },
    };
  }

  disposeWhenUnused(): void {
    if (!this.gone || this.users > 0) return;
    this.loaded?.dispose();
    this.loaded = undefined;
  }
}

export class Shelf {
  private readonly entries = new Map<string, Entry>();
  private used = 0;

  constructor(
    private readonly store: Store,
    private readonly limits: Limits,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.used;
  }

  /** Lends a model; it stays what it was until `work` ends, whatever version comes meanwhile. */
  async use<T>(tenant: string, name: string, work: (loaded: Loaded) => T | Promise<T>): Promise<T> {
    const key = `${tenant}/${name}`;
    const entry = this.entries.get(key) ?? new Entry(this.store, tenant, name, (bytes) => void (this.used += bytes));
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.users++;
    try {
      const loaded = await entry.ready;
      this.makeRoom(entry);
      return await work(loaded);
    } catch (error) {
      if (entry.loaded === undefined) this.take(key, entry);
      throw error;
    } finally {
      entry.users--;
      entry.disposeWhenUnused();
    }
  }

  private makeRoom(but: Entry): void {
    const { loadedModels, loadedBytes } = this.limits;
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= loadedModels && this.used <= loadedBytes) return;
      if (entry !== but) this.take(key, entry);
    }
  }

  private take(key: string, entry: Entry): void {
    if (this.entries.get(key) !== entry) return;
    this.entries.delete(key);
    entry.gone = true;
    this.used -= entry.bytes;
    entry.disposeWhenUnused();
  }

  /** The next prediction reads the model anew. */
  drop(tenant: string, name: string): void {
    const key = `${tenant}/${name}`;
    const entry = this.entries.get(key);
    if (entry !== undefined) this.take(key, entry);
  }

  dispose(): void {
    for (const [key, entry] of this.entries) this.take(key, entry);
  }
}

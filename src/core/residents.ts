import type { Storage } from "./storage";

/**
 * Storages by age, linked through themselves. Not a Set: V8 keeps a Set's outgrown tables pointing at their successors, so that one that has grown old before
 * it died keeps every later one, and all storages in them, until the next collection of the old generation.
 */
export class Residents {
  size = 0;
  oldest: Storage | undefined;
  private newest: Storage | undefined;

  add(storage: Storage): void {
    storage.older = this.newest;
    if (this.newest === undefined) this.oldest = storage;
    else this.newest.newer = storage;
    this.newest = storage;
    this.size++;
  }

  delete(storage: Storage): void {
    const { older, newer } = storage;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    storage.older = undefined;
    storage.newer = undefined;
    this.size--;
  }
}

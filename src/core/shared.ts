/**
 * State shared by every copy of the library in one process: ESM and CJS builds, and two versions of the same major, meet here.
 * Nothing else in src/ keeps mutable state at module level.
 */
const KEY = Symbol.for("neurite.runtime.v1");

type Slots = Map<string, unknown>;

/** The process-wide value of this name; made by `create` on first use. */
export function shared<T>(name: string, create: () => T): T {
  const holder = globalThis as { [KEY]?: Slots };
  holder[KEY] ??= new Map();
  const slots = holder[KEY];
  if (!slots.has(name)) slots.set(name, create());
  return slots.get(name) as T;
}

/** What is left to do for things that were dropped without dispose(), once the engine's collector notices. `dispose` must not hold the thing itself. */
const forgotten = new FinalizationRegistry<() => void>((dispose) => dispose());

export function whenForgotten(thing: object, dispose: () => void): void {
  forgotten.register(thing, dispose);
}

/** Stands for `part` in every way, and keeps `whole` from being forgotten while somebody holds it. */
export const holding = <T extends object>(part: T, whole: object): T => new Proxy(part, { whole } as object);

/** `part()` likewise, the same thing each time it gives the same. */
export function handedOut<T extends object>(part: () => T | undefined, whole: object): () => T | undefined {
  let last: { part: T; shown: T } | undefined;
  return () => {
    const now = part();
    if (last?.part !== now) last = now && { part: now, shown: holding(now, whole) };
    return last?.shown;
  };
}

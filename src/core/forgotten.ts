/** What is left to do for things that were dropped without dispose(), once the engine's collector notices. `dispose` must not hold the thing itself. */
const forgotten = new FinalizationRegistry<() => void>((dispose) => dispose());

export function whenForgotten(thing: object, dispose: () => void): void {
  forgotten.register(thing, dispose);
}

import { BusyError } from "./errors";
import { shared } from "./shared";
import type { Storage } from "./storage";

/**
 * What workers are at work on. A storage that they write has a copy beside it, which whoever reads gets instead; one that they read counts them. Nobody writes either
 * meanwhile.
 */
const claims = shared("claims", () => ({ waiting: [] as (() => void)[] }));

export const isClaimed = (s: Storage): boolean => s.copy !== undefined || s.readers > 0;

export function busy(): never {
  throw new BusyError(
    "a worker is at work on this model or these data, so they cannot be changed now; await fit(), evaluate(), predict() or step.async(), or change them in a callback of fit",
  );
}

/** Throws BusyError where workers are at work on one of them. */
export function checkWritable(storages: readonly Storage[]): void {
  if (storages.some(isClaimed)) busy();
}

/** Where to read it now. */
export const readAt = (s: Storage): number => (s.copy === undefined ? s.address : s.copy.storage.address + s.copy.offset);

/** Where to write it now. Throws BusyError. */
export const writeAt = (s: Storage): number => (isClaimed(s) ? busy() : s.address);

/** Counts a reader of each; what it returns ends that. */
export function claimToRead(storages: readonly Storage[]): () => void {
  for (const s of storages) s.readers++;
  return () => {
    for (const s of storages) s.readers--;
    for (const look of claims.waiting.splice(0)) look();
  };
}

/** Resolves when workers read none of them. */
export async function quiet(storages: readonly Storage[]): Promise<void> {
  while (storages.some((s) => s.readers > 0)) await new Promise<void>((look) => claims.waiting.push(look));
}

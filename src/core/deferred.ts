import { shared } from "./shared";

const deferred = shared("deferred", () => ({ list: undefined as (() => void)[] | undefined }));

/** Changes of a module's state that forward asks for: now, or, within a trainer's step, when its state section comes. */
export function changeState(change: () => void): void {
  if (deferred.list === undefined) change();
  else deferred.list.push(change);
}

/** Runs the gradient part of a step and returns, with its result, what applies the changes of state it asked for. */
export function deferring<T>(body: () => T): [result: T, apply: () => void] {
  const before = deferred.list;
  const list: (() => void)[] = [];
  deferred.list = list;
  try {
    const result = body();
    return [
      result,
      () => {
        for (const change of list) change();
      },
    ];
  } finally {
    deferred.list = before;
  }
}

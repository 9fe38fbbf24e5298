import { shared } from "./shared";

/**
 * One scheduler for the process: each turn of the event loop lets one waiting run do one slice, in the order they asked. Timers, sockets and frames
 * get their time between two slices, however many runs there are.
 */
const queue = shared("scheduler", () => ({ waiting: [] as (() => void)[], pumping: false }));

type Immediate = { setImmediate?: (f: () => void) => unknown };

/** After the events that are due now. Browsers clamp nested timeouts to 4 ms, a message port is not clamped. */
function afterTurn(f: () => void): void {
  const { setImmediate } = globalThis as Immediate;
  if (setImmediate !== undefined) {
    setImmediate(f);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    f();
  };
  port2.postMessage(0);
}

function pump(): void {
  const next = queue.waiting.shift();
  if (next === undefined) {
    queue.pumping = false;
    return;
  }
  next();
  afterTurn(pump);
}

/** Resolves when it is this caller's turn for one slice of work. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    queue.waiting.push(resolve);
    if (queue.pumping) return;
    queue.pumping = true;
    afterTurn(pump);
  });
}

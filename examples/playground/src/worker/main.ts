/** The worker: all computing of the playground happens here. */
import { init, MemoryError } from "neurite";
import type { CallName, FromWorker, Progress, Reply, Request, Runtime, ToWorker } from "../shared/messages";
import { Digits } from "./digits";
import { byHand } from "./hand";
import { LayersLesson } from "./layers";
import { PerceptronLesson } from "./perceptron";
import { Plane } from "./plane";
import { race } from "./race";
import { checkSupport } from "./support";
import { surface } from "./surfaces";

type Handler<N extends CallName> = (request: Request<N>, progress: (p: Progress<N>) => void) => Reply<N> | Promise<Reply<N>>;

/** One thing of a kind is alive at a time: making the next disposes of the one before. */
function holder<T extends { dispose(): void }>(what: string) {
  let held: T | undefined;
  return {
    set(make: () => T): T {
      held?.dispose();
      held = undefined;
      held = make();
      return held;
    },
    get(): T {
      if (held === undefined) throw new Error(`${what} has not been started`);
      return held;
    },
  };
}

const plane = holder<Plane>("The network");
const perceptron = holder<PerceptronLesson>("The perceptron");
const layers = holder<LayersLesson>("The comparison of layers");
const digits = new Digits();

async function hello(): Promise<Runtime> {
  checkSupport();
  const { arithmetic, binary, reason, threads } = await init();
  return { arithmetic, binary, reason, threads, isolated: crossOriginIsolated };
}

const handlers: { [N in CallName]: Handler<N> } = {
  hello,
  ping: () => undefined,
  "plane.start": (settings) => plane.set(() => new Plane(settings)).start(),
  "plane.advance": ({ steps, milliseconds }) => plane.get().advance(steps, milliseconds),
  "plane.rate": (settings) => void plane.get().setRate(settings),
  "perceptron.start": (settings) => perceptron.set(() => new PerceptronLesson(settings)).start(),
  "perceptron.epoch": () => perceptron.get().epoch(),
  "perceptron.run": ({ epochs }) => perceptron.get().run(epochs),
  "layers.start": (settings) => layers.set(() => new LayersLesson(settings)).start(),
  "layers.advance": ({ steps }) => layers.get().advance(steps),
  "layers.hand": byHand,
  "race.surface": ({ surface: name }) => surface(name),
  "race.run": race,
  "digits.load": ({ url }) => digits.load(url),
  "digits.train": (settings, progress) => digits.train(settings, progress),
  "digits.stop": () => void digits.stop(),
  "digits.guess": ({ pixels }) => digits.guess(pixels),
  "digits.work": (settings) => digits.work(settings),
};

const port = self as unknown as { onmessage: (event: MessageEvent<ToWorker>) => void; postMessage(message: FromWorker): void };

port.onmessage = async ({ data: { id, name, request } }) => {
  try {
    const handler = handlers[name] as (request: unknown, progress: (p: unknown) => void) => unknown;
    const reply = await handler(request, (progress) => port.postMessage({ id, kind: "progress", progress }));
    port.postMessage({ id, kind: "reply", reply });
  } catch (error) {
    port.postMessage({ id, kind: "error", error: { name: (error as Error).name, message: explain(error as Error) } });
  }
};

/** What the reader can do about it, where the message does not tell. */
function explain(error: Error): string {
  if (error instanceof MemoryError)
    return `This tab cannot have the memory that training needs (${error.message}). Close other tabs or choose smaller settings, then start it again.`;
  return error.message;
}

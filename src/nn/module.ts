import { DisposedError, StateError } from "../core/errors";
import { location } from "../core/recorder";
import { shared } from "../core/shared";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/shape";
import { checkValues, isTensor, type Tensor } from "../tensor/tensor";
import { Buffer, isBuffer, isParameter, Parameter } from "./parameter";
import { summary } from "./summary";

const BRAND = Symbol.for("neurite.module");

/** While fit or predict records, the mode they want, and whether dropout is active where that differs; modules are not toggled. */
export const mode = shared("mode", () => ({ training: undefined as boolean | undefined, dropout: undefined as boolean | undefined }));

/** Values copied out of a model, nothing to dispose. */
export type StateDict = Record<string, { shape: Shape; data: Float32Array }>;

type Member = Parameter | Buffer | Module;
const isMember = (v: unknown): v is Member => isParameter(v) || isBuffer(v) || isModule(v);

/**
 * Base of all layers and models. A field that holds a Parameter, a Buffer, a Module, or an array or record of these is part of it, under the field's name;
 * a bare Tensor is a constant. A module reached twice counts once.
 */
export abstract class Module {
  /** Name in a JSON description. */
  static readonly type: string = "Module";
  /** Whether initialize() leaves its own parameters as they are: they start with fixed values, as those of a normalisation do. */
  static readonly keepsValues: boolean = false;
  readonly [BRAND]!: true;
  /** Whether forward behaves as in training; set by train() and eval(). */
  training = true;

  constructor() {
    Object.defineProperty(this, BRAND, { value: true });
    instrument(this);
  }

  abstract forward(...inputs: Tensor[]): Tensor;

  /** Options that rebuild it. */
  get config(): Record<string, unknown> {
    return {};
  }

  /** Named values that may hold members; containers override it to name their parts. */
  protected fields(): Iterable<[string, unknown]> {
    return Object.entries(this);
  }

  /** Own members by name, those in arrays and records as `name.0`, `name.key`. */
  private *members(): Generator<[string, Member]> {
    for (const [name, value] of this.fields()) {
      if (isMember(value)) yield [name, value];
      else if (Array.isArray(value)) {
        for (const [k, v] of value.entries()) if (isMember(v)) yield [`${name}.${k}`, v];
      } else if (isRecord(value)) for (const [k, v] of Object.entries(value)) if (isMember(v)) yield [`${name}.${k}`, v];
    }
  }

  /** Itself and every module inside, by path; its own path is the prefix. */
  *namedModules(prefix = "", seen = new Set<Module>()): Generator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, value] of this.members())
      if (isModule(value)) yield* value.namedModules(prefix === "" ? name : `${prefix}.${name}`, seen);
  }

  private *tensors<T extends Tensor>(is: (v: unknown) => v is T): Generator<[string, T]> {
    const seen = new Set<T>();
    for (const [path, module] of this.namedModules())
      for (const [name, value] of module.members())
        if (is(value) && !seen.has(value)) {
          seen.add(value);
          yield [path === "" ? name : `${path}.${name}`, value];
        }
  }

  /** Modules directly inside, by name. */
  children(): [string, Module][] {
    return [...this.members()].filter((m): m is [string, Module] => isModule(m[1]));
  }

  namedParameters(): [string, Parameter][] {
    return [...this.tensors(isParameter)];
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, p]) => p);
  }

  namedBuffers(): [string, Buffer][] {
    return [...this.tensors(isBuffer)];
  }

  /** Copies of all parameters and buffers by path. */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [name, t] of [...this.namedParameters(), ...this.namedBuffers()])
      state[name] = { shape: t.shape, data: t.data() as Float32Array };
    return state;
  }

  /**
   * Copies values in place. Throws StateError, and changes nothing, unless names and shapes agree; `strict: false` takes what fits by name.
   */
  loadStateDict(state: Record<string, { shape: Shape; data: ArrayLike<number> } | Tensor>, { strict = true } = {}): void {
    const own = new Map<string, Tensor>([...this.namedParameters(), ...this.namedBuffers()]);
    const missing = [...own.keys()].filter((name) => !Object.hasOwn(state, name));
    const extra = Object.keys(state).filter((name) => !own.has(name));
    const wrong = Object.entries(state)
      .filter(([name, s]) => own.has(name) && !sameShape(s.shape, own.get(name)!.shape))
      .map(([name, s]) => `${name} is ${showShape(s.shape)}, expected ${showShape(own.get(name)!.shape)}`);
    const short = Object.entries(state)
      .filter(([name, s]) => own.has(name) && !isTensor(s) && s.data.length !== sizeOf(s.shape))
      .map(([name, s]) => `${name} holds ${(s as { data: ArrayLike<number> }).data.length} values, expected ${sizeOf(s.shape)}`);
    const list = (what: string, names: string[]) => (names.length === 0 ? "" : `; ${what}: ${names.join(", ")}`);
    const complaint = `${strict ? list("missing", missing) + list("unexpected", extra) : ""}${list("wrong shape", wrong)}${list("wrong size", short)}`;
    if (complaint !== "") throw new StateError(`loadStateDict: names or shapes do not match${complaint}`);
    const values = Object.entries(state).map(
      ([name, s]) => [name, isTensor(s) ? s.data() : (s as { data: ArrayLike<number> }).data] as const,
    );
    for (const [name, data] of values) if (own.has(name)) checkValues(data, own.get(name)!.dtype, `loadStateDict: ${name}`);
    for (const [name, data] of values) own.get(name)?.set(data);
  }

  train(training = true): this {
    for (const [, m] of this.namedModules()) m.training = training;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** A copy with parameters and buffers of its own; parts shared inside stay shared inside. */
  clone(): this {
    return copy(this, new Map()) as this;
  }

  /** A table of layers and parameters; with the shape of a batch, of output shapes too. */
  summary(input?: Shape): string {
    return summary(this, input);
  }

  /** Gives parameters and buffers back. A second call does nothing. */
  dispose(): void {
    for (const [, t] of [...this.namedParameters(), ...this.namedBuffers()]) t.dispose();
  }
}

export function isModule(x: unknown): x is Module {
  return typeof x === "object" && x !== null && (x as { [BRAND]?: boolean })[BRAND] === true;
}

/** Lets instructions and errors know in which module forward is. */
function instrument(module: Module): void {
  const forward = module.forward;
  if (typeof forward !== "function") return;
  Object.defineProperty(module, "forward", {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: Module, ...inputs: Tensor[]) {
      location.stack.push(this);
      try {
        return forward.apply(this, inputs);
      } finally {
        location.stack.pop();
      }
    },
  });
}

/** Whether a module should behave as in training now. */
export function isTraining(module: Module): boolean {
  return mode.training ?? module.training;
}

/** Whether dropout layers drop now: in training, or where inMode() says so. */
export function isDropping(module: Module): boolean {
  return mode.dropout ?? isTraining(module);
}

/** Runs `body` with every module in one mode, whatever their flags say. Dropout follows, unless told: active in evaluation it gives Monte-Carlo samples. */
export function inMode<T>(training: boolean, body: () => T, dropout?: boolean): T {
  const { training: before, dropout: dropping } = mode;
  mode.training = training;
  mode.dropout = dropout;
  try {
    return body();
  } finally {
    mode.training = before;
    mode.dropout = dropping;
  }
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;

function copy(value: unknown, done: Map<unknown, unknown>): unknown {
  if (done.has(value)) return done.get(value);
  if (isParameter(value) || isBuffer(value)) {
    if (value.disposed) throw new DisposedError("clone: a parameter of this model was disposed");
    const twin = isParameter(value) ? new Parameter(value.shape) : new Buffer(value.shape, value.dtype);
    twin.set(value.data());
    twin.requiresGrad = value.requiresGrad;
    done.set(value, twin);
    return twin;
  }
  if (isModule(value)) {
    const twin = Object.create(Object.getPrototypeOf(value)) as Module;
    done.set(value, twin);
    Object.defineProperty(twin, BRAND, { value: true });
    for (const [name, v] of Object.entries(value)) (twin as unknown as Record<string, unknown>)[name] = copy(v, done);
    instrument(twin);
    return twin;
  }
  if (Array.isArray(value)) return value.map((v) => copy(v, done));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, copy(v, done)]));
  return value;
}

import { noGrad } from "../../autograd/graph";
import { OptionError } from "../../core/errors";
import { expectDType } from "../../ops/define";
import { scope, type Tensor } from "../../tensor/tensor";

/** Gives a tensor its first values, in place. A user's own is such a function too. */
export interface Initializer {
  (t: Tensor): unknown;
  readonly type?: string;
  /** Options as JSON. */
  readonly config?: object;
}

/** An initialiser of the library: its options are JSON, and `with` sets them for good. */
export interface ConfiguredInitializer<O extends object = object> extends Initializer {
  /** Fills t and returns it; with options of this call alone. */
  (t: Tensor, options?: O): Tensor;
  readonly type: string;
  readonly config: Readonly<O>;
  /** The same initialiser with other defaults: `initializers.uniform.with({ low: 0 })`. Throws OptionError. */
  with(options: O): ConfiguredInitializer<O>;
}

type Check = (what: string, value: unknown) => void;

/** A finite number, above or from `low` on where there is one. */
export const number =
  (low = -Infinity, open = false): Check =>
  (what, value) => {
    if (Number.isFinite(value) && (open ? (value as number) > low : (value as number) >= low)) return;
    const bound = low === -Infinity ? "" : open ? ` above ${low}` : ` of ${low} or more`;
    throw new OptionError(`${what} must be a finite number${bound}, got ${String(value)}`);
  };

export const oneOf =
  (...allowed: readonly string[]): Check =>
  (what, value) => {
    if (!allowed.includes(value as string))
      throw new OptionError(`${what} must be ${allowed.map((a) => `"${a}"`).join(" or ")}, got ${JSON.stringify(value)}`);
  };

interface Definition<O extends object> {
  readonly type: string;
  readonly checks: { readonly [K in keyof O]-?: Check };
  /** What options must be together; throws OptionError. */
  readonly together?: (options: Readonly<O>) => void;
  readonly fill: (t: Tensor, options: Readonly<O>) => void;
}

export function defineInitializer<O extends object = object>({ type, checks, together, fill }: Definition<O>): ConfiguredInitializer<O> {
  const merged = (config: O, options: O): O => {
    for (const [name, value] of Object.entries(options)) {
      const check = (checks as Record<string, Check>)[name];
      if (check === undefined)
        throw new OptionError(`${type}: unknown option "${name}"; known are ${Object.keys(checks).join(", ") || "none"}`);
      if (value !== undefined) check(`${type}: ${name}`, value);
    }
    const all = { ...config, ...options };
    together?.(all);
    return all;
  };
  const configured = (config: O): ConfiguredInitializer<O> => {
    const f = (t: Tensor, options?: O): Tensor => {
      const all = options === undefined ? config : merged(config, options);
      expectDType(type, "f32", t);
      // tensors that filling needs go; t itself was there before
      noGrad(() => scope(() => fill(t, all)));
      t.storage.version++;
      return t;
    };
    return Object.assign(f, { type, config, with: (options: O) => configured(merged(config, options)) });
  };
  return configured({} as O);
}

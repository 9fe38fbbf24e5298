import type { ChoiceField, Field, NumberField, Settings } from "../shared/schema";
import { el, short, uniqueId } from "./dom";

type AnySchema = Readonly<Record<string, Field<unknown>>>;
type KeysOf<S, F> = { [K in keyof S]: S[K] extends F ? K : never }[keyof S] & string;

interface Input<V> {
  row: HTMLElement;
  show(value: V): void;
}

/** Labelled inputs for the settings of a schema. `changed` is told the name of a setting the reader changed; the settings hold its value then. */
export class Form<S extends AnySchema> {
  private readonly inputs = new Map<string, Input<never>>();

  constructor(
    private readonly schema: S,
    readonly settings: Settings<S>,
    private readonly changed: (name: keyof S & string) => void,
  ) {}

  private add<V>(name: string, label: string, control: HTMLElement, show: (value: V) => void, output?: HTMLElement): HTMLElement {
    control.id = uniqueId(name);
    control.dataset.setting = name;
    const row = el("div", { class: "field" }, el("label", { for: control.id }, label), output, control);
    const input: Input<V> = { row, show };
    this.inputs.set(name, input as Input<never>);
    show((this.settings as Record<string, V>)[name]!);
    return row;
  }

  private set(name: string, value: unknown): void {
    (this.settings as Record<string, unknown>)[name] = value;
    this.changed(name);
  }

  select<K extends KeysOf<S, ChoiceField<never> | ChoiceField<string>>>(
    name: K,
    label: string,
    names: Record<string, string>,
  ): HTMLElement {
    const { values } = this.schema[name] as unknown as ChoiceField<string>;
    const control = el("select", { on: { change: () => this.set(name, control.value) } });
    for (const value of values) control.append(el("option", { value }, names[value] ?? value));
    return this.add<string>(name, label, control, (value) => (control.value = value));
  }

  /** A slider, its value beside the label; `log` spreads powers of ten evenly. */
  range<K extends KeysOf<S, NumberField>>(
    name: K,
    label: string,
    { log = false, say = short, max }: { log?: boolean; say?: (v: number) => string; max?: number } = {},
  ): HTMLElement {
    const field = this.schema[name] as unknown as NumberField;
    const [to, from] = log ? [Math.log10, (v: number) => Number((10 ** v).toPrecision(2))] : [(v: number) => v, (v: number) => v];
    const output = el("output", {});
    const tell = (value: number) => {
      output.textContent = say(value);
      control.setAttribute("aria-valuetext", say(value));
    };
    const value = () => Math.min(field.max, Math.max(field.min, from(Number(control.value))));
    const control = el("input", {
      type: "range",
      min: to(field.min),
      max: to(max ?? field.max),
      step: log ? 0.05 : field.step,
      on: { input: () => tell(value()), change: () => this.set(name, value()) },
    });
    const show = (v: number) => {
      control.value = String(to(v));
      tell(v);
    };
    return this.add<number>(name, label, control, show, output);
  }

  check<K extends KeysOf<S, Field<boolean>>>(name: K, label: string): HTMLElement {
    const control = el("input", { type: "checkbox", on: { change: () => this.set(name, control.checked) } });
    const row = this.add<boolean>(name, label, control, (value) => (control.checked = value));
    row.classList.add("check");
    return row;
  }

  /** Shows the settings as they are now, after they were changed elsewhere. */
  refresh(): void {
    for (const [name, { show }] of this.inputs) (show as (v: unknown) => void)((this.settings as Record<string, unknown>)[name]);
  }

  /** Hides an input that means nothing at the moment. */
  hide(name: keyof S & string, hidden: boolean): void {
    this.inputs.get(name)!.row.hidden = hidden;
  }
}

export const group = (title: string, ...rows: (HTMLElement | undefined)[]) =>
  el("fieldset", {}, el("legend", {}, title), ...rows.filter((r) => r !== undefined));

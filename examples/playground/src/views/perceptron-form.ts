import { type PerceptronSettings, perceptronSchema } from "../shared/settings";
import { el } from "./dom";
import { Form, group } from "./form";
import { DATA_NAMES } from "./plane-form";

/** Rosenblatt's rule in words. */
export const RULE =
  "A unit answers 1 (blue) where w0 + w1 x1 + w2 x2 > 0, else 0 (orange). After each example, w changes by c (wanted − answered) x: nothing where it was right. Where a line parts the classes, it finds one after finitely many mistakes (Novikoff 1962); for exclusive or there is none, and it never comes to rest.";

/** The settings of the perceptron as a form; `arrange` hides what means nothing for the points chosen. */
export function perceptronForm(settings: PerceptronSettings, changed: (name: string) => void) {
  const form = new Form(perceptronSchema, settings, changed);
  const whole = (v: number) => String(v);
  const speed = form.select("speed", "Examples a frame", {});
  const rows = group(
    "Data and rule",
    form.select("data", "Points", DATA_NAMES),
    form.range("count", "How many", { say: whole }),
    form.range("margin", "Margin"),
    form.range("noise", "Noise"),
    form.select("start", "First weights", { random: "Random in [-1, 1]", zero: "Zero" }),
    form.range("c", "Rate c", { log: true }),
    form.range("seed", "Seed", { say: whole, max: 100 }),
  );
  const arrange = () => {
    form.hide("margin", settings.data !== "linear");
    for (const name of ["noise", "count"] as const) form.hide(name, settings.data === "drawn");
  };
  return { element: el("div", { class: "form" }, rows), speed, arrange, refresh: () => form.refresh() };
}

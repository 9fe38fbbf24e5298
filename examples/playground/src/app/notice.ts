import { button, el } from "../views/dom";

/** One message at a time, above everything else; read out when it comes. */
export class Notice {
  private readonly text = el("p");
  private readonly actions = el("div", { class: "actions" });
  readonly element = el("div", { class: "notice", role: "alert", hidden: true }, this.text, this.actions);

  show(text: string, action?: { text: string; press: () => void }, kind: "bad" | "good" = "bad"): void {
    this.text.textContent = text;
    const close = button("Close", () => this.hide(), { class: "small" });
    this.actions.replaceChildren(...(action === undefined ? [] : [button(action.text, action.press, { class: "small primary" })]), close);
    this.element.dataset.kind = kind;
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }
}

import { el } from "../views/dom";

interface Tab {
  name: string;
  title: string;
  panel: HTMLElement;
}

/** Tabs after the ARIA practices: arrows move, the chosen one alone is in the order of Tab. */
export class Tabs {
  readonly list: HTMLElement;
  readonly panels: HTMLElement[];
  private readonly buttons: HTMLButtonElement[];

  constructor(
    private readonly tabs: readonly Tab[],
    chosen: (name: string) => void,
  ) {
    this.buttons = tabs.map(({ name, title }, k) =>
      el(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": `panel-${name}`,
          on: {
            click: () => chosen(name),
            keydown: (e) => {
              const to = { ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: tabs.length - 1 }[e.key];
              if (to === undefined) return;
              e.preventDefault();
              const next = (to + tabs.length) % tabs.length;
              this.buttons[next]!.focus();
              chosen(tabs[next]!.name);
            },
          },
        },
        title,
      ),
    );
    this.list = el("div", { class: "tabs", role: "tablist", "aria-label": "Topics" }, ...this.buttons);
    this.panels = tabs.map(({ name, panel }) =>
      el("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true }, panel),
    );
  }

  select(name: string): void {
    for (const [k, tab] of this.tabs.entries()) {
      const on = tab.name === name;
      this.buttons[k]!.setAttribute("aria-selected", String(on));
      this.buttons[k]!.tabIndex = on ? 0 : -1;
      this.panels[k]!.hidden = !on;
      if (on) this.buttons[k]!.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
}

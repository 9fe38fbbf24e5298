import { el } from "../views/dom";

const KEY = "neurite-playground-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const stored = (): string | null => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
};

/** Dark or light as the system has it, until the reader chooses. `changed` is called after every change. */
export function themeToggle(changed: () => void): HTMLButtonElement {
  const root = document.documentElement;
  const now = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const button = el("button", { class: "quiet", type: "button" });
  const apply = (theme: string | null) => {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
    const other = now() === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to ${other} colours`);
    changed();
  };
  button.addEventListener("click", () => {
    const theme = now() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // it lasts until the page is left
    }
    apply(theme);
  });
  dark.addEventListener("change", () => apply(null));
  apply(stored());
  return button;
}

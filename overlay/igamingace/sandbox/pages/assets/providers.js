// Providers, and the switch that takes one into maintenance.

import { call } from "./api.js";
import { at, el, say } from "./dom.js";
import { count } from "./text.js";

const shown = new Map();

/** Show the providers of a state. */
export function showProviders({ providers }) {
  const ids = providers.map(({ id }) => id).join();
  const list = at("providers");
  if (list.dataset.shown !== ids) {
    list.dataset.shown = ids;
    shown.clear();
    list.replaceChildren(...providers.map(build));
  }
  providers.forEach(({ id, in_maintenance: off }) => {
    const control = shown.get(id);
    if (!control.disabled) {
      control.checked = off;
    }
  });
}

function build(provider) {
  const id = `provider-${provider.id}`;
  const control = el("input", { type: "checkbox", role: "switch", id });
  shown.set(provider.id, control);
  control.addEventListener("change", () => change(provider, control));
  const about = `${provider.id} · ${count(provider.games.length, "game")} · ${provider.currencies.join(", ")}`;
  return el(
    "li",
    {},
    el("div", {}, el("strong", {}, provider.name), el("div", { class: "small muted" }, about)),
    el("label", { for: id, class: "small" }, "Maintenance", el("span", { class: "visually-hidden" }, ` of ${provider.name}`)),
    control,
  );
}

async function change(provider, control) {
  const message = at("providers-message");
  message.hidden = true;
  control.disabled = true;
  try {
    await call("PATCH", `providers/${provider.id}`, { in_maintenance: control.checked });
  } catch (error) {
    control.checked = !control.checked;
    message.hidden = false;
    say(message, error.message, "bad");
  } finally {
    control.disabled = false;
    control.focus();
  }
}

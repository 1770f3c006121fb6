// The contract as the renderer shows it; requests that are tried go to this very sandbox.

import { call, ROOT } from "./api.js";
import { at, el } from "./dom.js";

const SETTINGS = {
  agent: { disabled: true },
  documentDownloadType: "none",
  hideClientButton: true,
  hideDarkModeToggle: true,
  mcp: { disabled: true },
  persistAuth: false, // a token is a password: no page keeps it
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false, // they would come from elsewhere
};

const SCROLLING = "#reference :is(code.custom-scroll, ul.endpoints):not([tabindex])";

async function show() {
  const contract = await call("GET", "openapi.json");
  const required = (contract["x-required-headers"] ?? []).filter(({ name }) => name.toLowerCase() !== "authorization");
  window.Scalar.createApiReference("#reference", {
    ...SETTINGS,
    content: { ...contract, servers: [{ url: location.origin + ROOT.slice(0, -1), description: "This sandbox" }] },
    customFetch: (input, init) => fetch(complete(new Request(input, init), required)),
  });
}

/** Add the header fields that the contract wants with every request, GET included. */
function complete(request, required) {
  required.filter(({ name }) => !request.headers.has(name)).forEach(({ name, value }) => request.headers.set(name, value));
  return request;
}

/** Mend what the renderer leaves out: what scrolls must be reachable by keyboard, a link must have a name. */
function mend() {
  document.querySelectorAll(SCROLLING).forEach((element) => element.setAttribute("tabindex", "0"));
  document.querySelectorAll("#reference a[href^=http]:not([aria-label])").forEach((link) => {
    if (!link.innerText.trim()) {
      link.setAttribute("aria-label", `Documentation at ${new URL(link.href).hostname}`);
    }
  });
}

new MutationObserver(mend).observe(at("reference"), { childList: true, subtree: true });
try {
  await show();
} catch (error) {
  at("reference").replaceChildren(el("p", { class: "empty", role: "alert" }, error.message));
}

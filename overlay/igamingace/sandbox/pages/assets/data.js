// Reset, export, import.

import { call, ROOT } from "./api.js";
import { at, el, say } from "./dom.js";
import { outcome } from "./form.js";

const message = outcome();

/** Set up the panel; `changed` is told when everything may be different. */
export function prepareData(changed) {
  const reset = el("button", { type: "button", class: "danger" }, "Reset");
  const sure = el("button", { type: "button", class: "danger" }, "Yes, forget everything");
  const keep = el("button", { type: "button" }, "Keep it");
  const question = el("div", { class: "row", hidden: true }, sure, keep);
  const file = el("input", { type: "file", id: "import", accept: ".json,application/json" });
  const ask = (asking) => {
    reset.hidden = asking;
    question.hidden = !asking;
    (asking ? keep : reset).focus();
  };
  const run = async (send, done, sent = "body") => {
    try {
      await send();
      await changed();
      say(message, done, "good");
    } catch (error) {
      say(message, error.message.replace(/^body\b/, () => sent), "bad");
    }
  };
  reset.addEventListener("click", () => ask(true));
  keep.addEventListener("click", () => ask(false));
  sure.addEventListener("click", async () => {
    ask(false);
    await run(() => call("POST", "reset"), "Back to how it started.");
  });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) {
      await run(async () => call("POST", "import", await chosen.text()), "Imported.", chosen.name);
      file.value = "";
    }
  });
  at("data").append(
    el("div", { class: "row" }, el("a", { class: "button", href: `${ROOT}_sandbox/export`, download: "sandbox.json" }, "Export"), reset, question),
    el("p", { class: "small muted" }, "The export has the tokens in clear."),
    el("div", { class: "field" }, el("label", { for: file.id }, "Import an export"), file),
    message,
  );
}

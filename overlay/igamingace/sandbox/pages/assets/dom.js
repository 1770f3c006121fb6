// Building elements. Text from elsewhere only ever becomes a text node, never markup.

/**
 * Make an element.
 * @param {string} name
 * @param {Record<string, unknown>} attributes `on…` are listeners; true sets an empty attribute, false and null none.
 * @param {...(Node | string | null)} children
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      made.addEventListener(key.slice(2), value);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value === true ? "" : String(value));
    }
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Return the element with that id, which the page has. */
export function at(id) {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/** Set an element's text, where it differs: a screen reader reads what is set again. */
export function say(element, text, kind = "") {
  if (element.textContent !== text) {
    element.textContent = text;
  }
  if ((element.dataset.kind ?? "") !== kind) {
    element.dataset.kind = kind;
  }
}

/** Return a badge. */
export function badge(text, kind = "") {
  return el("span", { class: "badge", "data-kind": kind }, text);
}

let fields = 0;

/**
 * Make a labelled field, with room for a hint and an error, both of which are read out with the control.
 * @returns {HTMLElement & {control: HTMLElement, fail: (message: string) => void}}
 */
export function field(label, control, { hint = "" } = {}) {
  const id = control.id || `field-${++fields}`;
  control.id = id;
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true });
  const made = el("div", { class: "field" }, el("label", { for: id }, label), control);
  const described = [`${id}-error`];
  if (hint) {
    made.append(el("p", { class: "hint", id: `${id}-hint` }, hint));
    described.unshift(`${id}-hint`);
  }
  made.append(error);
  control.setAttribute("aria-describedby", described.join(" "));
  made.control = control;
  made.fail = (message) => {
    error.hidden = !message;
    say(error, message);
    control.setAttribute("aria-invalid", String(Boolean(message)));
  };
  return made;
}

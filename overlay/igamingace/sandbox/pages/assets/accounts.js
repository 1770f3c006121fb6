// The accounts as a tree: points, requests in flight, settings.

import { call } from "./api.js";
import { at, badge, el, field, say } from "./dom.js";
import { follow, outcome, submits } from "./form.js";
import { gauge } from "./gauge.js";
import { money } from "./text.js";

const MOST = 200;
const FILTER_FROM = 8;
const COMPACT_FROM = 11;

/** @type {Map<string, ReturnType<typeof build>>} */
const shown = new Map();
let drawn = "";

/** Show the accounts of a state. */
export function showAccounts({ accounts, limit }) {
  say(at("limit"), limit === null ? "any number of" : String(limit));
  at("find-account").hidden = accounts.length < FILTER_FROM;
  at("tree").classList.toggle("compact", accounts.length >= COMPACT_FROM);
  const wanted = chosen(accounts);
  const order = JSON.stringify(wanted.map((account) => [account.parent_id, made(account)]));
  if (order !== drawn) {
    drawn = order;
    draw(wanted);
  }
  wanted.forEach((account) => shown.get(account.id).show(account, limit));
  at("tree-empty").hidden = wanted.length > 0;
  say(at("tree-empty"), accounts.length ? "No account of that name." : "No account yet.");
  const left = at("account-filter").value.trim() ? 0 : accounts.length - wanted.length;
  at("tree-left").hidden = left === 0;
  say(at("tree-left"), `Shown are the first ${MOST} of ${accounts.length}: find the others by name.`);
}

/** What an account's row is built from: with another name or token it is another row. */
function made({ id, name, level, token, currencies }) {
  return JSON.stringify([id, name, level, token, currencies]);
}

/** Return the accounts that match the filter, and those above them. */
function chosen(accounts) {
  const text = at("account-filter").value.trim().toLowerCase();
  if (!text) {
    return accounts.slice(0, MOST);
  }
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const found = new Set();
  for (const account of accounts.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(text))) {
    for (let each = account; each && !found.has(each) && found.size < MOST; each = byId.get(each.parent_id)) {
      found.add(each);
    }
  }
  return accounts.filter((account) => found.has(account));
}

function draw(accounts) {
  const ids = new Set(accounts.map(({ id }) => id));
  [...shown.keys()].filter((id) => !ids.has(id)).forEach((id) => shown.delete(id));
  accounts.filter((account) => shown.get(account.id)?.from !== made(account)).forEach((account) => shown.set(account.id, build(account)));
  const branch = (parent) => {
    const children = accounts.filter(({ parent_id }) => (ids.has(parent_id) ? parent_id : null) === parent);
    return children.map((account) => {
      const below = branch(account.id);
      const list = below.length ? el("ul", { "aria-label": `Below ${account.name}` }, ...below) : null;
      return el("li", {}, shown.get(account.id).element, list);
    });
  };
  at("tree").replaceChildren(...branch(null));
}

function build(account) {
  const meter = gauge(account.name);
  const mode = badge("");
  const points = el("dl", { class: "points" });
  const settings = settingsOf(account);
  const details = el("details", {}, el("summary", {}, "Settings", el("span", { class: "visually-hidden" }, ` of ${account.name}`)), settings.form);
  const name = el(
    "div",
    { class: "name" },
    el("h3", {}, account.name),
    el("p", { class: "row" }, el("span", { class: "mono muted" }, account.id), badge(account.level, account.level === "agent" ? "accent" : ""), mode),
  );
  const element = el("div", { class: "account", "data-account": account.id }, name, points, meter, details);
  const show = (current, limit) => {
    say(mode, current.mode);
    mode.hidden = current.level !== "agent";
    const rows = Object.entries(current.points).map(([currency, amount]) => [currency, money(amount)]);
    if (points.dataset.shown !== JSON.stringify(rows)) {
      points.dataset.shown = JSON.stringify(rows);
      points.replaceChildren(...rows.map(([currency, amount]) => el("div", {}, el("dt", {}, currency), " ", el("dd", {}, amount))));
    }
    meter.show(current, limit);
    settings.show(current);
  };
  return { element, show, from: made(account) };
}

function settingsOf(account) {
  const points = new Map(
    account.currencies.map((currency) => [currency, field(`Points, ${currency}`, el("input", { inputmode: "decimal", autocomplete: "off" }))]),
  );
  const addresses = field("Allowed IP", el("textarea", { rows: "3", spellcheck: "false", autocomplete: "off" }), {
    hint: "One address a line. Empty: every address is accepted.",
  });
  const url = field("Callback URL", el("input", { type: "url", spellcheck: "false", autocomplete: "off", placeholder: "http://127.0.0.1:9000/callback" }));
  const mode = field("Mode", el("select", {}, el("option", { value: "seamless" }, "Seamless: callbacks"), el("option", { value: "transfer" }, "Transfer: deposits")));
  const message = outcome();
  const form = el(
    "form",
    { class: "stack", novalidate: true, "aria-label": `Settings of ${account.name}` },
    el("div", { class: "fields" }, ...points.values(), mode),
    url,
    addresses,
    tokenOf(account),
    el("div", { class: "row" }, el("button", { class: "primary" }, "Save"), message),
  );
  const fields = new Map([
    ...[...points].map(([currency, made]) => [`body.points.${currency}`, made]),
    ["body.allowed_ips", addresses],
    ["body.callback_url", url],
    ["body.mode", mode],
  ]);
  const show = (current) => {
    points.forEach((made, currency) => follow(made.control, current.points[currency] ?? "0"));
    follow(addresses.control, current.allowed_ips.join("\n"));
    follow(url.control, current.callback_url ?? "");
    follow(mode.control, current.mode);
  };
  submits(form, fields, message, async () => {
    const body = changes(points, addresses.control, url.control, mode.control);
    if (!Object.keys(body).length) {
      return "Nothing has changed.";
    }
    const saved = await call("PATCH", `accounts/${encodeURIComponent(account.id)}`, body);
    fields.forEach(({ control }) => (control.dataset.served = control.value));
    show(saved);
    return "Saved.";
  });
  return { form, show };
}

/** The token of an account, masked, with a button that copies the whole one. */
function tokenOf(account) {
  const whole = el("input", { readonly: true, hidden: true, class: "mono", "aria-label": `Token of ${account.name}` });
  const message = outcome();
  const copy = async () => {
    const { token } = await call("GET", `accounts/${encodeURIComponent(account.id)}/token`);
    try {
      await navigator.clipboard.writeText(token);
      say(message, "Copied.", "good");
    } catch {
      whole.value = token; // no clipboard without https or a loopback address: to be copied by hand
      whole.hidden = false;
      whole.select();
      say(message, "Copy it from the field.");
    }
  };
  const pressed = () => copy().catch((error) => say(message, error.message, "bad"));
  const button = el("button", { type: "button", class: "small", onclick: pressed }, "Copy token");
  return el("div", { class: "row" }, el("span", { class: "small muted" }, "Token ", el("code", {}, account.token)), button, whole, message);
}

/** Return what differs from what the sandbox has. */
function changes(points, addresses, url, mode) {
  const changed = (control) => control.value !== control.dataset.served;
  const body = {};
  const edited = [...points].filter(([, made]) => changed(made.control));
  if (edited.length) {
    body.points = Object.fromEntries(edited.map(([currency, made]) => [currency, made.control.value.trim()]));
  }
  if (changed(addresses)) {
    body.allowed_ips = addresses.value;
  }
  if (changed(url)) {
    body.callback_url = url.value.trim();
  }
  if (changed(mode)) {
    body.mode = mode.value;
  }
  return body;
}

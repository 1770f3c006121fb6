// Launching a game as an agent's server does, and opening it.

import { call } from "./api.js";
import { at, el, field } from "./dom.js";
import { offer, outcome, submits } from "./form.js";

const LANGUAGES = ["en", "ko", "th", "es", "ja", "pt", "tr", "de", "id", "ms", "zh"];

const players = el("datalist", { id: "launch-players" });
const agent = field("Agent", el("select", { required: true }));
const player = field("Player", el("input", { list: players.id, autocomplete: "off", spellcheck: "false" }), {
  hint: "One that is new is linked first.",
});
const game = field("Game", el("select", {}));
const language = field("Language", el("select", {}, ...LANGUAGES.map((code) => el("option", {}, code))));
const streamer = el("input", { type: "checkbox", id: "launch-streamer" });
const button = el("button", { class: "primary", disabled: true }, "Launch in a new tab");
const message = outcome();

/** Set up the form. */
export function prepareLaunch() {
  const form = at("launch");
  form.append(
    agent,
    player,
    players,
    game,
    el("div", { class: "fields" }, language, el("div", { class: "check" }, streamer, el("label", { for: streamer.id }, "Streamer: not in reports"))),
    el("div", { class: "row" }, button, message),
  );
  const fields = new Map([
    ["body.playerId", player],
    ["body.playerExternalId", player], // as it is linked first
    ["body.gameId", game],
    ["body.language", language],
  ]);
  submits(form, fields, message, async () => {
    const [provider, gameId] = JSON.parse(game.control.value);
    const { url } = await call("POST", "launch", {
      account: agent.control.value,
      playerId: player.control.value,
      providerId: provider,
      gameId,
      language: language.control.value,
      returnUrl: `${location.origin}/`,
      isStreamer: streamer.checked,
    });
    // Without noopener, which hides whether a tab was opened; the game is a page of this server.
    if (window.open(url, "_blank") === null) {
      location.assign(url); // the browser allows no new tab
    }
    return "The game is open in a new tab.";
  });
}

/** Offer the agents, players and games of a state. */
export function showLaunch({ accounts, providers }) {
  const agents = accounts.filter(({ level }) => level === "agent");
  button.disabled = agents.length === 0;
  offer(agent.control, agents.map(({ id, name }) => [id, `${name} (${id})`]));
  const known = agents.find(({ id }) => id === agent.control.value)?.players ?? [];
  if (players.dataset.shown !== JSON.stringify(known)) {
    players.dataset.shown = JSON.stringify(known);
    players.replaceChildren(...known.map((value) => el("option", { value })));
    player.control.value ||= known[0] ?? "";
  }
  offer(game.control, providers.flatMap((provider) => provider.games.map((each) => [JSON.stringify([provider.id, each.id]), label(provider, each)])));
}

function label(provider, game) {
  const off = provider.in_maintenance || game.in_maintenance ? " – in maintenance" : "";
  return `${game.name} (${provider.name})${off}`;
}

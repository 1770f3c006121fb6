// The back office: asks for the state each second, and shows it.

import { showAccounts } from "./accounts.js";
import { call } from "./api.js";
import { prepareClock, showClock } from "./clock.js";
import { prepareData } from "./data.js";
import { at } from "./dom.js";
import { callbackEntry, requestEntry } from "./exchange.js";
import { prepareFaults, showFaults } from "./faults.js";
import { prepareLaunch, showLaunch } from "./launch.js";
import { log } from "./log.js";
import { poll } from "./poll.js";
import { showProviders } from "./providers.js";
import { prepareSessions, showSessions } from "./sessions.js";

const logs = [
  {
    path: "requests",
    last: 0,
    view: log("requests", requestEntry, (entry) => entry.status >= 400 || entry.status === 0 || Boolean(entry.code), {
      bad: "Refused only",
      none: "No request yet. The command's greeting says where to send one.",
    }),
  },
  {
    path: "callbacks",
    last: 0,
    view: log("callbacks", callbackEntry, (entry) => !entry.ok, {
      bad: "Failed only",
      none: "No callback yet. Give an agent a callback URL, launch a game and play.",
    }),
  },
];
let state = null;

function show() {
  showAccounts(state);
  showSessions(state);
  showLaunch(state);
  showFaults(state, refresh);
  showProviders(state);
  showClock(state);
  logs.forEach(({ view }) => view.accounts(state.accounts.map(({ id }) => id)));
}

async function read(each) {
  const { entries, last, run } = await call("GET", `${each.path}?after=${each.last}`);
  if (each.run && run !== each.run) {
    each.view.clear(); // another sandbox runs here now, or it was reset
    Object.assign(each, { last: 0, run });
    await read(each);
    return;
  }
  Object.assign(each, { last, run });
  each.view.add(entries);
}

async function ask() {
  [state] = await Promise.all([call("GET", "state"), ...logs.map(read)]);
  show();
}

async function refresh() {
  state = await call("GET", "state");
  show();
}

prepareLaunch();
prepareSessions(refresh);
prepareClock();
prepareData(async () => {
  logs.forEach(({ view }) => view.clear());
  await refresh();
});
at("account-filter").addEventListener("input", () => state && showAccounts(state));
at("launch").addEventListener("change", () => state && showLaunch(state));
poll(ask, at("live"));
await prepareFaults(refresh);

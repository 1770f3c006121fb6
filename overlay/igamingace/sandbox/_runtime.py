"""The state of a running sandbox: accounts, clock, faults, logs, counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from igamingace.sandbox.contract.contract import shipped_contract
from igamingace.sandbox.contract.error_style import ErrorStyle
from igamingace.sandbox.data import Casino, default_casino, dump_state, load_state
from igamingace.sandbox.dialect import Dialect
from igamingace.sandbox.faults import FaultRegistry
from igamingace.sandbox.games.delivery import Delivery
from igamingace.sandbox.games.sessions import Sessions
from igamingace.sandbox.store.clock import Clock, MovableClock
from igamingace.sandbox.store.collections import RingLog
from igamingace.sandbox.store.ids import new_token
from igamingace.sandbox.store.in_flight import Gauges
from igamingace.sandbox.store.request_log import MAX_REQUESTS, LoggedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from igamingace._wallet_client.client import Target
    from igamingace.sandbox._json import Object
    from igamingace.sandbox.contract.document import Document
    from igamingace.sandbox.store.models import Account, Level
    from igamingace.sandbox.store.state import CasinoState

__all__ = ["Clock", "Runtime"]

IN_PROCESS_URL: Final = "http://wallet.test/"
"""The callback url, or its beginning, by which an application that was handed in is called."""
MAX_BREACHES: Final = 100
MAX_CALLBACKS: Final = 500
"""How many callbacks are remembered."""


@dataclass(slots=True)
class Runtime:
    """The state that the requests of one sandbox read and change. It knows nothing of who uses it.

    Attributes:
        clock: Gives the time, aware; it can be moved.
        time_zone: Of the times in requests and answers; None: each as the contract says.
        dialect: How the platform speaks.
        window_pause: How many seconds must pass between windows of transactions; 0 asks for none.
        latency: How many seconds each accepted request is held.
        errors: How errors are written.
        faults: The injected faults.
        origin: The data it starts with, and goes back to.
        tokens: Of the accounts in them, by id; they outlive a reset. Made where none is given.
        schemas: The contract that is served, with what it says of each field.
        state: What the sandbox remembers.
        gauges: What is in flight, by account.
        log: The last requests to the contract's operations.
        callback_log: The last callbacks that were sent.
        wallets: Applications that are the wallets of accounts, by account id, instead of callback urls.
        time_scale: What the contract's time limits for callbacks are multiplied by.
        sessions: The games that players have open.
        run: An id that changes with each start, reset and import: answers under another id are void.
        breaches: Errors inside: responses that broke the contract, exceptions of handlers. Bounded.
    """

    clock: MovableClock = field(default_factory=MovableClock)
    time_zone: tzinfo | None = None
    latency: float = 0.0
    errors: ErrorStyle = field(default_factory=ErrorStyle)
    faults: FaultRegistry = field(default_factory=FaultRegistry)
    origin: Casino = field(default_factory=default_casino)
    tokens: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    schemas: Document = field(default_factory=shipped_contract)
    wallets: Mapping[str, Target] = field(default_factory=dict[str, "Target"])
    time_scale: float = 1.0
    dialect: Dialect = field(default_factory=Dialect)
    window_pause: float = 0.0
    state: CasinoState = field(init=False)
    gauges: Gauges = field(init=False, default_factory=Gauges)
    log: RingLog[LoggedRequest] = field(
        init=False, default_factory=lambda: RingLog[LoggedRequest](MAX_REQUESTS)
    )
    callback_log: RingLog[Delivery] = field(
        init=False, default_factory=lambda: RingLog[Delivery](MAX_CALLBACKS)
    )
    sessions: Sessions = field(init=False, default_factory=Sessions)
    run: str = field(init=False, default_factory=new_token)
    breaches: list[str] = field(init=False, default_factory=list[str])

    def __post_init__(self) -> None:
        """Start with the data, and with a token for each account."""
        for account in self.origin.accounts:
            if account.id not in self.tokens:
                self.tokens[account.id] = account.token or new_token()
        self.state = self._begun()
        self.faults.watch_accounts(lambda: self.state.accounts)

    def reset(self) -> None:
        """Go back to how it started, and start counting anew."""
        self.run = new_token()
        self.sessions.clear("the sandbox was reset", self.clock())
        self.clock.real()
        self.state = self._begun()
        self.gauges.reset()
        self.faults.reset()
        self.log.clear()
        self.callback_log.clear()
        self.breaches.clear()

    def load(self, casino: Casino) -> None:
        """Go on with other data, the logs empty; a reset still leads back to those of the start.

        Raises:
            ValueError: a game's type is unknown, or the clock does not reach as far; nothing has changed.
        """
        tokens = {account.id: account.token or new_token() for account in casino.accounts}
        now = self.clock()
        state = self._state_of(casino, tokens, now)
        self.clock.advance(casino.clock_ahead - self.clock.ahead)  # the last that can be refused
        self.sessions.clear("another state was imported", now)
        self.run = new_token()
        self.state = state
        self.log.clear()  # what is masked in them are the tokens of the state that there is
        self.callback_log.clear()

    def save(self) -> Casino:
        """Return the data of this moment, tokens included."""
        return dump_state(self.state, self.clock.ahead)

    def first(self, level: Level) -> Account:
        """Return the first account of that level.

        Raises:
            LookupError: there is none.
        """
        for account in self.state.accounts.values():
            if account.level == level:
                return account
        raise LookupError(f"the sandbox has no {level}")

    def _begun(self) -> CasinoState:
        return self._state_of(self.origin, self.tokens, self.clock())

    def _state_of(self, casino: Casino, tokens: Mapping[str, str], now: datetime) -> CasinoState:
        """Return the state; accounts whose wallets were handed in have a callback url that leads there."""
        state = load_state(casino, tokens, self.schemas.known_values("Game", "gameType"), now)
        for account_id in self.wallets:
            account = state.accounts.get(account_id)
            if account is not None and account.callback_url is None:
                account.callback_url = IN_PROCESS_URL
        return state

    def zone_of(self, schema: str, name: str) -> tzinfo:
        """Return the zone of the time field `name` of a schema."""
        return self.time_zone or self.dialect.time_zone or self.schemas.time_zone(schema, name)

    def note_breach(self, text: str) -> None:
        """Remember what went wrong."""
        if len(self.breaches) < MAX_BREACHES:
            self.breaches.append(text)

    def stats(self) -> Object:
        """Return `agents`, each account's figures by its id (see `Gauge`), and the number of `breaches`."""
        agents = {
            account.id: {"name": account.name, "level": account.level, **self.gauges.figures(account.id)}
            for account in list(self.state.accounts.values())  # a copy: another thread may ask
        }
        return {"agents": agents, "breaches": len(self.breaches)}

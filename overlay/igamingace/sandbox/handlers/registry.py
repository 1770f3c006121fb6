"""Registry of handlers: functions of a call, by operationId, that return the answer's `data`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox._json import JSON, Object

if TYPE_CHECKING:
    from igamingace.sandbox.contract.contract import Operation
    from igamingace.sandbox.dialect import Dialect
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.store.models import Account
    from igamingace.sandbox.store.state import CasinoState

TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(slots=True)
class Call:
    """One request that passed every check of the contract.

    Attributes:
        operation: What is called.
        account: Whose token it carries.
        path: Path parameters by name.
        query: Query parameters by name.
        body: The JSON object that was sent; empty without a body.
        now: The sandbox's time, aware.
        time_zone: The zone of the times that stand in requests and answers; None: those of the contract.
        dialect: How ids and launches are told.
        window_pause: How many seconds must pass between windows of transactions.
        engine: The game engine, to end sessions.
        base_url: Where the sandbox itself is reached, without a slash at the end.
    """

    operation: Operation
    account: Account
    state: CasinoState
    path: Object
    query: Object
    body: Object
    now: datetime
    time_zone: tzinfo | None
    dialect: Dialect
    window_pause: float
    engine: GameEngine
    base_url: str

    def rule(self, name: str) -> JSON:
        """Return the operation's extension `name`, a rule that the contract states; None when it does not."""
        return self.operation.node.value.get(name)

    def number(self, schema: str, name: str, meaning: str) -> int:
        """Return the number by which the contract says `meaning` in the field `name` of a schema.

        Raises:
            ContractError: the contract knows of none.
        """
        return self.operation.node.document.number(schema, name, meaning)

    def agent(self) -> Account:
        """Return the caller, when it is an agent.

        Raises:
            SandboxError: PERMISSION_ERROR, when it is an operator.
        """
        if self.account.level != "agent":
            raise SandboxError("PERMISSION_ERROR", "players belong to agents: use the agent's own token")
        return self.account

    def operator(self) -> Account:
        """Return the caller, when it is an operator.

        Raises:
            SandboxError: PERMISSION_ERROR, when it is an agent.
        """
        if self.account.level != "operator":
            raise SandboxError(
                "PERMISSION_ERROR", "an agent has no accounts below it: use an operator's token"
            )
        return self.account

    def body_time(self, schema: str, name: str) -> datetime:
        """Return the moment that the field `name` (yyyy-MM-dd HH:mm:ss) of the body names, by its schema.

        Raises:
            SandboxError: PARAMETERS_INVALID, when the calendar has no such moment.
        """
        zone = self.time_zone or self.operation.node.document.time_zone(schema, name)
        return _moment(self.body[name], f"body.{name}", zone)

    def query_time(self, name: str) -> datetime:
        """Return the moment that a query parameter (yyyy-MM-dd HH:mm:ss) names.

        Raises:
            SandboxError: PARAMETERS_INVALID, when the calendar has no such moment.
        """
        zone = self.time_zone or self.operation.locations["query"].time_zones.get(name, UTC)
        return _moment(self.query[name], f"query.{name}", zone)

    def time_text(self, moment: datetime, schema: str, name: str) -> str:
        """Return `moment` as the field `name` of an answer writes it (yyyy-MM-dd HH:mm:ss), by its schema."""
        zone = self.time_zone or self.operation.node.document.time_zone(schema, name)
        return moment.astimezone(zone).strftime(TIME_FORMAT)


def _moment(text: str, place: str, zone: tzinfo) -> datetime:
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=zone)
    except ValueError:
        raise SandboxError("PARAMETERS_INVALID", f"{place}: {text!r} is not a valid date") from None


Handler: TypeAlias = Callable[[Call], JSON]

HANDLERS: Final[dict[str, Handler]] = {}
"""The handlers by operationId."""


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Register a function as what the operation does; it returns the answer's `data`."""

    def register(handler: Handler) -> Handler:
        if operation_id in HANDLERS:
            raise RuntimeError(f"{operation_id} has two handlers")
        HANDLERS[operation_id] = handler
        return handler

    return register

"""`/_sandbox/play` and `/_sandbox/callbacks`: play sessions, and read the log of callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.json import encode
from igamingace.sandbox._errors import SandboxError, validation_error
from igamingace.sandbox.contract.document import violations
from igamingace.sandbox.control.fields import number_after, only, typed
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.games.session_api import session_request
from igamingace.sandbox.http.asgi import Response
from igamingace.sandbox.store.amounts import amount_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from decimal import Decimal

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.contract.document import Document
    from igamingace.sandbox.control.router import ControlRequest
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.games.rounds import Played
    from igamingace.sandbox.games.sessions import Session

MAX_SHOWN: Final = 200
"""How many callbacks are given at most; of more, the latest."""
_TEXTS: Final = ("account", "player", "language", "return_url")
_IDS: Final = ("game", "provider")
_IN_LAUNCH: Final = {
    "player": "playerId",
    "language": "language",
    "return_url": "returnUrl",
    "game": "gameId",
    "provider": "providerId",
}
"""How the body of games.launch calls what is given here."""


@control_route("GET", "callbacks")
async def callbacks(request: ControlRequest) -> Response:
    """Give the callbacks sent after the one with the number `after`, the `last` number, and the `run`."""
    log, tokens = request.runtime.callback_log, request.runtime.state.tokens
    fresh = log.after(number_after(request))[-MAX_SHOWN:]
    entries = [delivery.to_json(number, tokens) for number, delivery in fresh]
    return Response(200, encode({"entries": entries, "last": log.last, "run": request.runtime.run}))


@control_route("POST", "play")
async def open_session(request: ControlRequest) -> Response:
    """Open a session without a launch; the body has `player`, `game` and what else `seat_for` takes."""
    body = only(await request.json(), (*_TEXTS, *_IDS, "is_streamer"))
    for name, value in body.items():
        _check(name, value, request.contract.schemas)
    for name in ("player", "game"):
        if name not in body:
            raise SandboxError("VALIDATION_ERROR", f"body.{name}: is required")
    session = request.engine.open(session_request(request.runtime, **body))
    return Response(201, encode({"session": session.to_json(request.runtime.clock())}))


@control_route("GET", "play/{session}")
async def show_session(request: ControlRequest) -> Response:
    """Give a session."""
    session = request.engine.session(request.path["session"])
    return Response(200, encode(session.to_json(request.runtime.clock())))


def _check(name: str, value: JSON, contract: Document) -> None:
    place = f"body.{name}"
    if name in _TEXTS:
        typed(value, str, place)
    elif name == "provider" or (name == "game" and not isinstance(value, str)):
        typed(value, int, place)
    elif name not in _IDS:
        typed(value, bool, place)
    validator = contract.field("LaunchGame", _IN_LAUNCH.get(name, ""))
    wrong = violations(validator, value, place) if validator is not None else []
    if wrong:
        raise validation_error(wrong)


def _register_action(
    name: str, members: tuple[str, ...], action: Callable[[GameEngine, Session, Object], Awaitable[Played]]
) -> None:
    """Register what `POST play/{session}/{name}` does with a body of these members."""

    @control_route("POST", f"play/{{session}}/{name}")
    async def act(request: ControlRequest) -> Response:
        runtime = request.runtime
        session = request.engine.session(request.path["session"])
        body = only(await request.json(), members)
        before = runtime.callback_log.last
        played = await action(request.engine, session, body)
        sent = {id(delivery) for delivery in played.deliveries}
        entries = [
            delivery.to_json(number, runtime.state.tokens)
            for number, delivery in runtime.callback_log.after(before)
            if id(delivery) in sent
        ]
        session_json = session.to_json(runtime.clock())
        return Response(
            200, encode({"session": session_json, "accepted": played.accepted, "exchanges": entries})
        )


def _money(session: Session, body: Object, name: str) -> Decimal:
    """Return an amount of the body.

    Raises:
        SandboxError: it is missing, no amount of the session's currency, or negative.
    """
    place = f"body.{name}"
    if name not in body:
        raise SandboxError("VALIDATION_ERROR", f"{place}: is required")
    read = amount_in(session.currency, body[name], place)
    if read < 0:
        raise SandboxError("PARAMETERS_INVALID", f"{place}: must not be negative")
    return read


def _bet(engine: GameEngine, session: Session, body: Object) -> Awaitable[Played]:
    lost = typed(body.get("lost", False), bool, "body.lost")
    return engine.bet(session, _money(session, body, "amount"), lost=lost)


def _win(engine: GameEngine, session: Session, body: Object) -> Awaitable[Played]:
    finished = typed(body.get("finished", True), bool, "body.finished")
    return engine.win(session, _money(session, body, "amount"), finished=finished)


def _betwin(engine: GameEngine, session: Session, body: Object) -> Awaitable[Played]:
    return engine.betwin(session, _money(session, body, "amount"), _money(session, body, "win"))


def _bonus(engine: GameEngine, session: Session, body: Object) -> Awaitable[Played]:
    return engine.spin(session, _money(session, body, "amount") if "amount" in body else None)


_register_action("balance", (), lambda engine, session, _body: engine.balance(session))
_register_action("bet", ("amount", "lost"), _bet)
_register_action("betwin", ("amount", "win"), _betwin)
_register_action("bonus", ("amount",), _bonus)
_register_action("cancel", (), lambda engine, session, _body: engine.cancel(session))
_register_action("end", (), lambda engine, session, _body: engine.end(session))
_register_action("lose", (), lambda engine, session, _body: engine.lose(session))
_register_action("win", ("amount", "finished"), _win)

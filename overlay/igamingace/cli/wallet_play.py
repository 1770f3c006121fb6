"""The command `igamingace wallet play`: the sandbox plays a session of a game against a wallet."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random, randrange
from typing import TYPE_CHECKING, Annotated, Final

import typer

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.amounts import EXACT, format_amount, minor_unit
from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._common.urls import is_callable_url
from igamingace.cli._command import CANNOT, FAILED, CannotRun, command, stop
from igamingace.cli._options import AsJson, parse_amounts
from igamingace.cli._output import emit, plain
from igamingace.cli._signals import Interrupted, run_until_signal
from igamingace.walletcheck import Level
from igamingace.walletcheck._settings import make_settings, parse_game_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from igamingace.sandbox import AsyncGameSession, Delivery, Fault, Played
    from igamingace.walletcheck._settings import Settings

__all__ = ["play"]

_SEEDS: Final = 2**32
_POINTS: Final = Decimal(10) ** 12
_ORDERLY: Final = ("ERR_NOT_ENOUGH_MONEY", "ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK")
"""Refusals that a wallet in order may give."""
_FAULTS: Final = ("callback_lost", "callback_lost_answer", "callback_duplicate", "callback_delay", "spelling")
"""The faults that a wallet in order comes through with the right balance."""
_PLAYS: Final = {"lose": 8, "win": 6, "wins": 2, "betwin": 3, "cancel": 1}
"""How often each kind of round is played."""


def play(
    url: Annotated[str, typer.Argument(help="The URL of the wallet's callbacks.")],
    *,
    player: Annotated[str, typer.Option(help="A test player with an open session.")],
    token: Annotated[
        str | None, typer.Option(help=f"The account's API token; better in {TOKEN_VARIABLE}.")
    ] = None,
    currency: Annotated[str, typer.Option(help="The account's currency, ISO 4217.")] = "USD",
    provider_id: Annotated[int, typer.Option(help="The provider in the callbacks.")] = 1,
    game_code: Annotated[str, typer.Option(help="The game in the callbacks: a number or a code.")] = "655",
    rounds: Annotated[int, typer.Option(min=1, help="How many rounds are played.")] = 20,
    stake: Annotated[str, typer.Option(metavar="AMOUNT", help="The largest stake of a round.")] = "1",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Trouble on the way, such as callback_lost:share=0.1, callback_lost_answer, "
            "callback_duplicate, callback_delay:seconds=4 or spelling; repeatable."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="What play and faults are drawn from.")] = None,
    dialect: Annotated[
        str,
        typer.Option(help="igamingace: callbacks as documented; sister: as other deployments send them."),
    ] = "igamingace",
    as_json: AsJson = False,
) -> None:
    """Play a session against a wallet in any language: bets, wins, betwins and cancels, as a game does.

    Shows each callback with its answer and what the platform makes of it, and compares the balance at the end
    with what was played. The player's money is played with. The same seed plays the same session.

    Exit status: 0 all went well, 1 the wallet made a mistake, 2 it could not be played.

    Example: igamingace wallet play https://casino.example/callbacks --player test-1 --fault callback_lost
    """
    secret = Secret(token)
    del token  # a traceback shows local variables
    with command(as_json=as_json):
        settings = make_settings(
            url,
            secret,
            player=player,
            currency=currency,
            only=(),
            skip=(),
            provider_id=provider_id,
            game_code=parse_game_code(game_code),
            path="/",
            dialect=dialect,
            timeout=1,
            level=Level.REQUIRED,
            progress=None,
            in_shell=True,
        )
        if not is_callable_url(url):
            raise CannotRun("the target is not an http or https URL; use the whole callback URL")
        largest = parse_amounts("--stake", [stake], ())
        smallest = minor_unit(currency)
        if isinstance(largest, dict) or not smallest <= largest <= _POINTS:
            raise CannotRun(f"--stake {stake}: give an amount of {smallest} or more, at most {_POINTS:f}")
        plan = _Plan(
            url=url,
            settings=settings,
            rounds=rounds,
            stake=largest,
            faults=_faults(fault or ()),
            seed=randrange(_SEEDS) if seed is None else seed,  # noqa: S311 -- no secret
        )
        show = _ignore if as_json else _print_delivery
        try:
            result = run_until_signal(_play(plan, show))
        except Interrupted as error:
            stop(str(error), error.exit_status, as_json=as_json)
        if as_json:
            emit(result.to_json(plan))
        else:
            _print_summary(plan, result)
        if result.before is None:
            raise typer.Exit(CANNOT)
        if not result.ok:
            raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is played, and where."""

    url: str
    settings: Settings
    rounds: int
    stake: Decimal
    faults: Sequence[Fault]
    seed: int


@dataclass(slots=True)
class _Result:
    """What came of it.

    Attributes:
        deliveries: each try of each callback.
        before: the balance before the first round; None when it could not be read.
        change: by how much the rounds have changed the balance, as far as the platform knows.
        unconfirmed: the sum of the wins that the wallet has not accepted in all tries: it may have paid them.
        after: the balance at the end; None when it could not be read.
    """

    deliveries: list[Delivery] = field(default_factory=list["Delivery"])
    before: Decimal | None = None
    change: Decimal = Decimal(0)
    unconfirmed: Decimal = Decimal(0)
    after: Decimal | None = None

    @property
    def mistakes(self) -> list[Delivery]:
        """The deliveries that failed, or were refused, through the wallet alone."""
        return [
            each
            for each in self.deliveries
            if not (each.ok or each.verdict.status_code in _ORDERLY)
            and not (each.fault and each.verdict.outcome == "failed")
        ]

    @property
    def balance_agrees(self) -> bool:
        """Whether the balance is what was played, but for wins that were not accepted."""
        if self.before is None or self.after is None:
            return False
        expected = EXACT.add(self.before, self.change)
        return expected <= self.after <= EXACT.add(expected, self.unconfirmed)

    @property
    def ok(self) -> bool:
        """Whether the wallet made no mistake."""
        return not self.mistakes and self.balance_agrees

    def to_json(self, plan: _Plan) -> dict[str, object]:
        """Return a JSON document."""
        tokens = (plan.settings.token.reveal(),)
        return {
            "ok": self.ok,
            "error": self.deliveries[-1].text if self.before is None else None,
            "seed": plan.seed,
            "rounds": plan.rounds,
            "balance": {
                "before": _text(self.before),
                "expected": None if self.before is None else _text(EXACT.add(self.before, self.change)),
                "unconfirmed": _text(self.unconfirmed),
                "after": _text(self.after),
            },
            "mistakes": len(self.mistakes),
            "callbacks": [
                each.to_json(number, tokens) for number, each in enumerate(self.deliveries, start=1)
            ],
        }


def _faults(texts: Sequence[str]) -> list[Fault]:
    from igamingace.sandbox.faults.parse import parse_fault  # noqa: PLC0415 -- needs another extra

    faults: list[Fault] = []
    for text in texts:
        try:
            fault = parse_fault(text)
        except ValueError as error:
            raise CannotRun(f"--fault {text}: {error}") from None
        if fault.kind not in _FAULTS:
            raise CannotRun(f"--fault {text}: {fault.kind} is not of callbacks; use {', '.join(_FAULTS)}")
        faults.append(fault)
    return faults


async def _play(plan: _Plan, show: Callable[[Delivery], None]) -> _Result:
    """Play the rounds; each delivery is handed to `show` as it is done."""
    from igamingace.sandbox import SandboxError, create_app  # noqa: PLC0415 -- needs another extra
    from igamingace.sandbox.data.model import AccountData, Casino, GameData, ProviderData  # noqa: PLC0415 -- as above

    settings = plan.settings
    game = GameData(id=settings.game_code, name="Test game", type="slot")
    provider = ProviderData(id=settings.provider_id, name="Test provider", games=[game])
    account = AccountData(
        id="test",
        currencies=[settings.currency],
        token=settings.token.reveal(),
        points={settings.currency: _POINTS},
        callback_url=plan.url,
        mode="seamless",
    )
    result = _Result()
    try:
        app = create_app(
            casino=Casino(providers=[provider], accounts=[account]),
            faults=plan.faults,
            seed=plan.seed,
            dialect=settings.dialect,
        )
    except (LookupError, ValueError) as error:
        raise CannotRun(str(error)) from None
    try:
        session = await app.async_play(settings.player, settings.game_code, provider=settings.provider_id)
        await app.async_settle()
        table = _Table(plan, session, result, show)
        for delivery in app.callbacks:
            table.note(delivery)
        await table.begin()
        if result.before is not None:
            for _ in range(plan.rounds):
                await table.round()
        await table.end()
    except SandboxError as error:
        raise CannotRun(str(error)) from None
    finally:
        await app.aclose()
    return result


class _Table:
    """Plays rounds of one session, and keeps account of them."""

    def __init__(
        self, plan: _Plan, session: AsyncGameSession, result: _Result, show: Callable[[Delivery], None]
    ) -> None:
        self._session = session
        self._result = result
        self._show = show
        self._unit = minor_unit(plan.settings.currency)
        self._most = int(plan.stake / self._unit)
        self._draw = Random(plan.seed)  # noqa: S311 -- a game, no secret

    def note(self, delivery: Delivery) -> None:
        """Record a delivery, and show it."""
        self._result.deliveries.append(delivery)
        self._show(delivery)

    async def begin(self) -> None:
        """Read the balance."""
        self._note_all(await self._session.read_balance())
        self._result.before = self._session.balance

    async def round(self) -> None:
        """Play a round of a kind that is drawn."""
        kind = self._draw.choices(list(_PLAYS), list(_PLAYS.values()))[0]
        stake = self._draw.randint(1, self._most) * self._unit
        prize = self._draw.randint(1, 3 * self._most) * self._unit
        if kind == "betwin":
            played = self._note_all(await self._session.betwin(stake, prize))
            self._result.change += prize - stake if played.accepted else 0
            return
        played = self._note_all(await self._session.bet(stake))
        if not played.accepted:  # its cancel was sent
            return
        self._result.change -= stake
        if kind == "cancel":
            self._add(await self._session.cancel(), stake)
            return
        if kind == "wins":
            self._add(await self._session.win(prize, finished=False), prize)
        if kind == "lose":
            self._note_all(await self._session.lose())
        else:
            self._add(await self._session.win(prize), prize)

    async def end(self) -> None:
        """Read the balance once more."""
        if self._result.before is not None:
            played = self._note_all(await self._session.read_balance())
            self._result.after = self._session.balance if played.accepted else None

    def _add(self, played: Played, amount: Decimal) -> None:
        """Account for what was paid, or may have been."""
        self._note_all(played)
        if played.accepted:
            self._result.change = EXACT.add(self._result.change, amount)
        else:
            self._result.unconfirmed = EXACT.add(self._result.unconfirmed, amount)

    def _note_all(self, played: Played) -> Played:
        for delivery in played.deliveries:
            self.note(delivery)
        return played


def _ignore(_delivery: Delivery) -> None:
    pass


def _print_delivery(delivery: Delivery) -> None:
    attempt = f" (try {delivery.attempt})" if delivery.attempt > 1 else ""
    fault = f" [{delivery.fault}]" if delivery.fault else ""
    amounts = " / ".join(delivery.amounts.values())
    line = (
        f"{delivery.command:8}{amounts:>15}  {delivery.seconds * 1000:6.0f} ms{attempt}{fault}"
        f"  {delivery.text}"
    )
    typer.echo(plain(line))


def _print_summary(plan: _Plan, result: _Result) -> None:
    shown = sanitize(plan.settings.player, plan.settings.token)
    typer.echo()
    if result.before is None:
        typer.echo(f"Not played: the balance of {shown} could not be read, as said above.", err=True)
        return
    mistakes = f"{len(result.mistakes)} mistakes of the wallet"
    typer.echo(f"{plan.rounds} rounds, {len(result.deliveries)} callbacks, {mistakes}; seed {plan.seed}.")
    expected = EXACT.add(result.before, result.change)
    had, now = f"{_text(result.before)} {plan.settings.currency}", _text(result.after)
    unconfirmed = f", or up to {_text(result.unconfirmed)} more" if result.unconfirmed else ""
    if result.after is None:
        typer.echo(f"The balance of {shown} was {had} and cannot be read any more.")
    elif result.balance_agrees:
        typer.echo(f"The balance of {shown} was {had} and is {now}, as it was played{unconfirmed}.")
    else:
        typer.echo(
            f"The balance of {shown} was {had} and is {now}: it should be {_text(expected)}{unconfirmed}."
        )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)

"""The demo data: a small casino platform, with the names that the contract's examples use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from igamingace.sandbox._headers import is_token
from igamingace.sandbox._state import Account, Game, Provider, State, TransactionType, new_token

OPERATOR: Final = "bigoperator"
AGENT: Final = "mycasino"
"""The demo agent, whose token the command's `--token` sets."""

_CURRENCIES: Final = ("USD", "EUR", "KRW")
_EVERYWHERE: Final = frozenset(_CURRENCIES)
_AGENTS: Final = (
    (AGENT, "My Casino", "USD", "25000"),
    ("mycasino-eu", "My Casino Europe", "EUR", "18000.50"),
    ("mycasino-kr", "My Casino Korea", "KRW", "30000000"),
)
_PLAYERS: Final = ("user123", "p-1")


@dataclass(frozen=True, slots=True)
class DemoTokens:
    """The tokens of the demo's accounts: the operator's and those of the three agents, `AGENT` first."""

    operator: str
    agents: tuple[str, str, str]

    @classmethod
    def make(cls, token: str | None = None) -> DemoTokens:
        """Make the tokens; that of `AGENT` is `token` when it is given.

        Raises:
            ValueError: no request could carry `token`.
        """
        if token and not is_token(token):
            raise ValueError("a token has letters, digits and -._~+/ only")
        return cls(new_token(), (token or new_token(), new_token(), new_token()))


def demo_state(tokens: DemoTokens, now: datetime) -> State:
    """Return a fresh demo: an operator with three agents of different currencies, and a catalogue.

    A few rounds have been played before `now`.
    """
    state = State(_catalogue())
    providers = tuple(state.providers)
    points = {"USD": Decimal(1_000_000), "EUR": Decimal(1_000_000), "KRW": Decimal(1_000_000_000)}
    state.add_account(
        Account(OPERATOR, "Big Operator", "operator", tokens.operator, _CURRENCIES, providers, points=points)
    )
    for (agent_id, name, currency, held), agent_token in zip(_AGENTS, tokens.agents, strict=True):
        agent = Account(
            agent_id,
            name,
            "agent",
            agent_token,
            (currency,),
            providers,
            parent_id=OPERATOR,
            points={currency: Decimal(held)},
        )
        state.add_account(agent)
        _play(state, agent, now)
    return state


def _play(state: State, agent: Account, now: datetime) -> None:
    """Link the demo players and write down a few rounds of the first one, the last five minutes ago."""
    for player_id in _PLAYERS:
        state.link_player(agent, player_id)
    stake = Decimal(1500 if agent.currency == "KRW" else "1.50")
    for index, win in enumerate((stake * 0, stake * 4, stake * 2)):
        at = now - timedelta(minutes=5 * (3 - index))
        for kind, amount in ((TransactionType.BET, stake), (TransactionType.WIN, win)):
            money = (amount, agent.currency)
            state.record(
                agent, kind, _PLAYERS[0], money, at, round_id=7_300_120_045_000 + index, game=(1, 655)
            )


def _catalogue() -> list[Provider]:
    """Return the providers: two that can be played, one in maintenance, one for a single currency."""
    return [
        _provider(
            1,
            "Pragmatic Play",
            Game(655, "Gates of Olympus"),
            Game(656, "Sweet Bonanza"),
            Game(657, "Sugar Rush", in_maintenance=True),
        ),
        _provider(2, "Evolution", Game(1201, "Lightning Roulette", 1), Game(1202, "Speed Baccarat", 1)),
        _provider(3, "PG Soft", Game(2301, "Mahjong Ways"), in_maintenance=True),
        _provider(4, "Seoul Mini Games", Game(3101, "Ladder", 2), currencies=frozenset({"KRW"})),
    ]


def _provider(
    provider_id: int,
    name: str,
    *games: Game,
    currencies: frozenset[str] = _EVERYWHERE,
    in_maintenance: bool = False,
) -> Provider:
    return Provider(provider_id, name, {game.id: game for game in games}, currencies, in_maintenance)

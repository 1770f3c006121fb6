"""The settings of a run of checks, and the validation of what they are made from."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace_bindings.scalars import OpaqueId

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.currencies import is_currency
from igamingace._common.masking import masked_repr
from igamingace._common.numbers import is_integer, is_number
from igamingace._common.secret import Secret, check_token
from igamingace._common.text import is_text
from igamingace._wallet_client.dialects import DialectName, require_dialect
from igamingace.errors import ConfigurationError
from igamingace.walletcheck._check import select_checks
from igamingace.walletcheck._level import Level, require_level
from igamingace.walletcheck.checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from igamingace._wallet_client.client import Target
    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck._client import RecordedExchange
    from igamingace.walletcheck.reports._report import CheckResult

__all__ = ["Progress", "Settings", "make_settings", "parse_game_code"]

Progress: TypeAlias = "Callable[[Check, CheckResult | None], None]"
"""Called with each check when it starts, and again with its result."""

_ID: Final = OpaqueId(number=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run.

    Attributes:
        target: the wallet under test.
        token: the account's API token.
        player: the player whose balance is used.
        checks: the checks to run, in order.
        currency: the currency of the bets.
        provider_id: the provider whose game is played.
        game_code: the game that is played.
        path: the path of callbacks in an application in process.
        dialect: the dialect of the callbacks.
        timeout: the timeout of an answer, in seconds.
        progress: called as checks start and end.
        time_scale: a factor for the contract's time limits, for tests of the checks themselves.
        level: the level up to which a failed check fails the run.
        ids: the ids of rounds and transactions; new ones when None.
        clock: the Unix time of timestamps, in seconds.
        on_exchange: called with each exchange as bytes, for test vectors.
        in_shell: whether options are named as in the shell: `--game-code`, not `game_code`.
    """

    target: Target
    token: Secret[str]
    player: str
    checks: Sequence[Check]
    currency: str = "USD"
    provider_id: int = 1
    game_code: int | str = 655
    path: str = "/"
    dialect: DialectName = "igamingace"
    timeout: float = 10.0
    progress: Progress = field(default=lambda _check, _result: None)
    time_scale: float = 1.0
    level: Level = Level.REQUIRED
    ids: Iterator[int] | None = None
    clock: Callable[[], float] = time.time
    on_exchange: Callable[[RecordedExchange], None] | None = None
    in_shell: bool = False

    def option(self, name: str) -> str:
        """Return the name of an option as the reader writes it."""
        return option_name(name, in_shell=self.in_shell)


def option_name(name: str, *, in_shell: bool) -> str:
    """Return the name of an option as the reader writes it: such as `--game-code` in a shell."""
    return f"--{name.replace('_', '-')}" if in_shell else name


def parse_game_code(text: str) -> int | str:
    """Return the code of a game that was given as text: a number only where no digit is lost by that."""
    code: int | str = _ID.json(text)
    return code


def make_settings(
    target: Target,
    token: Secret[str | None],
    *,
    player: str,
    currency: str,
    only: Iterable[str],
    skip: Iterable[str],
    provider_id: int,
    game_code: int | str,
    path: str,
    dialect: str,
    timeout: float,
    level: str,
    progress: Progress | None,
    in_shell: bool = False,
) -> Settings:
    """Validate the arguments of `check_wallet`.

    Raises:
        ConfigurationError: one is invalid; the message names it.
    """
    option = partial(option_name, in_shell=in_shell)
    if not (isinstance(player, str) and player and is_text(player)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise ConfigurationError(
            f"{option('player')} is {masked_repr(player)}; use the id of a player that the wallet knows"
        )
    if not (is_integer(game_code) or (isinstance(game_code, str) and is_text(game_code))):
        raise ConfigurationError(
            f"{option('game_code')} is {masked_repr(game_code)}; use the number or the code of a game"
        )
    if not is_currency(currency):
        raise ConfigurationError(
            f"{option('currency')} is {masked_repr(currency)}; use an ISO 4217 code, such as USD"
        )
    if not (is_number(timeout) and timeout > 0):
        raise ConfigurationError(
            f"{option('timeout')} is {masked_repr(timeout)}; use a positive number of seconds"
        )
    if not (isinstance(path, str) and path.startswith("/")):  # pyright: ignore[reportUnnecessaryIsInstance] -- as above
        raise ConfigurationError(f"path is {masked_repr(path)}; it must begin with a slash")
    return Settings(
        target=target,
        token=_find_token(token, in_shell=in_shell),
        player=player,
        checks=select_checks(CHECKS, only, skip),
        currency=currency,
        provider_id=provider_id,
        game_code=game_code,
        path=path,
        dialect=_dialect(dialect),
        timeout=timeout,
        level=require_level(level),
        progress=progress or (lambda _check, _result: None),
        in_shell=in_shell,
    )


def _find_token(given: Secret[str | None], *, in_shell: bool) -> Secret[str]:
    """Return the token that is given, or the environment's; the advice is for who gives none."""
    option = "--token" if in_shell else "the argument token"
    from_environment = given.reveal() is None
    value = Secret((os.environ.get(TOKEN_VARIABLE) if from_environment else given.reveal()) or "")
    return check_token(
        value,
        TOKEN_VARIABLE if from_environment else option,
        ConfigurationError,
        f"give {option}, or better set {TOKEN_VARIABLE}, to the API token of the account",
        empty="is not set or empty" if from_environment else "is empty",
    )


def _dialect(name: str) -> DialectName:
    try:
        return require_dialect(name)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None

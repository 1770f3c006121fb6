"""The options of a sandbox: their types and their validation."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final, TypedDict, cast

from igamingace._common.numbers import is_integer, is_number
from igamingace._common.text import is_texts
from igamingace.errors import ConfigurationError
from igamingace.sandbox.data import Casino
from igamingace.sandbox.http.admission import is_token
from igamingace.sandbox.store.ids import seeded_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.client import Target
    from igamingace._wallet_client.dialects import DialectName
    from igamingace.sandbox.contract.error_style import CodeField, StatusStyle
    from igamingace.sandbox.faults import Fault
    from igamingace.sandbox.store.clock import Clock

_LAST_PORT: Final = 65_535


class Options(TypedDict, total=False):
    """The options of `create_app`."""

    token: str | None
    latency: float
    validate_answers: bool
    clock: Clock | None
    time_zone: tzinfo | None
    dialect: DialectName
    window_pause: float
    error_style: StatusStyle
    code_field: CodeField
    faults: Iterable[Fault]
    seed: int | None
    casino: Casino | None
    hosts: Collection[str] | None
    trusted_proxies: Collection[str]
    wallet: Target | Mapping[str, Target] | None
    time_scale: float


def check_numbers(latency: float, window_pause: float, time_scale: float, seed: int | None) -> None:
    """Validate the options that are numbers.

    Raises:
        ValueError: one of them is invalid.
    """
    for name, seconds in (("latency", latency), ("window_pause", window_pause)):
        if not (is_number(seconds) and 0 <= seconds < math.inf):
            raise ValueError(f"{name}: must be a number of seconds, 0 or more, not {seconds!r}")
    if not (is_number(time_scale) and 0 < time_scale < math.inf):
        raise ValueError(f"time_scale: must be a number above 0, not {time_scale!r}")
    if seed is not None and not is_integer(seed):
        raise ValueError(f"seed: must be a whole number, not {seed!r}")


def check_types(token: object, clock: object, time_zone: object, casino: object) -> None:
    """Validate the types of options that are None or of one type.

    Raises:
        ValueError: one of them is neither, or the clock returns another type.
    """
    for name, value, fits, wanted in (
        ("token", token, isinstance(token, str), "text"),
        ("clock", clock, callable(clock), "a function that returns the time, aware"),
        ("time_zone", time_zone, isinstance(time_zone, tzinfo), 'a tzinfo, such as ZoneInfo("Asia/Seoul")'),
        ("casino", casino, isinstance(casino, Casino), "what read_casino returns"),
    ):
        if value is not None and not fits:
            raise ValueError(f"{name}: give {wanted}, not {type(value).__name__}")
    now = clock() if callable(clock) else None
    if clock is not None and (not isinstance(now, datetime) or now.utcoffset() is None):
        raise ValueError(f"clock: it must return the time, an aware datetime, not {now!r}")


def check_address(host: object, port: object) -> None:
    """Validate where a sandbox shall listen.

    Raises:
        ValueError: the host is not text, or there is no such port.
    """
    if not (isinstance(host, str) and host):
        raise ValueError(f"host: must be a name or an address, such as '127.0.0.1', not {host!r}")
    if not (is_integer(port) and 0 <= port <= _LAST_PORT):
        raise ValueError(f"port: must be a whole number from 0 to {_LAST_PORT}, not {port!r}")


def check_texts(values: object, name: str) -> None:
    """Validate an option that is a collection of texts.

    Raises:
        ValueError: it is something else, one text for instance.
    """
    if not is_texts(values):
        raise ValueError(f"{name}: give a list of texts, not {values!r}")


def tokens_of(token: str | None, casino: Casino, seed: int | None) -> dict[str, str]:
    """Return the tokens that are known before the start, by the account's id.

    That of the first agent, if one is given; with a seed those of all accounts without one in the data, the
    same at each start.

    Raises:
        ValueError: no request could carry it.
        LookupError: there is no agent.
    """
    known = {}
    if seed is not None:
        without = (account.id for account in casino.accounts if not account.token)
        known = {account_id: seeded_token(seed, account_id) for account_id in without}
    if not token:
        return known
    if not is_token(token):
        raise ValueError("the token is invalid; use letters, digits and -._~+/ only")
    return {**known, _first_agent(casino, "token"): token}


def wallets_of(wallet: Target | Mapping[str, Target] | None, casino: Casino) -> Mapping[str, Target]:
    """Return the applications that are wallets by account id: one alone is the first agent's.

    Raises:
        ValueError: an account is unknown, or a target is not an application.
        LookupError: there is no agent.
    """
    if wallet is None or isinstance(wallet, Mapping):
        wallets = cast("Mapping[str, Target]", wallet or {})
    else:
        wallets = {_first_agent(casino, "wallet"): wallet}
    accounts = {account.id for account in casino.accounts}
    for account_id, target in wallets.items():
        if account_id not in accounts:
            raise ValueError(f"wallet: there is no account {account_id!r}")
        _require_wallet(target)
    return wallets


def _require_wallet(target: Target) -> None:
    from igamingace._wallet_client.client import connect_to  # noqa: PLC0415 -- a server needs no httpx2

    try:
        connect_to(target, "/")
    except ConfigurationError as error:
        raise ValueError(f"wallet: {error}") from None


def _first_agent(casino: Casino, what: str) -> str:
    for account in casino.accounts:
        if account.level == "agent":
            return account.id
    raise LookupError(f'the data has no agent to use this {what} for; add one with level = "agent"')

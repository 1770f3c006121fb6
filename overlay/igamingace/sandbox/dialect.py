"""The dialects of the platform that the sandbox speaks; docs/sandbox-dialects.md lists their differences."""

from __future__ import annotations

from datetime import UTC
from random import Random
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.dialects import (
    DialectName,
    RoundDetails,
    as_sister,
    bonus_text,
    misspelt,
    require_dialect,
    transaction_text,
    with_one_id,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.sandbox._json import JSON
    from igamingace.sandbox.store.ids import OpaqueId

__all__ = ["Dialect", "SisterDialect", "dialect_of"]


class Dialect:
    """What iGamingAce documents.

    Requests are the contract's in every dialect. The state holds numbers; a dialect says how they are told.

    Attributes:
        name: Its name.
        time_zone: Of the times in requests and answers; None: each as the contract says.
        tells_losses: Whether a lost round ends with a win of 0.
    """

    name: DialectName = "igamingace"
    time_zone: tzinfo | None = None
    tells_losses: bool = True

    def game_id(self, game_id: OpaqueId) -> OpaqueId:
        """Return a game's id as games.list tells it."""
        return game_id

    def transaction_id(self, number: int) -> OpaqueId:
        """Return a transaction's id as callbacks and transactions.list tell it."""
        return number

    def bonus_id(self, number: int) -> OpaqueId:
        """Return a bonus call's id as it is told."""
        return number

    def launched(self, url: str, session_id: str) -> JSON:  # noqa: ARG002 - for other dialects
        """Return the data of a launch."""
        return url

    def callback(self, message: CallbackMessage, details: RoundDetails, seed: str) -> CallbackMessage:  # noqa: ARG002 - as above
        """Return a callback as it is sent; `seed` says in which of several ways."""
        return message


class SisterDialect(Dialect):
    """What sister deployments of the same generation document, and what their live traffic looked like."""

    name: DialectName = "sister"
    time_zone: tzinfo | None = UTC
    tells_losses: bool = False

    def game_id(self, game_id: OpaqueId) -> OpaqueId:
        """Return it as a text."""
        return str(game_id)

    def transaction_id(self, number: int) -> OpaqueId:
        """Return it as a text such as SP215202."""
        return transaction_text(number)

    def bonus_id(self, number: int) -> OpaqueId:
        """Return it as a text such as i3746."""
        return bonus_text(number)

    def launched(self, url: str, session_id: str) -> JSON:
        """Return an object."""
        return {"gameUrl": url, "sessionId": session_id}

    def callback(self, message: CallbackMessage, details: RoundDetails, seed: str) -> CallbackMessage:
        """Return it with the sister's fields, in one of the spellings that were seen."""
        draw = Random(seed)  # noqa: S311 - spellings, no secrets
        return misspelt(with_one_id(as_sister(message, details), draw), draw)


_DIALECTS: Final[Mapping[DialectName, Dialect]] = {"igamingace": Dialect(), "sister": SisterDialect()}


def dialect_of(name: str) -> Dialect:
    """Return the dialect of that name.

    Raises:
        ValueError: there is none.
    """
    return _DIALECTS[require_dialect(name)]

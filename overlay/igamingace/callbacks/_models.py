"""The models of callbacks: those generated from the contract, with `timestamp` as a datetime."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias, cast

from igamingace_bindings import callbacks as generated
from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from igamingace._common.amounts import format_amount

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNATURE: Final = "_signature"
_DECIDING: Final = (
    "command",
    "transaction_id",
    "reference_id",
    "player_id",
    "currency",
    "amount",
    "bet_amount",
    "win_amount",
)


class Signed(BaseModel):
    """Base of the models: the signature of a parsed callback.

    Ids are texts. In a callback that is made by hand, they may be given as integers.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    @property
    def signature(self) -> str | None:
        """The verified header `X-Request-Signature`; None for a callback that was created by hand.

        It is not a field: no key of the body can set it, and repr, `model_dump` and `==` leave it out.
        """
        signature: str | None = vars(self).get(_SIGNATURE)
        return signature

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all that decides about money: command, ids, player, amounts and currency.

        A signature that comes a second time must come with the same fingerprint: see `Wallet`.
        """
        fields = vars(self)
        values = [repr(_canonical(fields.get(name))) for name in _DECIDING]
        return sha256("\0".join(values).encode()).hexdigest()


class Balance(Signed, generated.Balance):
    """Asks for the player's balance."""

    timestamp: AwareDatetime | None = None  # type: ignore[assignment] # an integer in the contract


class Bet(Signed, generated.Bet):
    """Takes a stake."""

    timestamp: AwareDatetime | None = None  # type: ignore[assignment] # as above


class Win(Signed, generated.Win):
    """Pays a win."""

    timestamp: AwareDatetime | None = None  # type: ignore[assignment] # as above


class BetWin(Signed, generated.BetWin):
    """Takes a stake and pays a win, both or neither."""

    timestamp: AwareDatetime | None = None  # type: ignore[assignment] # as above


class Cancel(Signed, generated.Cancel):
    """Refunds a whole bet: the one with the id `bet_id`.

    `transaction_id` is the cancel's own id. A cancel may come with only one of its two ids, which is the
    bet's: then `transaction_id` is None, and the same cancel again is known by `bet_id`.
    """

    timestamp: AwareDatetime | None = None  # type: ignore[assignment] # as above

    @property
    def bet_id(self) -> str:
        """The id of the bet to refund: `referenceId`, or `transactionId` where that is missing."""
        return cast("str", self.reference_id)  # `assign_ids` sees to it

    @model_validator(mode="after")
    def _assign_ids(self) -> Self:
        assign_ids(vars(self))
        if self.reference_id is None:
            raise ValueError("give referenceId, transactionId or both")
        return self


def assign_ids(values: dict[str, Any]) -> None:
    """Take the only id of a cancel as the bet's."""
    if values["reference_id"] is None:
        values["reference_id"], values["transaction_id"] = values["transaction_id"], None


def _canonical(value: object) -> object:
    """Return the same text for the same amount: 1.50 and 1.5 may come with one signature."""
    return format_amount(value) if isinstance(value, Decimal) else value


def attach_signature(callback: Callback, signature: str | bytes) -> None:
    """Attach the verified signature to a callback."""
    # Not as a private attribute of pydantic's, which `==` compares: a callback parsed from a signed body
    # equals one made by hand of the same fields. Beside the fields in `__dict__`, copies and pickles keep it.
    vars(callback)[_SIGNATURE] = signature if isinstance(signature, str) else signature.decode()


Callback: TypeAlias = Balance | Bet | Win | BetWin | Cancel
"""What iGamingAce calls a wallet for."""

MODELS: Final[Mapping[str, type[Callback]]] = {
    "balance": Balance,
    "bet": Bet,
    "win": Win,
    "betwin": BetWin,
    "cancel": Cancel,
}
"""The model of each command."""

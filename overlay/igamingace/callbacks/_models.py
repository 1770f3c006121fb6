"""The models of callbacks: those generated from the contract, with `timestamp` as a datetime."""

from __future__ import annotations

from typing import TypeAlias

from igamingace_bindings import callbacks as generated
from pydantic import AwareDatetime  # noqa: TC002 -- pydantic reads the annotations at run time

_SIGNATURE = "_signature"


class Signed:
    """Base of the models: the signature of a parsed callback."""

    @property
    def signature(self) -> str | None:
        """The verified header `X-Request-Signature`; None for a callback that was created by hand.

        It is not a field: no key of the body can set it, and repr, `model_dump` and `==` leave it out.
        """
        signature: str | None = vars(self).get(_SIGNATURE)
        return signature


class Balance(Signed, generated.Balance):
    """Asks for the player's balance."""

    timestamp: AwareDatetime  # type: ignore[assignment] # an integer in the contract, a datetime here


class Bet(Signed, generated.Bet):
    """Takes a stake."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class Win(Signed, generated.Win):
    """Pays a win."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class BetWin(Signed, generated.BetWin):
    """Takes a stake and pays a win, both or neither."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


class Cancel(Signed, generated.Cancel):
    """Refunds a whole bet."""

    timestamp: AwareDatetime  # type: ignore[assignment] # as above


def attach_signature(callback: Callback, signature: str | bytes) -> None:
    """Attach the verified signature to a callback."""
    # Not as a private attribute of pydantic's, which `==` compares: a callback parsed from a signed body
    # equals one made by hand of the same fields. Beside the fields in `__dict__`, copies and pickles keep it.
    vars(callback)[_SIGNATURE] = signature if isinstance(signature, str) else signature.decode()


Callback: TypeAlias = Balance | Bet | Win | BetWin | Cancel
"""What iGamingAce calls a wallet for."""

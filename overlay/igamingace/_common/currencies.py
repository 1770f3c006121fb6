"""Currencies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TypeGuard

_CODE: Final = re.compile("[A-Z]{3}")


def is_currency(value: object) -> TypeGuard[str]:
    """Whether a value has the form of an ISO 4217 code."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None

"""Checks of arguments that may be of any type, since they come from a file or from the environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["is_integer", "is_number"]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a float, or an int that is no larger than a float can be; a bool is not."""
    return isinstance(value, float) or (is_integer(value) and abs(value) <= sys.float_info.max)


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a value is an int; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)

"""All rules of the contract, in one list."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from .callbacks import check_callbacks
from .codes import check_codes
from .contract import Contract
from .document import (
    check_components,
    check_examples,
    check_files,
    check_marks,
    check_standings,
    check_tags,
)
from .links import check_links
from .operations import check_operations
from .schemas import check_schemas
from .walks import check_walks

if TYPE_CHECKING:
    from pathlib import Path

    from .problems import Problem

RULES = (
    check_operations,
    check_walks,
    check_callbacks,
    check_links,
    check_codes,
    check_schemas,
    check_marks,
    check_standings,
    check_tags,
    check_components,
    check_examples,
)


def find_problems(document: dict[str, Any], spec_dir: Path | None = None) -> list[Problem]:
    """Return what is wrong with the bundled contract, and with its files where their folder is given."""
    contract = Contract(document)
    found = list(chain.from_iterable(rule(contract) for rule in RULES))
    return [*found, *check_files(contract, spec_dir)] if spec_dir else found

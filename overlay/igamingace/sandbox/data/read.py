"""Reads a casino's data from TOML or JSON; errors name the file, the line and what is expected."""

from __future__ import annotations

import re
import threading
import tomllib
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from igamingace._common.json import InvalidJSON, decode_strict
from igamingace.sandbox.contract.contract import shipped_contract
from igamingace.sandbox.contract.document import Document
from igamingace.sandbox.data.model import Casino
from igamingace.sandbox.data.validation import DataProblem, validate_casino

if TYPE_CHECKING:
    import os

    from igamingace.sandbox._json import JSON, Object

_PLACE: Final = re.compile(r"(?P<what>.*) - at `(?:key in )?`?\$(?P<path>.*?)`", re.DOTALL)
_STEP: Final = re.compile(r"\.([\w-]+)|\[(\d+|\.\.\.)\]")
_IN_TOML: Final = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)
_IN_JSON: Final = re.compile(
    r"(?P<what>.*): line (?P<line>\d+) column (?P<column>\d+) \(char \d+\)", re.DOTALL
)
# msgspec prepares a type when it is first used, and crashes where two threads do that at once.
_conversion_lock: Final = threading.Lock()


class DataError(ValueError):
    """A file of data cannot be used; the message names the file, the line and what is expected there."""


def default_casino() -> Casino:
    """Return the casino that the package ships."""
    return _shipped()


def read_casino(path: str | os.PathLike[str], contract: Object | None = None) -> Casino:
    """Return the casino of a file: JSON when its name ends in `.json`, else TOML.

    Args:
        path: Of the file.
        contract: The bundled contract that it is to be served by; the one that the package ships when None.

    Raises:
        DataError: it cannot be read, or has a mistake.
        ContractError: the contract cannot be served.
    """
    place = Path(path)
    try:
        text = place.read_bytes().decode()
    except OSError as error:
        raise DataError(f"{place}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{place}: is not UTF-8 at byte {error.start}") from None
    served = None if contract is None else Document(contract)
    return parse_casino(text, str(place), is_json=place.suffix.lower() == ".json", contract=served)


def parse_casino(text: str, name: str, *, is_json: bool = False, contract: Document | None = None) -> Casino:
    """Return the casino that a text describes; `name` is what messages call it.

    Raises:
        DataError: it has a mistake.
    """
    loaded = _json(text, name) if is_json else _toml(text, name)
    try:
        with _conversion_lock:
            casino = msgspec.convert(loaded, Casino, str_keys=True)
        validate_casino(casino, contract or shipped_contract())
    except msgspec.ValidationError as error:
        raise DataError(_located(str(error), text, name, is_json=is_json)) from None
    except DataProblem as problem:
        raise DataError(_placed(problem.path, problem.text, text, name, is_json=is_json)) from None
    return casino


@lru_cache(maxsize=1)
def _shipped() -> Casino:
    name = "casino.toml"
    return parse_casino(files("igamingace.sandbox.data").joinpath(name).read_text(encoding="utf-8"), name)


def _toml(text: str, name: str) -> JSON:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DataError(_unread(error, _IN_TOML, name)) from None
    except RecursionError:
        raise DataError(f"{name}: nested too deeply") from None


def _json(text: str, name: str) -> JSON:
    try:
        return decode_strict(text.encode())
    except InvalidJSON as error:
        raise DataError(_unread(error, _IN_JSON, name)) from None


def _unread(error: ValueError, position: re.Pattern[str], name: str) -> str:
    found = position.fullmatch(str(error))
    return (
        f"{name}:{found['line']}: column {found['column']}: {found['what']}" if found else f"{name}: {error}"
    )


def _located(message: str, text: str, name: str, *, is_json: bool) -> str:
    found = _PLACE.fullmatch(message)
    if found is None:
        return _placed("", message, text, name, is_json=is_json)
    return _placed(found["path"], found["what"], text, name, is_json=is_json)


def _placed(path: str, what: str, text: str, name: str, *, is_json: bool) -> str:
    """Return `what` is wrong with the place it stands at; the line in TOML, where people write by hand."""
    location = path.removeprefix(".") or "the file"
    if is_json:
        return f"{name}: {location}: {what}"
    return f"{name}:{_line(path, text)}: {location}: {what}"


def _line(path: str, text: str) -> int:
    """Return the line of the nearest key that the text tells: in a table of an array, or at the top."""
    from igamingace._common.toml_positions import TomlPositions  # noqa: PLC0415 - for errors only

    steps: list[tuple[str, str]] = _STEP.findall(path)
    top = steps[0][0] if steps else ""
    positions = TomlPositions(text, top)
    _, index = steps[1] if len(steps) > 1 else ("", "")
    if index.isdecimal():
        key = steps[2][0] if len(steps) > 2 else ""  # noqa: PLR2004 - array, index, key
        return positions.table(int(index), key)
    return positions.top(top)


def as_json(casino: Casino) -> Any:  # noqa: ANN401 - JSON
    """Return `casino` as JSON values, amounts as texts."""
    return msgspec.to_builtins(casino)

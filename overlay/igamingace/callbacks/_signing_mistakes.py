"""The usual mistakes in signing a callback: what a sender who makes one or two of them signs, and how."""

from __future__ import annotations

import binascii
import hmac
import json
import math
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from codecs import BOM_UTF8
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypedDict
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes, urlencode

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.amounts import format_amount
from igamingace._common.text import is_text
from igamingace.callbacks._json import (
    NotAFlatObject,
    Value,
    javascript_fields,
    parse_flat_object,
    signing_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BODY: Final = 8_192
"""The largest body in which mistakes are looked for, in bytes; a callback has a few hundred."""
MOST_FIELDS: Final = 32
"""The most fields of a body in which mistakes are looked for; a callback has about 15."""

_MOST_MISTAKES: Final = 2
"""More of them are not combined: their number would grow a hundredfold with each."""
_LONGEST_SIGNATURE: Final = 400  # characters: 128 of hex, once more in base64, have 172
_LONGEST_NUMBER: Final = 40  # characters, and digits before or after the point when written out
_TRUE_DOUBLES: Final = 2**53
_AMOUNTS: Final = {
    field.name for info in CALLBACKS.values() for field in info.fields if field.type == "number"
}
_ALGORITHMS: Final = {64: "sha512", 32: "sha256", 20: "sha1"}
_HEX: Final = re.compile(rb"[0-9a-fA-F]+")
_WHITESPACE: Final = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way in which a signature differs from the documented one.

    Attributes:
        name: a fixed name for programs, such as "hex" or "body-order".
        text: the mistake in words; no part of the body, the signature or the token is in it.
    """

    name: str
    text: str


Mistakes: TypeAlias = tuple[Mistake, ...]


class SignatureForm(NamedTuple):
    """One reading of a signature header.

    Attributes:
        mistakes: how its spelling differs from one signature in base64 of HMAC-SHA512.
        algorithm: the hash function, by hashlib's name; the digest's length tells it.
        digest: its bytes.
    """

    mistakes: Mistakes
    algorithm: str
    digest: bytes


class Message(NamedTuple):
    """What a sender may have signed, and which mistakes it then made."""

    mistakes: Mistakes
    data: bytes


class Messages(NamedTuple):
    """What may have been signed, each message once.

    Attributes:
        by_count: the messages that none, one and two mistakes make.
        is_complete: whether the body was small enough to try all mistakes.
    """

    by_count: list[list[Message]]
    is_complete: bool


# --- The signature -----------------------------------------------------------------------------------------

_SHORTER_HASHES: Final = {
    "sha256": Mistake("sha-256", "SHA-256 instead of SHA-512"),
    "sha1": Mistake("sha-1", "SHA-1 instead of SHA-512"),
}
_IN_HEX: Final = Mistake("hex", "hex instead of base64")
_HEX_IN_BASE64: Final = Mistake("hex-in-base64", "base64 of the hex digits instead of the bytes")
_OTHER_BASE64: Final = Mistake("base64-variant", "base64 for URLs or without its padding")
_SIGNATURE_WHITESPACE: Final = Mistake("signature-whitespace", "white space in the signature")


def signature_forms(signature: bytes) -> list[SignatureForm]:
    """Return how a signature header can be read; nothing when it is not a digest in any spelling."""
    if len(signature) > _LONGEST_SIGNATURE:
        return []
    compact = _WHITESPACE.sub(b"", signature)
    spelling: Mistakes = () if compact == signature else (_SIGNATURE_WHITESPACE,)
    found = list(_of_hex(compact, (*spelling, _IN_HEX)))
    standard = compact.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    padded = standard + b"=" * (-len(standard) % 4)
    try:
        digest = b64decode(padded, validate=True)
    except binascii.Error:
        return found
    if padded != compact:
        spelling = (*spelling, _OTHER_BASE64)
    return [*_of_digest(digest, spelling), *found, *_of_hex(digest, (*spelling, _HEX_IN_BASE64))]


def wrong_spellings(key: bytes, message: bytes) -> Iterator[tuple[Mistakes, bytes]]:
    """Yield the digests of a message in the spellings that `signature_forms` reads, but for the right one."""
    for algorithm, mistakes in ((None, ()), *((name, (each,)) for name, each in _SHORTER_HASHES.items())):
        digest = hmac.digest(key, message, algorithm or "sha512")
        if algorithm is not None:
            yield mistakes, b64encode(digest)
        digits = digest.hex().encode()
        yield (*mistakes, _IN_HEX), digits
        yield (*mistakes, _IN_HEX), digits.upper()
        yield (*mistakes, _HEX_IN_BASE64), b64encode(digits)
        yield (*mistakes, _OTHER_BASE64), urlsafe_b64encode(digest).rstrip(b"=")
        yield (*mistakes, _OTHER_BASE64), urlsafe_b64encode(digest)
        yield (*mistakes, _OTHER_BASE64), b64encode(digest).rstrip(b"=")


def _of_digest(digest: bytes, spelling: Mistakes) -> Iterator[SignatureForm]:
    if algorithm := _ALGORITHMS.get(len(digest)):
        shorter = _SHORTER_HASHES.get(algorithm)
        yield SignatureForm(spelling if shorter is None else (*spelling, shorter), algorithm, digest)


def _of_hex(digits: bytes, spelling: Mistakes) -> Iterator[SignatureForm]:
    if len(digits) % 2 == 0 and _HEX.fullmatch(digits):
        yield from _of_digest(binascii.unhexlify(digits), spelling)


# --- The token ---------------------------------------------------------------------------------------------

_TOKEN_WHITESPACE: Final = Mistake("token-whitespace", "white space around the token")
_TOKEN_WITHOUT_WHITESPACE: Final = Mistake(
    "token-whitespace", "white space around the token here, which the sender's does not have"
)
_TOKEN_QUOTED: Final = Mistake("token-quoted", "the token in quotation marks")
_TOKEN_DECODED: Final = Mistake(
    "token-decoded", "the bytes that the token's hex digits stand for, as the key"
)
OTHER_TOKEN: Final = Mistake("other-token", "the token of another account")


def wrong_keys(token: str) -> Iterator[tuple[Mistakes, bytes]]:
    """Yield the keys that are made of a token by mistake."""
    bare = token.strip()
    if bare != token:
        yield (_TOKEN_WITHOUT_WHITESPACE,), bare.encode()
    for text in (f"{bare}\n", f"{bare}\r\n", f"{bare} ", f" {bare}", f"{bare}\t", f" {bare} "):
        if text != token:
            yield (_TOKEN_WHITESPACE,), text.encode()
    for text in (f'"{bare}"', f"'{bare}'"):
        yield (_TOKEN_QUOTED,), text.encode()
    if len(bare) % 2 == 0 and _HEX.fullmatch(bare.encode()):
        yield (_TOKEN_DECODED,), binascii.unhexlify(bare)


# --- The message -------------------------------------------------------------------------------------------

Field: TypeAlias = tuple[str, Value]


def _in_order(fields: list[Field]) -> list[Field]:
    return sorted(fields, key=lambda field: field[0])


def _literal(_key: str, literal: bytes) -> str:
    return literal.decode()


def _bare(_value: Value, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How the string that is signed is made of a body's fields; by default as documented."""

    order: Callable[[list[Field]], Iterable[Field]] = _in_order
    number: Callable[[str, bytes], str] = _literal
    text: Callable[[str], str] = str
    true: str = "true"
    false: str = "false"
    null: str | None = ""
    """None leaves the field out."""
    wrap: Callable[[Value, str], str] = _bare
    separator: str = ","
    frame: str = "{}"

    def message(self, fields: list[Field]) -> bytes:
        """Return the bytes that are signed."""
        parts: list[str] = []
        for key, value in self.order(fields):
            if value is None:
                if self.null is None:
                    continue
                text = self.null
            elif isinstance(value, bool):
                text = self.true if value else self.false
            elif isinstance(value, bytes):
                text = self.number(key, value)
            else:
                text = self.text(value)
            parts.append(self.wrap(value, text))
        return self.framed(self.separator.join(parts)).encode()

    def framed(self, text: str) -> str:
        """Return a text between what stands before and after it."""
        before, _, after = self.frame.partition("{}")
        return f"{before}{text}{after}"


def _decimal(literal: bytes) -> Decimal | None:
    """Return a number that is short also when it is written out; None for others, which stay as they are."""
    if len(literal) > _LONGEST_NUMBER:
        return None
    try:
        number = Decimal(literal.decode())
    except ArithmeticError:  # an exponent that no Decimal has
        return None
    exponent = number.as_tuple().exponent
    short = isinstance(exponent, int) and abs(exponent) + len(number.as_tuple().digits) <= _LONGEST_NUMBER
    return number if short else None


def _cents(literal: bytes) -> str:
    number = _decimal(literal)
    return literal.decode() if number is None else f"{number:.2f}"


def _float(literal: bytes) -> str:
    return literal.decode() if _decimal(literal) is None else repr(float(literal))


def _has_fraction(literal: bytes) -> bool:
    return not literal.lstrip(b"-").isdigit()


def _amount_in_cents(key: str, literal: bytes) -> str:
    return _cents(literal) if key in _AMOUNTS else literal.decode()


def _fraction_in_cents(_key: str, literal: bytes) -> str:
    return _cents(literal) if _has_fraction(literal) else literal.decode()


def _all_in_cents(_key: str, literal: bytes) -> str:
    return _cents(literal)


def _amount_as_float(key: str, literal: bytes) -> str:
    return _float(literal) if key in _AMOUNTS or _has_fraction(literal) else literal.decode()


def _all_as_float(_key: str, literal: bytes) -> str:
    return _float(literal)


def _without_zeros(_key: str, literal: bytes) -> str:
    number = _decimal(literal)
    return literal.decode() if number is None else format_amount(number)


def _double(key: str, literal: bytes) -> str:
    number = _decimal(literal)
    if number is None or not math.isfinite(float(number)):
        return literal.decode()
    if abs(number) < _TRUE_DOUBLES:
        return _javascript(key, literal)
    return _javascript(key, repr(float(number)).encode())


def _javascript(key: str, literal: bytes) -> str:
    written = javascript_fields({key: literal})[key]
    return written.decode() if isinstance(written, bytes) else literal.decode()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _percent_encoded(text: str) -> str:
    return quote(text, safe="")


_BODY_ORDER: Final = Mistake("body-order", "the values in the order of the body, not of their key names")
_OTHER_ORDER: Final = Mistake("other-order", "the values in another order than that of their key names")
_QUOTED: Final = Mistake("quoted", "values in quotation marks")
_URL_ENCODED: Final = Mistake("url-encoded", "values or body URL-encoded")
_ESCAPED: Final = Mistake("escaped", "characters escaped as in JSON")
_BOOLEANS: Final = Mistake("booleans", "booleans as 1 and 0, or as True and False, not as true and false")
_NUMBERS: Final = Mistake(
    "numbers", "numbers spelled otherwise than in the body, such as 1500.00 or 1500.0 for 1500"
)
_ROUNDED: Final = Mistake("rounded-numbers", "numbers rounded to doubles: large ids lose their last digits")
_NULL: Final = Mistake("null", "null as a word or left out, not as an empty string")
_SEPARATOR: Final = Mistake("separator", "values not joined by a comma alone")
_NEWLINE: Final = Mistake("trailing-newline", "a line end after the string that is signed")
_BOM: Final = Mistake("bom", "a byte order mark (BOM) at the start")
_WHOLE_BODY: Final = Mistake("whole-body", "the whole body signed as it stands, not its values")
_RESERIALIZED: Final = Mistake(
    "re-serialized-body", "the whole body signed after it was parsed and serialized again, not its values"
)
_BODY_BOM: Final = Mistake("bom", "a byte order mark (BOM) at the start of the body")
_BODY_ENCODED: Final = Mistake("url-encoded", "the body is URL-encoded, not JSON")


class _Parts(TypedDict, total=False):
    """The parts of a recipe that a mistake changes."""

    order: Callable[[list[Field]], Iterable[Field]]
    number: Callable[[str, bytes], str]
    text: Callable[[str], str]
    true: str
    false: str
    null: str | None
    wrap: Callable[[Value, str], str]
    separator: str
    frame: str


def _by_utf16(fields: list[Field]) -> list[Field]:
    return sorted(fields, key=lambda field: field[0].encode("utf-16-be", "surrogatepass"))


def _by_value(fields: list[Field]) -> list[Field]:
    return sorted(fields, key=lambda field: _Recipe().message([field]))


_CHANGES: Final[tuple[tuple[Mistake, _Parts], ...]] = (
    (_BODY_ORDER, {"order": list}),
    (_OTHER_ORDER, {"order": lambda fields: sorted(fields, key=lambda field: field[0].lower())}),
    (_OTHER_ORDER, {"order": lambda fields: _in_order(fields)[::-1]}),
    (_OTHER_ORDER, {"order": _by_utf16}),
    (_OTHER_ORDER, {"order": _by_value}),
    (_QUOTED, {"wrap": lambda value, text: _quoted(text) if isinstance(value, str) else text}),
    (_QUOTED, {"wrap": lambda _, text: _quoted(text)}),
    (_QUOTED, {"wrap": lambda value, text: f"'{text}'" if isinstance(value, str) else text}),
    (_QUOTED, {"wrap": lambda _, text: f"'{text}'"}),
    (_BOOLEANS, {"true": "1", "false": "0"}),
    (_BOOLEANS, {"true": "True", "false": "False"}),
    (_BOOLEANS, {"true": "1", "false": ""}),
    (_NUMBERS, {"number": _amount_in_cents}),
    (_NUMBERS, {"number": _fraction_in_cents}),
    (_NUMBERS, {"number": _all_in_cents}),
    (_NUMBERS, {"number": _amount_as_float}),
    (_NUMBERS, {"number": _all_as_float}),
    (_NUMBERS, {"number": _without_zeros}),
    (_ROUNDED, {"number": _double}),
    (_NULL, {"null": "null"}),
    (_NULL, {"null": "None"}),
    (_NULL, {"null": "undefined"}),
    (_NULL, {"null": None}),
    (_NEWLINE, {"frame": "{}\n"}),
    (_NEWLINE, {"frame": "{}\r\n"}),
    (_BOM, {"frame": "\ufeff{}"}),
    (_URL_ENCODED, {"text": _percent_encoded}),
    (_URL_ENCODED, {"text": quote_plus}),
    (_ESCAPED, {"text": _escaped}),
    (_SEPARATOR, {"separator": ""}),
    (_SEPARATOR, {"separator": ", "}),
    (_SEPARATOR, {"separator": "|"}),
    (_SEPARATOR, {"separator": "&"}),
)
_FRAMES: Final = tuple((mistake, parts["frame"]) for mistake, parts in _CHANGES if "frame" in parts)


def messages(body: bytes) -> Messages:
    """Return what may have been signed.

    Bounded: nothing for a body of more than `MAX_BODY` bytes; of one with more than `MOST_FIELDS` fields only
    the whole body.
    """
    levels: list[list[Message]] = [[] for _ in range(_MOST_MISTAKES + 1)]
    if len(body) > MAX_BODY:
        return Messages(levels, is_complete=False)
    readings = list(_readings(body))
    small = [reading for reading in readings if len(reading[1]) <= MOST_FIELDS]
    seen: set[bytes] = set()
    candidates = sorted(_candidates(body, small), key=lambda message: len(message.mistakes))
    for message in candidates:  # sorted: a message is kept with the fewest mistakes that explain it
        if message.data not in seen:
            seen.add(message.data)
            levels[len(message.mistakes)].append(message)
    return Messages(levels, is_complete=len(small) == len(readings))


def _candidates(body: bytes, readings: list[tuple[Mistakes, list[Field]]]) -> Iterator[Message]:
    yield from _framed(_WHOLE_BODY, body)
    for mistakes, fields in readings:
        for message in (*_of_values(fields), *_reserialized(fields)):
            if len(mistakes) + len(message.mistakes) <= _MOST_MISTAKES:
                yield Message((*mistakes, *message.mistakes), message.data)
    yield from _framed(_URL_ENCODED, quote(body, safe="").encode())
    yield from _framed(_URL_ENCODED, quote_plus(body).encode())


def _readings(body: bytes) -> Iterator[tuple[Mistakes, list[Field]]]:
    """Yield the fields of a body, also of one that is not JSON by a mistake."""
    bare = body.removeprefix(BOM_UTF8)
    readings: list[tuple[Mistakes, bytes]] = [((), body)]
    if bare != body:
        readings.append(((_BODY_BOM,), bare))
    if bare[:3].upper() == b"%7B":
        readings += [
            ((_BODY_ENCODED,), unquote_to_bytes(bare)),
            ((_BODY_ENCODED,), unquote_to_bytes(bare.replace(b"+", b" "))),
        ]
    for mistakes, data in readings:
        try:
            fields = parse_flat_object(data)
            signing_input(fields)
        except NotAFlatObject:
            continue
        yield mistakes, list(fields.items())
    if b"=" in bare and not bare.lstrip().startswith((b"{", b"[")):
        try:
            pairs = parse_qsl(bare.decode().strip(), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return
        yield (_BODY_ENCODED,), list(pairs)


def _of_values(fields: list[Field]) -> Iterator[Message]:
    for number in (_literal, _javascript):  # `verify` takes either
        documented = _Recipe(number=number)
        for count in range(_MOST_MISTAKES + 1):
            for changes in combinations(_CHANGES, count):
                parts = {name: value for _, change in changes for name, value in change.items()}
                if len(parts) == sum(len(change) for _, change in changes):  # else two change the same
                    recipe = replace(documented, **parts)  # type: ignore[arg-type] # of the table above
                    yield Message(tuple(mistake for mistake, _ in changes), recipe.message(fields))


def _reserialized(fields: list[Field]) -> Iterator[Message]:
    if not is_text("".join(key for key, _ in fields)):  # keys are not signed, and may have lone surrogates
        return
    for number in (_literal, _javascript, _amount_as_float):
        for ordered in (fields, _in_order(fields)):
            pairs = [(key, _Recipe(number=number).message([(key, value)]).decode()) for key, value in ordered]
            yield from _framed(_URL_ENCODED, urlencode(pairs).encode())
            yield from _framed(_URL_ENCODED, "&".join(f"{key}={text}" for key, text in pairs).encode())
            for comma, colon in ((",", ":"), (", ", ": ")):
                for ascii_only in (False, True):
                    parts = (
                        json.dumps(key, ensure_ascii=ascii_only)
                        + colon
                        + _json(key, value, number, ascii_only)
                        for key, value in ordered
                    )
                    yield from _framed(_RESERIALIZED, f"{{{comma.join(parts)}}}".encode())


def _json(key: str, value: Value, number: Callable[[str, bytes], str], ascii_only: bool) -> str:  # noqa: FBT001 -- json's
    return number(key, value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=ascii_only)


def _framed(mistake: Mistake, data: bytes) -> Iterator[Message]:
    yield Message((mistake,), data)
    for frame_mistake, frame in _FRAMES:
        before, _, after = frame.encode().partition(b"{}")
        yield Message((mistake, frame_mistake), before + data + after)

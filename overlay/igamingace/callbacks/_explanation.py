"""Explains a signature that `verify` refuses: which of the usual mistakes its sender made."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from igamingace.callbacks._errors import InvalidSignature
from igamingace.callbacks._hmac import Account, Tokens, by_account, compute_signature, key_of, keys_of
from igamingace.callbacks._json import (
    NotAFlatObject,
    javascript_fields,
    parse_flat_object,
    signing_input,
)
from igamingace.callbacks._signature import body_bytes, read_signed
from igamingace.callbacks._signing_mistakes import (
    OTHER_TOKEN,
    Message,
    Mistake,
    Mistakes,
    messages,
    signature_forms,
    wrong_keys,
    wrong_spellings,
)
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from igamingace._common.secret import Secret

WORK: Final = 32 * 2**20
"""How much `explain` hashes at most, in bytes: about a tenth of a second."""

_HMAC_OVERHEAD: Final = 512  # bytes that each HMAC hashes besides its message


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `explain` has found. No field holds a token; those with the player's data are not in its repr.

    Attributes:
        is_valid: whether `verify` accepts the signature.
        account: whose token made it: a name or index; None for a single token, or when it is not known.
        problem: why the body cannot be signed or the signature cannot be one; None when both can.
        mistakes: the mistakes that explain the signature, at most two besides those in its spelling; empty
            when it is valid or unexplained.
        signed: the bytes that were signed, when it is valid or explained; else None.
        message: the bytes that are to be signed; None when the body is not a flat JSON object.
        signature: the right signature of `message`; None when there is none, or several tokens and none fits.
        is_complete: whether all mistakes were tried; they are not for a body of more than 8 KiB or 32
            fields, nor for all of very many tokens.
    """

    is_valid: bool
    account: Account
    problem: str | None
    mistakes: tuple[Mistake, ...]
    signed: bytes | None = field(repr=False)
    message: bytes | None = field(repr=False)
    signature: str | None = field(repr=False)
    is_complete: bool

    def __str__(self) -> str:
        """Return the result in a sentence, which holds nothing of the body, the signature or the token."""
        whose = "" if self.account is None else f" (account {self.account!r})"
        if self.is_valid:
            return f"the signature is valid{whose}"
        if self.mistakes:
            return f"the signature was made with {'; '.join(each.text for each in self.mistakes)}{whose}"
        if self.is_complete:
            return "none of the usual mistakes explains the signature: is it of this body, and of this token?"
        return "no mistake was found that explains the signature, but not all could be tried"


def explain(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
    *,
    other_tokens: Mapping[str, str] | None = None,
) -> Explanation:
    """Explain why a signature is not valid: try the usual mistakes, and combinations of two.

    For development and support: it accepts nothing that `verify` refuses, and its work is bounded, but takes
    a thousand times as long as `verify`. A mistake is named only when the signature matches to the last bit.

    Args:
        body: As for `verify`.
        signature: As for `verify`.
        token: As for `verify`.
        other_tokens: Tokens of other accounts by name, which may have been used by mistake.

    Raises:
        ConfigurationError: a token is empty or not a string, or there is no token.
        TypeError: `body` is a string.
    """
    return diagnose(body, signature, token, other_tokens or {}, WORK)


def diagnose(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
    other_tokens: Mapping[str, str],
    work: int,
) -> Explanation:
    """As `explain`; hashes at most `work` bytes."""
    raw, presented = body_bytes(body), _header(signature)
    keys = keys_of(token)
    tokens = list(by_account(token))
    if not isinstance(other_tokens, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        kind = type(other_tokens).__name__
        raise ConfigurationError(f"other_tokens is {kind}: give a mapping of names to tokens")
    for other in other_tokens.values():
        key_of(other)  # raises ConfigurationError for one that is none
    literal, javascript, problem = _documented_messages(raw)
    account: Account = None
    try:
        account, _ = read_signed(raw, signature, keys)
    except InvalidSignature as error:
        problem = problem or (None if _has_right_form(presented) else str(error))
    else:
        right = dict(keys)[account]
        is_literal = hmac.compare_digest(compute_signature(right, literal or b""), presented)
        signed = literal if is_literal else javascript
        return Explanation(
            is_valid=True,
            account=account,
            problem=None,
            mistakes=(),
            signed=signed,
            message=signed,
            signature=presented.decode(),
            is_complete=True,
        )
    search = _Search(raw, presented, tokens, other_tokens, work)
    found = search.run()
    expected = None
    if literal is not None and len(keys) == 1:
        expected = compute_signature(keys[0][1], literal).decode()
    return Explanation(
        is_valid=False,
        account=None if found is None else found[0],
        problem=problem,
        mistakes=() if found is None else found[1],
        signed=None if found is None else found[2],
        message=literal,
        signature=expected,
        is_complete=search.is_complete,
    )


def mistaken_signatures(body: bytes, token: Secret[str]) -> Iterator[tuple[Mistakes, bytes]]:
    """Yield the signatures of a body that are made with one mistake, or in SHA-256 and hex; each once."""
    key = token.reveal().encode()
    none, one, _ = messages(body).by_count
    seen = {_signature(key, message.data) for message in none}
    tried = [
        *(
            (mistakes, signature)
            for message in none
            for mistakes, signature in wrong_spellings(key, message.data)
        ),
        *((message.mistakes, _signature(key, message.data)) for message in one),
        *(
            (mistakes, _signature(wrong, message.data))
            for message in none
            for mistakes, wrong in wrong_keys(token.reveal())
        ),
    ]
    for mistakes, signature in tried:
        if signature not in seen:
            seen.add(signature)
            yield mistakes, signature


def _signature(key: bytes, message: bytes) -> bytes:
    return b64encode(hmac.digest(key, message, "sha512"))


def _documented_messages(body: bytes) -> tuple[bytes | None, bytes | None, str | None]:
    """Return what is to be signed, with numbers as they stand and as JavaScript writes them; or why not."""
    try:
        fields = parse_flat_object(body)
        return signing_input(fields), signing_input(javascript_fields(fields)), None
    except NotAFlatObject as error:
        return None, None, str(error)


def _header(signature: object) -> bytes:
    if isinstance(signature, str):
        return signature.encode("utf-8", "replace")
    return signature if isinstance(signature, bytes) else b""


def _has_right_form(signature: bytes) -> bool:
    return any(not form.mistakes for form in signature_forms(signature))


class _Search:
    """The search for the mistakes of one signature; the fewest first."""

    def __init__(
        self,
        body: bytes,
        signature: bytes,
        tokens: list[tuple[Account, str]],
        other_tokens: Mapping[str, str],
        work: int,
    ) -> None:
        self._forms = signature_forms(signature)
        tried = messages(body) if self._forms else None
        self._levels = [] if tried is None else tried.by_count
        self._tokens = tokens
        self._other_tokens = other_tokens
        self._work = work
        self.is_complete = tried is None or tried.is_complete

    def run(self) -> tuple[Account, Mistakes, bytes] | None:
        """Return whose key it was, the mistakes, and what was signed; None when no mistake fits."""
        if not self._levels:
            return None
        none, one, two = self._levels
        stages = (
            (none, self._right_keys),
            (one, self._right_keys),
            (none, self._wrong_keys),
            (two, self._right_keys),
            (one, self._wrong_keys),
        )
        for stage, keys in stages:
            for message in stage:
                for key_mistakes, account, key in keys():
                    if self._work <= 0:
                        self.is_complete = False
                        return None
                    form_mistakes = self._match(message, key)
                    if form_mistakes is not None:
                        return account, (*form_mistakes, *key_mistakes, *message.mistakes), message.data
        return None

    def _match(self, message: Message, key: bytes) -> Mistakes | None:
        """Return the mistakes of the spelling in which the header has a message's digest; None if in none."""
        for form in self._forms:
            self._work -= len(message.data) + _HMAC_OVERHEAD
            if hmac.compare_digest(hmac.digest(key, message.data, form.algorithm), form.digest):
                return form.mistakes
        return None

    def _right_keys(self) -> Iterator[tuple[Mistakes, Account, bytes]]:
        for account, token in self._tokens:
            yield (), account, token.encode()

    def _wrong_keys(self) -> Iterator[tuple[Mistakes, Account, bytes]]:
        for account, token in self._tokens:
            for mistakes, key in wrong_keys(token):
                yield mistakes, account, key
        for name, token in self._others():
            yield (OTHER_TOKEN,), name, token.encode()

    def _others(self) -> Iterable[tuple[str, str]]:
        own = {token for _, token in self._tokens}
        return ((name, token) for name, token in self._other_tokens.items() if token not in own)

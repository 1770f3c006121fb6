"""The commands `igamingace callbacks sign` and `igamingace callbacks verify`."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.secret import Secret
from igamingace.cli._accounts import accounts_file, only_account, open_operator, select
from igamingace.cli._command import FAILED, CannotRun, command
from igamingace.cli._options import AccountsFile, AsJson, OneAccount  # noqa: TC001 -- typer reads them
from igamingace.cli._output import emit, plain, warn
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from igamingace.callbacks import Explanation
    from igamingace.operators import Account

__all__ = ["callbacks", "sign", "verify"]

_MAX_BODY: Final = 1_048_576  # bytes, as igamingace.callbacks, which --help does not import
_MOST_BYTES_SHOWN: Final = 1024
_BYTES_IN_A_LINE: Final = 24

BodyFile: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        metavar="[BODY]", help="A file with the exact bytes of the body; standard input without it, or for -."
    ),
]

callbacks = typer.Typer(no_args_is_help=True, help="Sign callbacks, and explain signatures.")


@callbacks.callback()
def _about() -> None:
    """Sign callbacks, and explain signatures."""


@callbacks.command()
def sign(
    body: BodyFile = None, *, account: OneAccount = None, file: AccountsFile = None, as_json: AsJson = False
) -> None:
    """Sign the body of a callback, and show the exact string that is signed, its bytes and the digest.

    The token is that of IGAMINGACE_API_TOKEN, or of --account in the file of accounts. It is never printed.

    Exit status: 0 signed, 2 could not be run: the body is not a flat JSON object, or there is no token.

    Example: igamingace callbacks sign body.json
    """
    from igamingace.callbacks import UnsignableBody  # noqa: PLC0415 -- not for --help
    from igamingace.callbacks import sign as compute_signature  # noqa: PLC0415 -- as above
    from igamingace.callbacks._json import parse_flat_object, signing_input  # noqa: PLC0415 -- as above

    with command(as_json=as_json):
        _, token = _own_token(file, account)
        data = _read(body)
        try:
            signature = compute_signature(data, token.reveal())
        except UnsignableBody as error:
            raise CannotRun(str(error)) from None
        document = _signed(signing_input(parse_flat_object(data)), signature)
        if as_json:
            emit({"ok": True, **document})
        else:
            _show("String that is signed", document)


@callbacks.command()
def verify(
    body: BodyFile = None,
    *,
    signature: Annotated[
        str, typer.Option("--signature", "-s", metavar="TEXT", help="The header X-Request-Signature.")
    ],
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Verify the signature of a callback; of a wrong one, name the mistake with which it was made.

    Tries hex, SHA-256, another order of the values, other spellings of numbers, booleans and null, line ends,
    white space around the token, the tokens of the other accounts in the file of accounts and more, also two
    of them together. The token is that of IGAMINGACE_API_TOKEN, or of --account. It is never printed.

    Exit status: 0 valid, 1 not valid, 2 could not be run.

    Example: igamingace callbacks verify body.json --signature YmFzZTY0
    """
    from igamingace.callbacks import explain  # noqa: PLC0415 -- not for --help

    with command(as_json=as_json):
        name, token = _own_token(file, account)
        data = _read(body)
        found = explain(data, signature, token.reveal())
        if not found.is_valid and not found.mistakes:
            others = _other_tokens(file, name)
            found = explain(data, signature, token.reveal(), other_tokens=others.reveal())
        if as_json:
            emit(_as_document(found, signature))
        else:
            _show_explanation(found, signature)
        if not found.is_valid:
            raise typer.Exit(FAILED)


def _own_token(file: Path | None, account: str | None) -> tuple[str | None, Secret[str]]:
    """Return an account's name and token; the name is None for the token of the environment.

    That one is taken as it stands: white space around it is one of the mistakes to be found.
    """
    if account is None and file is None and os.environ.get(TOKEN_VARIABLE):
        return None, Secret(os.environ[TOKEN_VARIABLE])
    if accounts_file(file) is None:
        raise CannotRun(f"there is no token: set {TOKEN_VARIABLE}, or give --file and --account")
    with open_operator(file) as operator:
        (found,) = select(operator, [account or only_account(operator)], None, None)
        return found.name, Secret(found.open_token())


def _other_tokens(file: Path | None, name: str | None) -> Secret[dict[str, str]]:
    """Return the tokens of the other accounts in the file of accounts that can be read."""
    if accounts_file(file) is None:
        return Secret({})
    try:
        with open_operator(file) as operator:
            others = [account for account in operator.agents() if account.name != name]
    except (IGamingAceError, OSError) as error:
        warn(f"the tokens of other accounts were not tried: {error}")
        return Secret({})
    tokens = Secret({account.name: token for account in others if (token := _token_of(account)) is not None})
    if left_out := len(others) - len(tokens.reveal()):
        warn(f"the tokens of {left_out} other accounts cannot be read and were not tried")
    return tokens


def _token_of(account: Account) -> str | None:
    try:
        return account.open_token()
    except IGamingAceError:
        return None


def _read(body: Path | None) -> bytes:
    if body is None or str(body) == "-":
        data = sys.stdin.buffer.read(_MAX_BODY + 1)
    else:
        with body.open("rb") as stream:
            data = stream.read(_MAX_BODY + 1)
    if len(data) > _MAX_BODY:
        raise CannotRun(f"the body has more than {_MAX_BODY} bytes: a callback has a few hundred")
    return data


def _string(data: bytes) -> dict[str, object]:
    return {"string": data.decode(errors="backslashreplace"), "bytes": data.hex(), "length": len(data)}


def _signed(message: bytes, signature: str) -> dict[str, object]:
    digest = base64.b64decode(signature).hex()
    return {**_string(message), "digest": digest, "signature": signature}


def _expected(found: Explanation) -> dict[str, object] | None:
    if found.message is None or found.signature is None:
        return None
    return _signed(found.message, found.signature)


def _as_document(found: Explanation, received: str) -> dict[str, object]:
    return {
        "ok": found.is_valid,
        "result": str(found),
        "problem": found.problem,
        "mistakes": [{"name": mistake.name, "text": mistake.text} for mistake in found.mistakes],
        "account": found.account,
        "complete": found.is_complete,
        "received": received.encode(errors="backslashreplace").decode(),
        "expected": _expected(found),
        "signed": None if found.signed is None else _string(found.signed),
    }


def _show_explanation(found: Explanation, received: str) -> None:
    expected = _expected(found)
    if expected is not None:
        _show("String to be signed", expected)
    if found.is_valid:
        _line("Result", "valid")
        return
    _line("Signature received", ascii(received)[1:-1])
    if found.problem is not None:
        _line("Problem", found.problem)
    if found.signed is not None and found.signed != found.message:
        _show("String that was signed", _string(found.signed))
    _line("Result", f"not valid: {found}")


def _show(title: str, document: dict[str, object]) -> None:
    _line(title, _one_line(str(document["string"])))
    data = bytes.fromhex(str(document["bytes"]))
    _line("Its bytes", f"{len(data)}, in hex")
    shown = data[:_MOST_BYTES_SHOWN]
    for start in range(0, len(shown), _BYTES_IN_A_LINE):
        typer.echo(f"    {shown[start : start + _BYTES_IN_A_LINE].hex(' ')}")
    if len(data) > len(shown):
        typer.echo(f"    and {len(data) - len(shown)} more: --json shows all")
    if "digest" in document:
        _line("HMAC-SHA512 in hex", str(document["digest"]))
        _line("Signature (base64)", str(document["signature"]))


def _one_line(text: str) -> str:
    return plain(text).replace("\n", "\\n")


def _line(title: str, text: str) -> None:
    typer.echo(f"{title}: {text}")

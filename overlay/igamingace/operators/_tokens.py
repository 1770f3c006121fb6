"""Where an account's token comes from: given, a variable, a file, or a function that asks a vault."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.operators._account_errors import TokenUnavailable
from igamingace.operators._shown import like_a_token

__all__ = ["CallableToken", "EnvironmentToken", "FileToken", "GivenToken", "TokenSource", "token_source"]

_logger = logging.getLogger("igamingace.operators")
_OTHERS_MAY_READ = stat.S_IROTH
_warned: set[Path] = set()
_PRINTABLE_ASCII = re.compile(r"[!-~]+")


@runtime_checkable
class TokenSource(Protocol):
    """Gives an account's token each time it is asked, so that a token that was changed is found.

    One of your own may wait for a vault: calls from event loops ask it in a thread.
    Its repr says where the token comes from and shows nothing of it.
    """

    def open(self) -> str:
        """Return the token.

        Raises:
            TokenUnavailable: there is none, or it cannot be one.
        """
        ...


TokenGiver: TypeAlias = str | TokenSource | Callable[[], str]
"""What an account takes as its token."""


class GivenToken(Secret[str]):
    """A token that was given as text."""

    __slots__ = ()

    def __init__(self, token: str) -> None:
        """Seal the token.

        Raises:
            TokenUnavailable: it cannot be one.
        """
        sealed = Secret(token)
        del token  # a traceback shows local variables
        super().__init__(_checked(sealed, "the token given").reveal())

    def open(self) -> str:
        """Return the token."""
        return self.reveal()

    def __repr__(self) -> str:
        """Nothing of the token."""
        return "<token given>"


class EnvironmentToken:
    """A token in an environment variable."""

    __slots__ = ("variable",)

    def __init__(self, variable: str) -> None:
        """Take the variable's name; it is looked up when the token is needed.

        Raises:
            TokenUnavailable: the name looks like a token.
        """
        _no_token(variable, "variable")
        self.variable = variable

    def open(self) -> str:
        """Return what the variable holds now.

        Raises:
            TokenUnavailable: it is not set, or holds what cannot be a token.
        """
        sealed = Secret(os.environ.get(self.variable))
        if sealed.reveal() is None:
            raise TokenUnavailable(f"the variable {self.variable} is not set: set it to the account's token")
        return _checked(sealed, f"the variable {self.variable}").reveal()

    def __repr__(self) -> str:
        """Name the variable."""
        return f"<token in variable {self.variable}>"


class FileToken:
    """A token that is all a file holds, such as a mounted secret."""

    __slots__ = ("path",)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Take the path; the file is read when the token is needed.

        Raises:
            TokenUnavailable: the path looks like a token, or can be none.
        """
        _no_token(os.fspath(path), "file")
        self.path = Path(path)
        if "\0" in str(self.path):
            raise TokenUnavailable(f"the path of the token file, {str(self.path)!r}, has a null character")

    def open(self) -> str:
        """Return what the file holds now, white space around it left out.

        Logs a warning, once a folder, where everybody on the machine may read the file.

        Raises:
            TokenUnavailable: it cannot be read, or holds what cannot be a token.
        """
        sealed = _read(self.path)
        if isinstance(sealed, str):
            raise TokenUnavailable(f"the token file {self.path} cannot be read: {sealed}")
        return _checked(sealed, f"the token file {self.path}").reveal()

    def __repr__(self) -> str:
        """Name the file."""
        return f"<token in file {self.path}>"


class CallableToken:
    """A token that a function returns, such as one that asks a vault."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], str]) -> None:
        """Take the function; it is called each time the token is needed."""
        self._function = function

    def open(self) -> str:
        """Return what the function returns now.

        Raises:
            TokenUnavailable: it raised, or returned what cannot be a token.
        """
        try:
            sealed = Secret(self._function())
        except Exception as error:
            raise TokenUnavailable(f"{self._name()} raised {type(error).__name__}") from error
        return _checked(sealed, self._name()).reveal()

    def _name(self) -> str:
        return f"the function {getattr(self._function, '__qualname__', type(self._function).__name__)}"

    def __repr__(self) -> str:
        """Name the function."""
        return f"<token from {self._name()}>"


_AT_HAND: Final = (GivenToken, EnvironmentToken, FileToken)


def token_source(given: TokenGiver) -> TokenSource:
    """Return the source for what an account was given as its token.

    Raises:
        ConfigurationError: it is none of the three, or text that cannot be a token.
    """
    if isinstance(given, str):
        return GivenToken(given)
    if isinstance(given, TokenSource):
        return given
    if callable(given):
        return CallableToken(given)
    raise ConfigurationError(
        f"the token is a {type(given).__name__}: give text, a token source such as EnvironmentToken('NAME'), "
        "or a function that returns the token"
    )


def may_wait(source: TokenSource) -> bool:
    """Whether opening a source may take long: only those that look into this very machine never do."""
    return not isinstance(source, _AT_HAND)


def _no_token(name: str, what: str) -> None:
    if like_a_token(name):
        raise TokenUnavailable(f"the name of the {what} looks like a token itself")


def _checked(sealed: Secret[Any], source: str) -> Secret[str]:
    """Return the token without white space around it; raises TokenUnavailable where it cannot be one."""
    if not isinstance(sealed.reveal(), str):
        raise TokenUnavailable(f"{source} gives no text")
    bare = Secret[str](sealed.reveal().strip())
    if not bare.reveal():
        raise TokenUnavailable(f"{source} is empty: it must be the account's API token")
    if not _PRINTABLE_ASCII.fullmatch(bare.reveal()):
        raise TokenUnavailable(
            f"{source} holds white space, a control character or a character outside ASCII: "
            "it must be the bare API token, without the word Bearer"
        )
    return bare


def _read(path: Path) -> Secret[str] | str:
    """Return what a file holds, sealed; or why it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            mode = os.fstat(file.fileno()).st_mode
            sealed = Secret(file.read())
    except OSError as error:
        return error.strerror or type(error).__name__
    except UnicodeDecodeError:
        return "it is no text in UTF-8"
    if os.name == "posix" and mode & _OTHERS_MAY_READ and path.parent not in _warned:
        _warned.add(path.parent)
        _logger.warning(
            "everybody on this machine may read the token in %s, and maybe others beside it: chmod o-r", path
        )
    return sealed

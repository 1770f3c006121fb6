"""Token sources of an account: a text, an environment variable, a file, or a function that asks a vault."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from igamingace._common.masking import looks_like_token
from igamingace._common.safe_log import SafeLogger
from igamingace._common.secret import Secret, check_token
from igamingace.errors import ConfigurationError
from igamingace.operators._errors import TokenUnavailable

__all__ = ["CallableToken", "EnvironmentToken", "FileToken", "StaticToken", "TokenSource", "token_source"]

_logger = SafeLogger("igamingace.operators")
_READABLE_BY_ALL = stat.S_IROTH
_warned: set[Path] = set()


@runtime_checkable
class TokenSource(Protocol):
    """Returns an account's token. It is called for each use, so that a replaced token is found.

    Your own source may wait for a vault: calls from event loops run it in a thread.
    Its repr must name the source and not show the token.
    """

    def open(self) -> str:
        """Return the token.

        Raises:
            TokenUnavailable: there is none, or it is not a valid token.
        """
        ...


TokenInput: TypeAlias = str | TokenSource | Callable[[], str]
"""What `Account(token=)` accepts."""


class StaticToken(Secret[str]):
    """A token passed as text."""

    __slots__ = ()

    def __init__(self, token: str) -> None:
        """Check the token.

        Raises:
            TokenUnavailable: it is not a valid token.
        """
        sealed = Secret(token)
        del token  # a traceback shows local variables
        super().__init__(_checked(sealed, "the token").reveal())

    def open(self) -> str:
        return self.reveal()

    def __repr__(self) -> str:
        return "<static token>"


class EnvironmentToken:
    """A token in an environment variable."""

    __slots__ = ("variable",)

    def __init__(self, variable: str) -> None:
        """Store the variable's name; it is read when the token is needed.

        Raises:
            TokenUnavailable: the name looks like a token.
        """
        _no_token(variable, "variable")
        self.variable = variable

    def open(self) -> str:
        """Return the current value of the variable.

        Raises:
            TokenUnavailable: it is not set, or does not hold a valid token.
        """
        sealed = Secret(os.environ.get(self.variable))
        if sealed.reveal() is None:
            raise TokenUnavailable(
                f"the variable {self.variable} is not set: set it to the account's token",
                summary="the variable of its token is not set: set it to the account's token",
            )
        return _checked(sealed, f"the variable {self.variable}").reveal()

    def __repr__(self) -> str:
        return f"<token in variable {self.variable}>"


class FileToken:
    """A token that is the whole content of a file, such as a mounted secret."""

    __slots__ = ("path",)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Store the path; the file is read when the token is needed.

        Raises:
            TokenUnavailable: the path looks like a token, or is not a valid path.
        """
        _no_token(os.fspath(path), "file")
        self.path = Path(path)
        if "\0" in str(self.path):
            raise TokenUnavailable(f"the token file {str(self.path)!r} contains a null character in its path")

    def open(self) -> str:
        """Return the current content of the file, without surrounding white space.

        Logs a warning, once per folder, when every user of the machine may read the file.

        Raises:
            TokenUnavailable: it cannot be read, or does not hold a valid token.
        """
        sealed = _read(self.path)
        if isinstance(sealed, str):
            raise TokenUnavailable(
                f"the token file {self.path} cannot be read: {sealed}",
                summary=f"its token file cannot be read: {sealed}",
            )
        return _checked(sealed, f"the token file {self.path}").reveal()

    def __repr__(self) -> str:
        return f"<token in file {self.path}>"


class CallableToken:
    """A token that a function returns, such as one that asks a vault."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], str]) -> None:
        """Store the function; it is called each time the token is needed."""
        self._function = function

    def open(self) -> str:
        """Return what the function returns.

        Raises:
            TokenUnavailable: it raised, or did not return a valid token.
        """
        try:
            sealed = Secret(self._function())
        except Exception as error:
            raised = f"raised {type(error).__name__}"
            raise TokenUnavailable(
                f"{self._name()} {raised}", summary=f"the function that returns its token {raised}"
            ) from error
        return _checked(sealed, self._name()).reveal()

    def _name(self) -> str:
        return f"the function {getattr(self._function, '__qualname__', type(self._function).__name__)}"

    def __repr__(self) -> str:
        return f"<token from {self._name()}>"


_LOCAL: Final = (StaticToken, EnvironmentToken, FileToken)


def token_source(token: TokenInput) -> TokenSource:
    """Return the token source for what was passed as an account's token.

    Raises:
        ConfigurationError: it has another type, or is a text that is not a valid token.
    """
    if isinstance(token, str):
        return StaticToken(token)
    if isinstance(token, TokenSource):
        return token
    if callable(token):
        return CallableToken(token)
    raise ConfigurationError(
        f"the token is a {type(token).__name__}: give text, a token source such as EnvironmentToken('NAME'), "
        "or a function that returns the token"
    )


def may_block(source: TokenSource) -> bool:
    """Return whether reading a token may take long; only the sources on this machine never do."""
    return not isinstance(source, _LOCAL)


def _no_token(name: str, what: str) -> None:
    if looks_like_token(name):
        raise TokenUnavailable(f"the name of the {what} looks like a token itself")


def _checked(sealed: Secret[Any], source: str) -> Secret[str]:
    unavailable = partial(TokenUnavailable, summary="what its source holds is not a valid token")
    return check_token(sealed, source, unavailable, "it must be the account's API token")


def _read(path: Path) -> Secret[str] | str:
    """Return the content of a file; or why it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            mode = os.fstat(file.fileno()).st_mode
            sealed = Secret(file.read())
    except OSError as error:
        return error.strerror or type(error).__name__
    except UnicodeDecodeError:
        return "it is not valid UTF-8"
    if os.name == "posix" and mode & _READABLE_BY_ALL and path.parent not in _warned:
        _warned.add(path.parent)
        _logger.warning(
            "every user of this machine can read the token in %s, and maybe other files beside it: chmod o-r",
            path,
        )
    return sealed

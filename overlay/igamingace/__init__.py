"""The iGamingAce casino API: typed calls that never go over the account's limit of requests in flight."""

from igamingace_bindings.rest.client import RawAnswer

from igamingace import errors
from igamingace._client import Agent, AsyncAgent
from igamingace._config import Timeouts
from igamingace._version import __version__
from igamingace.errors import IGamingAceError

__all__ = ["Agent", "AsyncAgent", "IGamingAceError", "RawAnswer", "Timeouts", "__version__", "errors"]

"""Names and addresses: resolution with a time limit, and the order in which addresses are tried."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from itertools import chain, zip_longest
from typing import Final

from igamingace._common.fork import register_at_fork
from igamingace._common.ip_addresses import parse_host

__all__ = ["STAGGER", "Address", "resolve"]

Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""A family, and what `socket.connect` takes for it."""

STAGGER: Final = 0.25
"""Seconds after which the next address is tried beside the ones under way (RFC 8305, section 5)."""

_under_way: dict[tuple[str, int], Future[list[Address]]] = {}


def resolve(host: str, port: int) -> Future[list[Address]]:
    """The addresses of a host, families in turn; a failure is an OSError.

    The system's resolver can be given no time limit and cannot be cancelled, so it runs in a thread of its
    own that nobody has to wait for: not the call whose time is over, and not the program when it ends. Calls
    for the same host share the thread.
    """
    if parse_host(host) is not None:
        return _look_up(host, port, _running())  # it is an address: nobody has to be asked
    key = (host, port)
    future = _under_way.get(key)
    if future is None:
        future = _under_way[key] = _running()
        threading.Thread(
            target=_look_up_shared, args=(key, future), name="igamingace-resolver", daemon=True
        ).start()
    return future


def _running() -> Future[list[Address]]:
    """A future that nobody can cancel: others wait for it as well."""
    future: Future[list[Address]] = Future()
    future.set_running_or_notify_cancel()
    return future


def _look_up_shared(key: tuple[str, int], future: Future[list[Address]]) -> None:
    _look_up(*key, future)
    _under_way.pop(key, None)


def _look_up(host: str, port: int, future: Future[list[Address]]) -> Future[list[Address]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        future.set_exception(error)
    except UnicodeError as error:
        future.set_exception(socket.gaierror(socket.EAI_NONAME, f"not a valid name: {error}"))
    else:
        future.set_result(_in_turn([(family, address) for family, *_, address in found]))
    return future


def _in_turn(addresses: list[Address]) -> list[Address]:
    """The addresses with the families in turn, beginning with the system's choice; each once."""
    families = list(dict.fromkeys(family for family, _ in addresses))
    by_family = [[one for one in addresses if one[0] == family] for family in families]
    turns = chain.from_iterable(zip_longest(*by_family))
    return list(dict.fromkeys(one for one in turns if one is not None))


register_at_fork(after_in_child=_under_way.clear)  # the threads are the parent's

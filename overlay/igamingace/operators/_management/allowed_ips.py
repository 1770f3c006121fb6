"""The [Allowed IP] field of an account, the addresses whose requests are accepted: reading and writing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final, Self, overload

from igamingace._common.ip_addresses import Address, parse_address, parse_addresses
from igamingace._common.safe_log import SafeLogger
from igamingace.operators._errors import InvalidAddresses
from igamingace.operators._execution.flow import CallOne
from igamingace.operators._execution.read_infos import read_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.operators._execution.flow import Flow

__all__ = [
    "LOGGER",
    "AddressChange",
    "AllowedAddresses",
    "allowed_ips",
    "check_addresses",
    "set_allowed_ips",
]

LOGGER: Final = SafeLogger("igamingace.operators.addresses")
"""Warns of suspicious addresses; a program that shows these warnings itself may silence it."""

_EMPTY: Final = (
    "no address is given, which would accept requests from everywhere: give the addresses of your servers, "
    "or say that everybody is meant (everybody=True, --everybody)"
)


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The difference between two lists of addresses.

    Attributes:
        added: entries of the new list that the old one does not have, in the order of the new list.
        removed: entries of the old list that the new one does not have, in the order of the old list.
        opens: whether only the new list accepts every address.
        closes: whether only the old list accepts every address.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    opens: bool = False
    closes: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def __str__(self) -> str:
        """One line per address, prefixed with + or -."""
        return "\n".join([*(f"- {old}" for old in self.removed), *(f"+ {new}" for new in self.added)])


class AllowedAddresses(Sequence[str]):
    """The addresses of an [Allowed IP] field, normalized and without duplicates, in the order of the field.

    An empty list accepts requests from everywhere.

        addresses = AllowedAddresses("203.0.113.7 2001:DB8::1")
        print(addresses)                    # one per line
        print(addresses.warnings())

    Attributes:
        unreadable: entries of the vendor's field that are not addresses; they are never written back.
    """

    __slots__ = ("_addresses", "unreadable")

    def __init__(
        self, addresses: str | Iterable[str | Address] = (), *, unreadable: Iterable[str] = ()
    ) -> None:
        """Parse addresses: one or several texts, each with addresses separated by spaces or line ends.

        Raises:
            InvalidAddresses: an entry is not an IP address; the message names each.
        """
        entries = [addresses] if isinstance(addresses, str) else addresses
        self._addresses, problems = parse_addresses(entries)
        if problems:
            raise InvalidAddresses([problem for _, problem in problems])
        self.unreadable = tuple(unreadable)

    @classmethod
    def read(cls, entries: Iterable[str]) -> Self:
        """Parse the vendor's field, `allowed_ips` of `operators.info`; never raises."""
        words = dict.fromkeys(word for entry in entries for word in entry.split())
        invalid = [word for word in words if parse_addresses([word])[1]]
        return cls((word for word in words if word not in invalid), unreadable=invalid)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses as objects of `ipaddress`."""
        return self._addresses

    @property
    def everybody(self) -> bool:
        """Whether the list is empty, which accepts requests from everywhere."""
        return not self._addresses and not self.unreadable

    def to_send(self, *, everybody: bool = False) -> list[str]:
        """Return the value for `operators.update` and `operators.create`.

        Args:
            everybody: accept requests from everywhere; the list must then be empty.

        Raises:
            InvalidAddresses: the list is empty and `everybody` is not set, or the other way round.
        """
        if everybody and self._addresses:
            raise InvalidAddresses(["everybody and addresses are both given: give one of them"])
        if not everybody and not self._addresses:
            raise InvalidAddresses([_EMPTY])
        return [*self]

    def change_to(self, new: AllowedAddresses) -> AddressChange:
        """Return the difference between this list and `new`."""
        return AddressChange(
            added=tuple(address for address in new if address not in self),
            removed=(*(address for address in self if address not in new), *self.unreadable),
            opens=new.everybody and not self.everybody,
            closes=self.everybody and not new.everybody,
        )

    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each suspicious address: private, unspecified, loopback and so on."""
        warnings = [f"{address}: {why}" for address in self._addresses if (why := _warning(address))]
        return (*warnings, *(f"{entry!r}: is not an address" for entry in self.unreadable))

    def with_added(self, addresses: Iterable[str]) -> AllowedAddresses:
        """Return the list with these appended; raises InvalidAddresses."""
        return AllowedAddresses([*self, *AllowedAddresses(addresses)])

    def without(self, addresses: Iterable[str]) -> AllowedAddresses:
        """Return the list without these; raises InvalidAddresses, also for one that is not in the list."""
        removed = AllowedAddresses(addresses)
        if missing := [address for address in removed if address not in self]:
            raise InvalidAddresses([f"{address} is not in the list" for address in missing])
        return AllowedAddresses(address for address in self if address not in removed)

    def __len__(self) -> int:
        return len(self._addresses)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(map(str, self._addresses[index]))
        return str(self._addresses[index])

    def __contains__(self, address: object) -> bool:
        """Return whether an address is in the list, in any spelling."""
        try:
            return parse_address(address) in self._addresses
        except ValueError:
            return False

    def __eq__(self, other: object) -> bool:
        """Return whether both lists accept the same addresses, in any order."""
        if not isinstance(other, AllowedAddresses):
            return NotImplemented
        return {*self._addresses} == {*other.addresses} and {*self.unreadable} == {*other.unreadable}

    def __hash__(self) -> int:
        return hash(frozenset(self._addresses))

    def __str__(self) -> str:
        """The field in the vendor's format: one address per line."""
        return "\n".join(self)

    def __repr__(self) -> str:
        return f"AllowedAddresses({[*self]!r})"


_DOCUMENTATION: Final = tuple(
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_WARNINGS: Final[tuple[tuple[Callable[[Address], bool], str], ...]] = (
    (
        lambda address: address.is_unspecified,
        "is the unspecified address: it accepts no requests, rather than all",
    ),
    (lambda address: address.is_loopback, "is the loopback address: no request reaches the vendor from it"),
    (lambda address: address.is_multicast, "is a multicast address: no request comes from one"),
    (lambda address: address.is_link_local, "is a link-local address: no request reaches the vendor from it"),
    (
        lambda address: any(address in network for network in _DOCUMENTATION),
        "is an address for documentation: no request comes from one",
    ),
    (lambda address: address.is_reserved, "is a reserved address: no request comes from one"),
    (
        lambda address: address.is_private,
        "is a private address: the vendor sees the public one of your network",
    ),
    (
        lambda address: not address.is_global,
        "is not a public address: the vendor sees that of your network",
    ),
)


def _warning(address: Address) -> str | None:
    return next((why for test, why in _WARNINGS if test(address)), None)


def check_addresses(name: str, addresses: AllowedAddresses, *, everybody: bool) -> list[str]:
    """Return the addresses to send for an account; logs warnings of suspicious ones.

    Raises:
        InvalidAddresses: there is none, without `everybody`; or there are some together with it.
    """
    to_send = addresses.to_send(everybody=everybody)
    for warning in addresses.warnings():
        LOGGER.warning("allowed addresses of %r: %s", name, warning)
    return to_send


def allowed_ips(name: str) -> Flow[AllowedAddresses]:
    """Read the addresses of an account."""
    info = yield from read_info(name)
    return AllowedAddresses.read(info.allowed_ips or ())


def set_allowed_ips(name: str, addresses: AllowedAddresses, *, everybody: bool) -> Flow[AddressChange]:
    """Read the addresses of an account, and replace them where they differ."""
    to_send = check_addresses(name, addresses, everybody=everybody)
    change = (yield from allowed_ips(name)).change_to(addresses)
    if change:
        yield CallOne(name, lambda agent: agent.operators.update(allowed_ips=to_send))
    return change

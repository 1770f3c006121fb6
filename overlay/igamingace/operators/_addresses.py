"""The [Allowed IP] field of an account: the addresses from which its requests are accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final, Self, TypeAlias, overload

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AddressChange", "AllowedAddresses", "InvalidAddresses"]

Address: TypeAlias = IPv4Address | IPv6Address

_NONE: Final = (
    "no address is given, which would accept requests from everybody: give the addresses of your servers, "
    "or ask for everybody by name (everybody=True, --everybody)"
)


class InvalidAddresses(ConfigurationError):  # noqa: N818 -- says what happened, as in igamingace.errors
    """Something in a list of allowed addresses is no address, or the list is empty without being meant to.

    Attributes:
        problems: each entry that is no address, with what is expected in its place.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Take the problems, one sentence each."""
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class AddressChange:
    """What a new list of addresses changes.

    Attributes:
        added: addresses that will be accepted and were not, in the order of the new list.
        removed: what stood in the old list and does not in the new one, in the order of the old list.
        opens: whether everybody will be accepted, and was not.
        closes: whether everybody was accepted, and only the addresses of the new list will be.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    opens: bool = False
    closes: bool = False

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.added or self.removed)

    def __str__(self) -> str:
        """A line for each address, + or - before it."""
        return "\n".join([*(f"- {old}" for old in self.removed), *(f"+ {new}" for new in self.added)])


class AllowedAddresses(Sequence[str]):
    """The addresses of an [Allowed IP] field in their one spelling, each once, in the order of the field.

    An empty list accepts requests from everybody.

        addresses = AllowedAddresses("203.0.113.7 2001:DB8::1")
        print(addresses)                    # one a line
        print(addresses.warnings())

    Attributes:
        unreadable: entries of the vendor's field that are no address; they are never written back.
    """

    __slots__ = ("_addresses", "unreadable")

    def __init__(
        self, addresses: str | Iterable[str | Address] = (), *, unreadable: Iterable[str] = ()
    ) -> None:
        """Take addresses: a text, or several, with one a line or parted by spaces.

        Raises:
            InvalidAddresses: something is no IPv4 or IPv6 address; the message names each.
        """
        entries = [addresses] if isinstance(addresses, str) else addresses
        found: dict[Address, None] = {}
        problems: list[str] = []
        for entry in entries:
            for word in entry.split() if isinstance(entry, str) else [entry]:
                address = _address(word)
                if isinstance(address, str):
                    problems.append(address)
                else:
                    found[address] = None
        if problems:
            raise InvalidAddresses(problems)
        self._addresses = tuple(found)
        self.unreadable = tuple(unreadable)

    @classmethod
    def read(cls, entries: Iterable[str]) -> Self:
        """Return the addresses of the vendor's field, `allowed_ips` of `operators.info`; raises nothing."""
        words = dict.fromkeys(word for entry in entries for word in entry.split())
        wrong = [word for word in words if isinstance(_address(word), str)]
        return cls((word for word in words if word not in wrong), unreadable=wrong)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses as `ipaddress` has them."""
        return self._addresses

    @property
    def everybody(self) -> bool:
        """Whether requests are accepted from everybody: the list is empty."""
        return not self._addresses and not self.unreadable

    def to_send(self, *, everybody: bool = False) -> list[str]:
        """Return the list as `operators.update` and `operators.create` take it.

        Args:
            everybody: say that requests are to be accepted from everybody; the list must be empty then.

        Raises:
            InvalidAddresses: the list is empty and `everybody` is not set, or the other way round.
        """
        if everybody and self._addresses:
            raise InvalidAddresses(["everybody is asked for together with addresses: give one of them"])
        if not everybody and not self._addresses:
            raise InvalidAddresses([_NONE])
        return [*self]

    def change_to(self, new: AllowedAddresses) -> AddressChange:
        """Return what writing `new` in the place of this list changes."""
        return AddressChange(
            added=tuple(address for address in new if address not in self),
            removed=(*(address for address in self if address not in new), *self.unreadable),
            opens=new.everybody and not self.everybody,
            closes=self.everybody and not new.everybody,
        )

    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each address that is hardly meant: private, unspecified, loopback, ..."""
        told = [f"{address}: {why}" for address in self._addresses if (why := _oddity(address))]
        return (*told, *(f"{entry!r}: is no address" for entry in self.unreadable))

    def with_added(self, addresses: Iterable[str]) -> AllowedAddresses:
        """Return the list with these at its end; raises InvalidAddresses."""
        return AllowedAddresses([*self, *AllowedAddresses(addresses)])

    def without(self, addresses: Iterable[str]) -> AllowedAddresses:
        """Return the list without these; raises InvalidAddresses, also for one that is not in it."""
        gone = AllowedAddresses(addresses)
        if missing := [address for address in gone if address not in self]:
            raise InvalidAddresses([f"{address} is not in the list" for address in missing])
        return AllowedAddresses(address for address in self if address not in gone)

    def __len__(self) -> int:
        """How many addresses there are."""
        return len(self._addresses)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        """Return an address as text."""
        if isinstance(index, slice):
            return tuple(map(str, self._addresses[index]))
        return str(self._addresses[index])

    def __contains__(self, address: object) -> bool:
        """Whether an address is in the list, in whatever spelling."""
        return isinstance(address, str | IPv4Address | IPv6Address) and _address(address) in self._addresses

    def __eq__(self, other: object) -> bool:
        """Whether both lists accept the same addresses, in whatever order."""
        if not isinstance(other, AllowedAddresses):
            return NotImplemented
        return {*self._addresses} == {*other.addresses} and {*self.unreadable} == {*other.unreadable}

    def __hash__(self) -> int:
        """Equal lists have equal ones."""
        return hash(frozenset(self._addresses))

    def __str__(self) -> str:
        """The field as the vendor has it: one address a line."""
        return "\n".join(self)

    def __repr__(self) -> str:
        """The addresses."""
        return f"AllowedAddresses({[*self]!r})"


def _address(entry: object) -> Address | str:
    """Return an address, an IPv4 one within IPv6 as IPv4; or why the entry is none."""
    # Numbers and bytes would be addresses too, and hardly the ones that are meant.
    if not isinstance(entry, str | IPv4Address | IPv6Address):
        return f"{entry!r} is no IPv4 or IPv6 address: give text, or an address of the module ipaddress"
    try:
        address = ip_address(entry)
    except ValueError:
        return f"{entry!r} is no IPv4 or IPv6 address{_hint(str(entry))}"
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return f"{entry!r} has a zone, which only means something on one machine"
        return address.ipv4_mapped or address
    return address


def _hint(entry: str) -> str:
    if "," in entry or ";" in entry:
        return ": part addresses by spaces or line ends"
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        return ""
    return f": the field takes no networks, write each address of {network}"


_EXAMPLES: Final = tuple(
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_ODDITIES: Final[tuple[tuple[Callable[[Address], bool], str], ...]] = (
    (
        lambda address: address.is_unspecified,
        "is the unspecified address: it accepts nobody, and not everybody",
    ),
    (lambda address: address.is_loopback, "is the loopback address: no request reaches the vendor from it"),
    (lambda address: address.is_multicast, "is a multicast address: no request comes from one"),
    (lambda address: address.is_link_local, "is a link-local address: no request reaches the vendor from it"),
    (
        lambda address: any(address in network for network in _EXAMPLES),
        "is an address for examples: no request comes from one",
    ),
    (lambda address: address.is_reserved, "is a reserved address: no request comes from one"),
    (
        lambda address: address.is_private,
        "is a private address: the vendor sees the public one of your network",
    ),
    (lambda address: not address.is_global, "is no public address: the vendor sees the one of your network"),
)


def _oddity(address: Address) -> str | None:
    return next((why for test, why in _ODDITIES if test(address)), None)

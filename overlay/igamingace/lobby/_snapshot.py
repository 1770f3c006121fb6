"""The catalogue of an account at one time: providers, games, search, and differences to an earlier one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 -- msgspec reads the annotations
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec
from igamingace_bindings.enums import GameType, ProviderStatus

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CatalogueChanges", "CatalogueGame", "CatalogueProvider", "CatalogueSnapshot"]

_FORMAT: Final = 1
"""The number of the JSON document's format; another one is not read."""
_CLOSED: Final = (ProviderStatus.INACTIVE, ProviderStatus.MAINTENANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueGame:
    """A game that an account offers.

    Attributes:
        provider_id: the provider's id.
        game_id: the game's id, opaque; it is unique only with `provider_id`.
        name: for people to read; None where the API sends none that can be read, as for the next three.
        image: URL of its picture.
        type: slot, live, other, or a value that the contract does not list.
        in_maintenance: whether the API says that the game cannot be played.
        playable: whether it can be played: neither it nor its provider is in maintenance or inactive.
    """

    provider_id: int
    game_id: str
    name: str | None = None
    image: str | None = None
    type: GameType | None = None
    in_maintenance: bool | None = None
    playable: bool = True

    @property
    def key(self) -> tuple[int, str]:
        """What identifies it in an account: the ids of provider and game."""
        return self.provider_id, self.game_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueProvider:
    """A provider that an account offers.

    Attributes:
        provider_id: the provider's id.
        name: for people to read; None where the API sends none that can be read, as for the next two.
        logo: URL of its logo.
        status: normal, maintenance, inactive, or a value that the contract does not list.
        games: its games, in the order of the API.
        error: why its games could not be fetched; `games` are those of an earlier fetch then. None when they
            were.
    """

    provider_id: int
    name: str | None = None
    logo: str | None = None
    status: ProviderStatus | None = None
    games: tuple[CatalogueGame, ...] = ()
    error: str | None = None

    @property
    def playable(self) -> bool:
        """Whether its games can be played: it is neither in maintenance nor inactive."""
        return self.status not in _CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueChanges:
    """The differences between two snapshots.

    Attributes:
        providers_added: providers that only the newer one has.
        providers_removed: providers that only the older one has.
        added: games that only the newer one has.
        removed: games that only the older one has.
        opened: games that can be played now, and could not before; as they are now.
        closed: games that could be played before, and cannot now; as they are now.
        edited: games whose name, picture or type is another; as they are now.
    """

    providers_added: tuple[CatalogueProvider, ...] = ()
    providers_removed: tuple[CatalogueProvider, ...] = ()
    added: tuple[CatalogueGame, ...] = ()
    removed: tuple[CatalogueGame, ...] = ()
    opened: tuple[CatalogueGame, ...] = ()
    closed: tuple[CatalogueGame, ...] = ()
    edited: tuple[CatalogueGame, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class CatalogueSnapshot:
    """All providers and games of an account, as they were when they were fetched. It never changes.

    Attributes:
        fetched_at: when the fetch began, aware, by the clock of the host that fetched.
        providers: the providers, in the order of the API.
    """

    fetched_at: datetime
    providers: tuple[CatalogueProvider, ...]
    _games: Mapping[tuple[int, str], CatalogueGame] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        games = {game.key: game for provider in self.providers for game in provider.games}
        object.__setattr__(self, "_games", games)

    @property
    def games(self) -> tuple[CatalogueGame, ...]:
        """The games of all providers."""
        return tuple(self._games.values())

    @property
    def errors(self) -> dict[int, str]:
        """Why the games of providers could not be fetched, by the provider's id."""
        return {one.provider_id: one.error for one in self.providers if one.error is not None}

    def provider(self, provider_id: int) -> CatalogueProvider | None:
        """Return a provider; None where the account does not offer it."""
        return next((one for one in self.providers if one.provider_id == provider_id), None)

    def game(self, provider_id: int, game_id: str | int) -> CatalogueGame | None:
        """Return a game; None where the account does not offer it. Ids 5 and "5" are the same."""
        return self._games.get((provider_id, str(game_id)))

    def search(
        self,
        text: str = "",
        *,
        provider: int | str | None = None,
        game_type: GameType | None = None,
        playable: bool | None = None,
    ) -> tuple[CatalogueGame, ...]:
        """Return the games that match all that is given, in the order of the API.

        Args:
            text: words that must all occur in the name, whatever their case and accents; of the provider's
                name as well, so that "fjord northern" finds Fjord Fortune of Northern Reels.
            provider: the provider's id, or its name whatever its case.
            game_type: the type.
            playable: whether the game can be played now; None for all games.
        """
        words = _folded(text).split()
        name = _folded(provider) if isinstance(provider, str) else None
        ids = {
            one.provider_id
            for one in self.providers
            if provider is None or one.provider_id == provider or (name and _folded(one.name) == name)
        }
        return tuple(
            game
            for key, game in self._games.items()
            if game.provider_id in ids
            and (game_type is None or game.type == game_type)
            and (playable is None or game.playable is playable)
            and all(word in self._searched[key] for word in words)
        )

    def changes_since(self, older: CatalogueSnapshot) -> CatalogueChanges:
        """Return the differences to an older snapshot of the same account."""
        theirs, ours = ({one.provider_id: one for one in each.providers} for each in (older, self))
        before = older._games
        both = [(before[key], game) for key, game in self._games.items() if key in before]
        return CatalogueChanges(
            providers_added=tuple(one for key, one in ours.items() if key not in theirs),
            providers_removed=tuple(one for key, one in theirs.items() if key not in ours),
            added=tuple(game for key, game in self._games.items() if key not in before),
            removed=tuple(game for key, game in before.items() if key not in self._games),
            opened=tuple(new for old, new in both if new.playable and not old.playable),
            closed=tuple(new for old, new in both if old.playable and not new.playable),
            edited=tuple(new for old, new in both if _shown(old) != _shown(new)),
        )

    def to_json(self) -> str:
        """Return a JSON document, from which `from_json` makes the same snapshot."""
        document = _Document(_FORMAT, self.fetched_at, self.providers)
        return msgspec.json.encode(document).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> CatalogueSnapshot:
        """Return the snapshot of a JSON document.

        Raises:
            ConfigurationError: it is not a document that `to_json` of this version wrote.
        """
        try:
            document = _decoder.decode(text)
        except msgspec.DecodeError as error:
            reason = str(error)
        else:
            if document.format == _FORMAT and document.fetched_at.tzinfo is not None:
                return cls(fetched_at=document.fetched_at, providers=document.providers)
            reason = f"its format is {document.format}, not {_FORMAT}"
        raise ConfigurationError(
            f"this is not a snapshot of a catalogue: {reason}; leave it out, then a new one is fetched"
        )

    @cached_property
    def _searched(self) -> Mapping[tuple[int, str], str]:
        """The text of each game that a search looks in."""
        names = {one.provider_id: _folded(one.name) for one in self.providers}
        return {key: f"{_folded(game.name)} {names[game.provider_id]}" for key, game in self._games.items()}


class _Document(msgspec.Struct):
    """The JSON document of a snapshot."""

    format: int
    fetched_at: datetime
    providers: tuple[CatalogueProvider, ...]


# Here, and not at the first use: msgspec prepares a type then, and crashes where two threads do so at once.
_decoder: Final = msgspec.json.Decoder(_Document)


def _shown(game: CatalogueGame) -> tuple[object, ...]:
    return game.name, game.image, game.type


def _folded(text: str | None) -> str:
    """Return a text without case and accents, for comparisons."""
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

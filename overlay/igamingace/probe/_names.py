"""Which names of a body a report shows: those that consist of words from a fixed list.

A server may use data as names: `{"alice": 10, "bob": 5}` are the balances of two players. Nothing tells such
a name from that of a field but its words. So an unknown name is shown only if each of its words is one that
the contract uses or that is common in APIs; any other is `?`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from igamingace.drift._names import HIDDEN, WORD

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HIDDEN", "NameFilter"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_]{0,47}[0-9]{0,2}")
_COMMON: Final = """
access account action active actual address after age agent aggregator alias all allow already amount and
any api app applied area array at auth authorization available avatar average back background bad balance
banner base before begin benefit bet beta block blocked body bonus brand browser build bundle busy buy by
cached call callback cancel card cash casino catalog category certificate change channel charge check child
children city class client close closed code coin color column comment commission complete config connection
content cost count country create created credit currency current cursor custom daily data date day debit
decimal default deleted demo denied deposit description desktop detail device disabled display domain done
double due duration email empty enable enabled end ended entry enum error event exceeded exception exist
exists expire expired expires external extra failed favorite feature featured fee field file filter final
finish finished first fixed flag font forbidden format found free freespin from full game gateway global
group has hash header height hidden history hit hold hot html http icon id image in inactive index info init
input instance internal invalid invoice ip is issue item jackpot json key kind label lang language last
later launch layout level limit line lines link list live lobby local locale location locked log login logo
logout long loss lost maintenance manager manual market match max maximum media member menu merchant message
meta method min minimum missing mobile mode module money month more multiplier name net network new next no
node normal not note null number object of off offline offset old on online only open operator option or
order origin other out output owner package page parameter parent partner path payload payment payout
pending percent percentage period permission phone plan platform play played player point points pool
popular portrait position post pragmatic pre preview previous price priority private process product profile
progress promo property provider public quantity quota rank rate ratio raw ready real reason record redirect
ref reference refund refused region register registered rejected release released remain remaining remark
removed report request require required reset resource response restricted result retry return returned
reward role rollback room round row rtp rule run sandbox schedule scheme scope score screen search second
section seed sequence server service session set setting settled short show side sign signature single site
size skin slot small sort source special spin spins stage stake start started state static status step stop
streamer string style sub subtype success sum supplier support supported suspended symbol system table tag
target tax template terminal test text theme thumb thumbnail ticket time timeout timestamp timezone title to
token too top total tournament trace track transaction transfer trial try turnover type unique unit unknown
unlimited until update updated upload uri url usage use used user username utc uuid valid validation value
variant vendor version vip visible volatility wager wait wallet web website week weight whitelist width win
window winning withdraw withdrawal without word wrong year zone
"""


class NameFilter:
    """Decides which names are shown, given those of the contract."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Take the names that the contract has anywhere."""
        self._words = frozenset(word for name in vocabulary for word in _words(name)) | frozenset(
            _COMMON.split()
        )
        self.is_shown = cache(self._is_shown)

    def shown(self, name: str) -> str:
        """The name, or `?`."""
        return name if self.is_shown(name) else HIDDEN

    def _is_shown(self, name: str) -> bool:
        words = _words(name)
        if not words or _NAME.fullmatch(name) is None:
            return False
        return all(word in self._words or word.removesuffix("s") in self._words for word in words)


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]

"""What the platforms show of somebody at one moment, in the judges' words, whichever platforms they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One person, as HubSpot and Mailchimp hold her.

    Attributes:
        there: on which platforms she is (archived ones do not count).
        refused: why nobody may mail her at all, in the platforms' words.
        refused_type: whether she opted out of the tracks' subscription type.
        customer: whether a platform calls her one.
        known: how many of title, company and interest are filled in.
        interest, score, stage: what stands there; "" where nothing does.
        markers: the highest episode by track, over all her records.
        segments: the segment lists and tags that she is in.

    """

    there: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    refused_type: bool = False
    customer: bool = False
    known: int = 0
    interest: str = ""
    score: str = ""
    stage: str = ""
    markers: Mapping[str, int] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()


NOBODY = Seen()


@dataclass(slots=True, eq=False)
class Human:
    """Somebody, by all her addresses, and what she did by the platforms' own books.

    Attributes:
        addresses: hers, and after a merge those of whom she swallowed.
        acts: (kind, when) of everything that she did; the kinds are those of fields.yaml.
        mails: when she was mailed, and by which track; "" for a campaign.
        tasks: when sales got a task about her.
        gone: erased, or swallowed by somebody.

    """

    key: str
    addresses: list[str]
    acts: list[tuple[str, datetime]] = field(default_factory=list)
    mails: list[tuple[datetime, str]] = field(default_factory=list)
    tasks: list[datetime] = field(default_factory=list)
    gone: bool = False
    swallowed: list[Human] = field(default_factory=list)

    @property
    def email(self) -> str:
        return self.addresses[0]

    def did(self, *kinds: str) -> list[datetime]:
        """When she did something of these kinds."""
        return [at for kind, at in self.acts if kind in kinds]

    def swallow(self, other: Human) -> None:
        """She is the other, too."""
        self.addresses += other.addresses
        self.acts += other.acts
        self.mails += other.mails
        self.swallowed.append(other)
        other.gone = True


def markers(texts: list[str]) -> dict[str, int]:
    """The highest episodes of some marker texts, such as ``finance:1;winback:2``."""
    highest: dict[str, int] = {}
    for text in texts:
        for part in filter(None, text.split(";")):
            track, _, number = part.partition(":")
            highest[track] = max(highest.get(track, 0), int(number))
    return highest

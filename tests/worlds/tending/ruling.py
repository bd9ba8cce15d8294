"""What one world's rulebook says of nurturing, in the judges' own words; rule_files.py makes files of it, which Trellis reads."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

LADDER = ("new", "nurture", "qualified", "hot")
HANDED_OVER = "hot"
CUSTOMER = "customer"
INTERESTS = ("closing", "cash", "stock")
SUBSCRIPTION = "4711"

Aim = Literal["win", "retain", "recover", "reactivate"]
Role = Literal["nurture", "reminder", "closing"]
Kind = Literal["property", "list", "tag"]
Calendar = Literal["always", "office"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a track. `leavable`: leaving ends its mails, at the platform, and so the file says."""

    kind: Kind
    leavable: bool = True


@dataclass(frozen=True, slots=True)
class Touches:
    """At most `most` in `days` days."""

    most: int
    days: int


@dataclass(frozen=True, slots=True)
class Track:
    """For whom: those who stand on one of `stages`, with that interest (None: any), after a lost deal if `lost`."""

    name: str
    aim: Aim
    role: Role
    stages: tuple[str, ...]
    interest: str | None
    ways: tuple[Way, ...]
    mails: int
    lasts: int
    reenter_after: int | None
    priority: int
    lost: bool = False
    exit_stages: tuple[str, ...] = ()
    stops_on: tuple[str, ...] = ()
    subscription: bool = True
    cap: Touches | None = None

    def way(self, platform: str) -> Way | None:
        """The way by which a platform takes people in."""
        return next((one for one in self.ways if (one.kind == "tag") == (platform == "mailchimp")), None)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Everything of tracks.yaml that judges hold Trellis to. `raised` is added to the thresholds of the stages."""

    tracks: Mapping[str, Track]
    touches: Touches | None = None
    by_stage: Mapping[str, Touches] = field(default_factory=dict)
    hold_after_rise: int = 0
    hold_until: tuple[str, ...] = ()
    one_track: bool = True
    per_hour: int | None = None
    per_day: int | None = None
    change_over: bool = False
    annoyed_rest: int | None = None
    pleased_more: int | None = None
    holdout: float = 0
    calendar: Calendar = "always"
    raised: int = 0
    segments: bool = True


#: Acts after which a wait is over, and those that show that somebody is annoyed, or pleased.
SIGNALS = ("form_submit",)
ANNOYING = ("unsubscribe",)
PLEASING = ("email_reply",)
PLEASED_DAYS = 14


def drawn(dice: random.Random) -> Ruling:
    """A variation, by these dice."""
    names = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")[: dice.randint(3, 6)]
    tracks = {name: _track(dice, name) for name in names}
    tracks |= {
        "reminding": replace(_track(dice, "reminding"), role="reminder", mails=1, lasts=7, exit_stages=()),
        "staying": replace(_track(dice, "staying"), aim="retain", stages=(CUSTOMER,), exit_stages=(), interest=None),
        "closing": replace(
            _track(dice, "closing"), role="closing", stages=(HANDED_OVER,), exit_stages=(), mails=2, lasts=10,
            interest=None, cap=Touches(dice.randint(1, 3), 14), stops_on=("deal_lost",),
        ),
        "recovering": replace(_track(dice, "recovering"), aim="recover", lost=True, interest=None, stages=LADDER[:3]),
    }  # fmt: skip
    return Ruling(
        tracks=tracks,
        touches=dice.choice([None, Touches(2, 7), Touches(3, 7), Touches(4, 14), Touches(1, 3)]),
        by_stage=dice.choice([{}, {"qualified": Touches(1, 7)}]),
        hold_after_rise=dice.choice([0, 3, 5]),
        hold_until=dice.choice([(), SIGNALS]),
        one_track=dice.random() < 0.7,
        per_hour=dice.choice([None, None, 5]),
        per_day=dice.choice([None, None, 20]),
        change_over=dice.random() < 0.5,
        annoyed_rest=dice.choice([None, 20]),
        pleased_more=dice.choice([None, 1]),
        holdout=dice.choice([0, 0, 0.2]),
        calendar=dice.choice(["always", "office"]),
    )


def amended(ruling: Ruling, dice: random.Random) -> Ruling:
    """The same after somebody has edited the files: a track is gone or new, or thresholds or rules are others."""
    tracks = dict(ruling.tracks)
    match dice.choice(["without one", "one more", "thresholds", "one track"]):
        case "without one":
            del tracks[dice.choice(sorted(tracks))]
            return replace(ruling, tracks=tracks)
        case "one more":
            return replace(ruling, tracks={**tracks, "omega": _track(dice, "omega")})
        case "thresholds":
            return replace(ruling, raised=dice.choice([-6, 6, 12]))
        case _:
            return replace(ruling, one_track=not ruling.one_track)


def _track(dice: random.Random, name: str) -> Track:
    lowest = dice.randrange(3)
    stages = LADDER[lowest : lowest + dice.randint(1, 2)]
    mails = dice.randint(1, 4)
    ways = [Way(dice.choice(["property", "property", "list"]), dice.random() < 0.7), Way("tag", dice.random() < 0.7)]
    return Track(
        name=name,
        aim=dice.choice(["win", "win", "win", "reactivate"]),
        role="nurture",
        stages=stages,
        interest=dice.choice([None, *INTERESTS]),
        ways=tuple(dice.choice([ways, ways[:1], ways[1:]])),
        mails=mails,
        lasts=max(3 * mails, dice.choice([7, 14, 21])),
        reenter_after=dice.choice([None, 10, 20]),
        priority=dice.choice([10, 20, 30]),
        exit_stages=(HANDED_OVER,) if HANDED_OVER not in stages and dice.random() < 0.6 else (),
        stops_on=dice.choice([(), ("form_submit",)]),
        subscription=dice.random() < 0.6,
    )

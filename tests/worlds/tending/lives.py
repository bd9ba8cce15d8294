"""Made-up lives: who comes when, and what befalls her; and the world's own course: time that passes, workflows that are
switched off and on, files that are edited. All of it is data, so that a life can be told again with a step left out.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from tending.ruling import INTERESTS, Ruling, amended, drawn

Where = Literal["both", "hubspot", "mailchimp"]

#: So many turns has a world.
TURNS = 16

#: Passes of one turn, in minutes after its beginning: for more than an hour none is further than 25 from the next.
PASSES = (2, 27, 52, 77)
#: Steps happen so long before the pass of their slot; longer than promise 1 lets a read be old.
BEFORE = timedelta(seconds=90)

TITLES = ("CFO", "Head of Finance", "Operations manager", "")
FORMS = ("Newsletter", "Webinar", "Demo request")
#: What befalls people, and how often.
STEPS: Mapping[str, int] = {
    "form": 10,
    "page": 6,
    "click": 6,
    "reply": 3,
    "campaign": 4,
    "interest": 6,
    "title": 3,
    "lose": 3,
    "win": 2,
    "buy": 2,
    "customer": 1,
    "lead": 1,
    "refuse": 2,
    "refuse type": 2,
    "unsubscribe": 2,
    "complain": 1,
    "bounce": 1,
    "exclude": 2,
    "include": 1,
    "archive": 1,
    "restore": 1,
    "merge": 1,
    "erase": 1,
    "call": 2,
    "verdict": 1,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What she does, or what is done to her, before the pass of that slot of that turn; `what` says it more exactly."""

    turn: int
    slot: int
    do: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """Somebody who comes in a turn (before the first pass: 0), and her steps in their order."""

    key: str
    where: Where
    comes: int
    title: str
    interest: str
    steps: tuple[Step, ...]

    @property
    def email(self) -> str:
        return f"{self.key}@{self.key}works.example"

    @property
    def lines(self) -> list[str]:
        """Her life, a few lines."""
        known = {"both": "on both platforms", "hubspot": "at HubSpot", "mailchimp": "at Mailchimp"}[self.where]
        came = f"{self.key} comes in turn {self.comes}, {known}: {self.title or 'no title'}, {self.interest or 'no interest'}"
        return [came, *(f"  turn {one.turn}.{one.slot}: {one.do} {one.what}".rstrip() for one in self.steps)]


@dataclass(frozen=True, slots=True)
class Turn:
    """After `wait` come the passes. `off` and `on` are tracks whose workflows are switched; `files` number another ruling;
    `back` is by how much the clock is set back before the last pass but one.
    """

    wait: timedelta
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    files: int | None = None
    back: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Script:
    """One world, whole. `rulings` are those that are active one after the other; the first from the beginning."""

    seed: int
    began: datetime
    rulings: tuple[Ruling, ...]
    turns: tuple[Turn, ...]
    lives: tuple[Life, ...] = field(repr=False)

    def with_lives(self, lives: Sequence[Life]) -> Script:
        return replace(self, lives=tuple(lives))


#: Before the clocks are set back, before they are set forward, and before holidays.
_BEGINNINGS = tuple(datetime(*day, 8, tzinfo=UTC) for day in ((2026, 10, 12), (2027, 3, 15), (2026, 12, 7)))
_WAITS = tuple(timedelta(hours=one) for one in (2, 5, 9, 19, 22, 31, 44, 70, 118))


def scripted(seed: int, lives: int, turns: int = TURNS) -> Script:
    """The world of this seed."""
    dice = random.Random(seed)
    first = drawn(dice)
    second = amended(first, dice)
    names = sorted(first.tracks)
    course = [
        Turn(
            wait=dice.choice(_WAITS),
            off=(dice.choice(names),) if dice.random() < 0.2 else (),
            on=tuple(names) if dice.random() < 0.3 else (),
            files={turns // 3: 1, 2 * turns // 3: 2}.get(number),
            back=timedelta(minutes=7) if dice.random() < 0.15 else timedelta(0),
        )
        for number in range(turns)
    ]
    people = [_life(dice, f"p{number:03}", turns, lives) for number in range(lives)]
    return Script(seed, dice.choice(_BEGINNINGS), (first, second, amended(second, dice)), tuple(course), tuple(people))


def _life(dice: random.Random, key: str, turns: int, lives: int) -> Life:
    comes = 0 if dice.random() < 0.1 else dice.randrange(1, max(2, turns * 2 // 3))
    steps = [_step(dice, comes, turns, lives) for _ in range(dice.randint(2, 9))]
    where: Where = dice.choice(["both", "both", "hubspot", "hubspot", "mailchimp"])
    interest = dice.choice([*INTERESTS, ""])
    steps.sort(key=lambda one: (one.turn, one.slot))
    return Life(key, where, comes, dice.choice(TITLES), interest, tuple(steps))


def _step(dice: random.Random, comes: int, turns: int, lives: int) -> Step:
    do = dice.choices(list(STEPS), list(STEPS.values()))[0]
    choices = {"form": FORMS, "interest": INTERESTS, "title": TITLES, "merge": [f"p{dice.randrange(lives):03}"]}
    turn = min(turns - 1, comes + int(dice.expovariate(0.3)))
    return Step(turn, dice.choice([0, 0, 0, 1, 2]), do, dice.choice(choices.get(do, [""])))

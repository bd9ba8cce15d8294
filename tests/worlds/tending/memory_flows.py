"""What the marketer's workflows and flows do to people of the doubles: who enters, who leaves, which mails go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from adapters.sandbox import EffectLedger


@dataclass(slots=True)
class Flow:
    """One workflow or flow, called as its track is; `inside` are the present entries by person."""

    platform: str
    track: str
    mails: int
    every: timedelta
    leavable: bool
    subscription: bool
    on: bool = True
    inside: dict[str, int] = field(default_factory=dict)


@dataclass
class Flows:
    """All of one platform. `address_of` tells a person's address, `mailed` is called for each mail, and says if it went out."""

    effects: EffectLedger
    now: Callable[[], datetime]
    address_of: Callable[[str], str]
    mailed: Callable[[str, Flow, datetime], bool]
    all: dict[str, Flow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._due: list[tuple[datetime, int, str, str, int]] = []

    def enter(self, track: str, person: str) -> None:
        """She begins to match."""
        flow = self.all.get(track)
        if flow is None or person in flow.inside:
            return
        if not flow.on:
            self._record("refused", flow, person, self.now())
            return
        flow.inside[person] = next(self._numbers)
        self._record("entered", flow, person, self.now())
        for position in range(flow.mails):
            heappush(self._due, (self.now() + position * flow.every, flow.inside[person], track, person, position))
        self.settle()

    def leave(self, track: str, person: str) -> None:
        """She stops matching."""
        flow = self.all.get(track)
        if flow is not None and flow.leavable:
            self._out(flow, person, self.now())

    def forget(self, person: str) -> None:
        """She is not there any more."""
        for flow in self.all.values():
            self._out(flow, person, self.now())

    def settle(self) -> None:
        """Every mail that is due by now."""
        while self._due and self._due[0][0] <= self.now():
            at, entry, track, person, position = heappop(self._due)
            flow = self.all[track]
            if flow.inside.get(person) != entry:
                continue
            sent = flow.on and self.mailed(person, flow, at)
            self._record("sent" if sent else "not_sent", flow, person, at)
            if position == flow.mails - 1:
                self._out(flow, person, at)

    def _out(self, flow: Flow, person: str, at: datetime) -> None:
        if flow.inside.pop(person, None) is not None:
            self._record("left", flow, person, at)

    def _record(self, kind: str, flow: Flow, person: str, at: datetime) -> None:
        self.effects.record(
            kind,  # type: ignore[arg-type]
            platform=flow.platform,
            person=person,
            email=self.address_of(person),
            flow=flow.track,
            why="",
            at=at,
        )

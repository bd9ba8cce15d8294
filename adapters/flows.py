"""A HubSpot workflow as its flows API shows it, and whether it hears a value (pure; facts/hubspot.md §5).

Three answers, not two: what is not understood is None, "cannot be told", and never a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal


class Meets(StrEnum):
    """What a trigger asks of the value of a property."""

    ANY = "any"  # whatever is put there; of a list: membership
    AMONG = "among"
    NOT_AMONG = "not_among"
    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    UNCLEAR = "unclear"  # it looks at the property; how, is not understood


@dataclass(frozen=True, slots=True)
class Trigger:
    """What lets contacts into a workflow: a property whose value `meets` the `values`, or membership of a list (by id).

    `alone`: nothing else is asked of them there. `everywhere`: nobody meets the workflow's criteria without it.
    """

    kind: Literal["property", "list"]
    name: str
    meets: Meets = Meets.ANY
    values: tuple[str, ...] = ()
    alone: bool = True
    everywhere: bool = True

    def fits(self, value: str) -> bool | None:
        """Tell whether putting `value` there is what it waits for."""
        match self.meets:
            case Meets.ANY:
                return value != "" or self.kind == "list"
            case Meets.AMONG:
                return value in self.values
            case Meets.NOT_AMONG:
                return value not in self.values
            case Meets.UNCLEAR:
                return None
        return _compares(self.meets, value, self.values)


@dataclass(frozen=True, slots=True)
class Flow:
    """A contact workflow. `id` stands in its address in HubSpot; `old_id` is what the legacy call takes (None: not asked).

    `triggers` let people in, `again` those who were in before (None: not told); with `opaque` there is more that lets in,
    and what it is, is not understood. `by_events`: people enter when something happens, and not for what they are.
    `leaves`: who ceases to meet the triggers is taken out. Members of the lists `keeps_out` (ids) are kept or pushed out.
    """

    id: str
    name: str
    enabled: bool | None
    triggers: tuple[Trigger, ...] = ()
    again: tuple[Trigger, ...] | None = None
    opaque: bool = False
    by_events: bool = False
    leaves: bool | None = None
    keeps_out: tuple[str, ...] = ()
    has_goal: bool = False
    old_id: str | None = None

    def hears(self, kind: str, name: str, value: str = "") -> bool | None:
        """Tell whether it lets in whom this value is given, or who joins this list."""
        heard = _any(one.fits(value) for one in self._on(self.triggers, kind, name))
        return None if heard is False and self.opaque else heard

    def hears_again(self, kind: str, name: str, value: str = "") -> bool | None:
        """The same of who was in it before."""
        return None if self.again is None else _any(one.fits(value) for one in self._on(self.again, kind, name))

    def lets_go(self, kind: str, name: str) -> bool | None:
        """Tell whether who loses the value, or leaves the list, is taken out of it."""
        if not self.leaves:
            return self.leaves
        return True if any(one.everywhere for one in self._on(self.triggers, kind, name)) else None

    def looks_at(self, kind: str, name: str) -> bool:
        """Tell whether it lets people in by any value of this property, or by this list."""
        return any(self._on(self.triggers, kind, name))

    @staticmethod
    def _on(triggers: Iterable[Trigger], kind: str, name: str) -> Iterable[Trigger]:
        return (one for one in triggers if (one.kind, one.name) == (kind, name))


def _any(answers: Iterable[bool | None]) -> bool | None:
    told = set(answers)
    return True if True in told else None if None in told else False


def _compares(meets: Meets, value: str, values: tuple[str, ...]) -> bool | None:
    try:
        number, bound = Decimal(value), Decimal(values[0])
    except (InvalidOperation, IndexError):
        return None
    if number.is_nan() or bound.is_nan():
        return None
    return {
        Meets.ABOVE: number > bound,
        Meets.AT_LEAST: number >= bound,
        Meets.BELOW: number < bound,
        Meets.AT_MOST: number <= bound,
    }[meets]

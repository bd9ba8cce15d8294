"""What sales says of a lead: the verdict that stands, and whether she has come up anew since a rejection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.facts import Contact
from connector.rulebook.opens import opens_of
from connector.rulebook.types import Handover, Rulebook
from connector.scoring.decay import day_of
from connector.scoring.evidence import known_events
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

#: Values of the property that sales fills in; whatever begins with the second is a rejection, and says why.
ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class SalesVerdict:
    """The newest word of sales that is an acceptance or a rejection. `day` is the team's day of the moment `at`."""

    value: str
    at: datetime
    day: date

    @property
    def rejected(self) -> bool:
        """True for a rejection of any kind."""
        return self.value.startswith(REJECTED)


def sales_verdict(
    contact: Contact, rulebook: Rulebook, day: date, known_by: datetime | None = None
) -> SalesVerdict | None:
    """The verdict that stands on `day`, by what was known at `known_by` (None: all); None where there is none.

    It stands for `handover.verdict_lasts` days. That the property was emptied is no verdict, and takes none back.
    """
    kinds = rulebook.fields.verdicts
    if not any(event.kind in kinds for event in contact.events):
        return None
    zone = ZoneInfo(rulebook.fields.timezone)
    told = [event for event in known_events(contact, zone, day, known_by) if event.kind in kinds]
    said = next((one for one in reversed(told) if one.asset == ACCEPTED or one.asset.startswith(REJECTED)), None)
    if said is None:
        return None
    since = day_of(said.happened_at, zone)
    lasts = (rulebook.tracks.handover or Handover()).verdict_lasts
    return SalesVerdict(said.asset, said.happened_at, since) if (day - since).days < lasts else None


def rejected_by_sales(
    before: Place | None, contact: Contact, rulebook: Rulebook, day: date, known_by: datetime | None = None
) -> str:
    """The rejection that bars her from the stages with a hand-over, or "".

    It bars as long as it stands, unless what she did since then (opens do not count, for mail programs open mail, too)
    would bring her up there by itself, or has done so on a later day.
    """
    said = sales_verdict(contact, rulebook, day, known_by)
    if said is None or not said.rejected:
        return ""
    for_sales = {stage.id for stage in rulebook.stages.stages if stage.handover}
    if before is not None and before.stage in for_sales and before.since > said.day:
        return ""
    nothing = opens_of(rulebook.fields).events | rulebook.fields.verdicts
    events = tuple(one for one in contact.events if one.happened_at > said.at and one.kind not in nothing)
    since = replace(contact, events=events)
    anew = step(None, judge(since, rulebook, day, known_by), since, rulebook, day, known_by)
    return "" if anew.after.stage in for_sales else said.value

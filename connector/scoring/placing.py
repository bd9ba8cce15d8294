"""Where a contact stands next, opens left out of account where they would lift her: mail programs open mail, too.

Opens are points like others (few, and unsure), and may keep somebody where she is while they last. But a rise, and the first
place of all, must hold without them as well: never may opens alone change a stage (facts/mailchimp.md §5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from connector.facts import Contact
from connector.rulebook.opens import opens_of
from connector.rulebook.types import Rulebook
from connector.scoring.sales import rejected_by_sales
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Line, Place, Step, Verdict


def place(
    before: Place | None,
    verdict: Verdict,
    contact: Contact,
    rulebook: Rulebook,
    day: date,
    known_by: datetime | None = None,
    earlier: Sequence[Line] = (),
) -> Step:
    """The step of `stages.step`, but never higher than it would be had she opened nothing; then she stays where she is, or
    goes as far up as she would without. Whom sales rejected comes up to no hand-over meanwhile. Arguments as there.
    """
    rejected = rejected_by_sales(before, contact, rulebook, day, known_by)
    found = _without_opens(before, verdict, contact, rulebook, day, known_by, earlier, rejected)
    on_ladder = any(stage.id == found.after.stage for stage in rulebook.stages.stages)
    return replace(found, barred=rejected) if rejected and on_ladder else found


def _without_opens(
    before: Place | None,
    verdict: Verdict,
    contact: Contact,
    rulebook: Rulebook,
    day: date,
    known_by: datetime | None,
    earlier: Sequence[Line],
    rejected: str,
) -> Step:
    found = step(before, verdict, contact, rulebook, day, known_by, earlier, rejected)
    ranks = {stage.id: rank for rank, stage in enumerate(rulebook.stages.stages)}
    opens = opens_of(rulebook.fields).events
    closed = tuple(event for event in contact.events if event.kind not in opens)
    if not _climbs(found, ranks) or len(closed) == len(contact.events):
        return found
    unopened = replace(contact, events=closed)
    judged = judge(unopened, rulebook, day, known_by)
    without = step(before, judged, unopened, rulebook, day, known_by, earlier, rejected)
    return lower(found, without, ranks)


def lower(found: Step, without: Step, ranks: Mapping[str, int]) -> Step:
    """Of a step up and the one without opens, the one that may be made. `ranks` are the places on the ladder."""
    if ranks.get(without.after.stage, -1) >= ranks[found.after.stage]:
        return found
    stays = found.before if found.before is not None and found.before.stage in ranks else None
    if stays is None or _climbs(without, ranks):
        return without
    return Step(stays, stays, "")


def _climbs(step: Step, ranks: Mapping[str, int]) -> bool:
    """Tell whether she moves up the ladder, or is placed above its foot."""
    here = -1 if step.before is None else ranks.get(step.before.stage, -1)
    return step.moved and ranks.get(step.after.stage, -1) > max(here, 0)

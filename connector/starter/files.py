"""A whole starter: every file as text, where the people who were looked at would stand, and what should be said of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.rulebook.reach import highest_score
from connector.rulebook.read import FIELDS, MODEL, STAGES, TRACKS
from connector.rulebook.types import POINT, Rulebook
from connector.starter.answers import Answers
from connector.starter.cases_text import cases_text
from connector.starter.draft import rulebook_of
from connector.starter.fields_text import fields_text
from connector.starter.judged import judged, standings, week_of, where
from connector.starter.lifecycle import stages_of, unnamed_behind
from connector.starter.model_text import model_text
from connector.starter.outline import Outline, outline
from connector.starter.personas_text import personas
from connector.starter.seen import Seen
from connector.starter.stages_text import stages_text
from connector.starter.thresholds import Thresholds, thresholds
from connector.starter.tracks_text import tracks_text

CASES = "cases/start.yaml"
#: More than this share of everybody is no small number of leads for sales.
_CROWDED = 0.2


@dataclass(frozen=True, slots=True)
class Starter:
    """`texts` by the path inside the folder; `standing` is how many of the `looked` at stand on which stage or state;
    `notes` are what a person should know, one line each.
    """

    texts: Mapping[str, str]
    rulebook: Rulebook
    standing: Mapping[str, int]
    looked: int
    notes: tuple[str, ...]


def starter(seen: Seen, answers: Answers, now: datetime) -> Starter:
    """Write it all. The scores of a first draft place the thresholds of the second; a threshold moves no score."""
    today = now.astimezone(ZoneInfo(answers.timezone)).date()
    of = outline(seen, answers)
    texts = {FIELDS: fields_text(of), MODEL: model_text(of, today), TRACKS: tracks_text(of)}
    usual = thresholds((), 0, answers.capacity, 100)
    draft = rulebook_of({**texts, STAGES: stages_text(of, usual)})
    people = standings(judged(seen, draft, now), draft, now)
    highest = highest_score(draft.models[0], frozenset(draft.models[0].factors.phase.phases)) // POINT
    each = week_of(seen, now)
    at = thresholds(people, seen.total, answers.capacity, highest, each=each, acts_seen=seen.acts_seen)
    texts[STAGES] = stages_text(of, at)
    rulebook = rulebook_of(texts)
    texts[CASES] = cases_text(of, rulebook, today)
    standing = where(judged(seen, rulebook, now))
    notes = (*at.told, *_notes(of, at, standing))
    return Starter(texts, rulebook, standing, len(seen.sample), notes)


def _notes(of: Outline, at: Thresholds, standing: Mapping[str, int]) -> Iterator[str]:
    empty = [name for name in ("nurture", "qualified", "hot") if not standing.get(name)]
    if of.seen.sample and empty:
        yield f"Nobody who was looked at stands on {', '.join(empty)} yet."
    if of.seen.sample and not at.by_acts:
        yield "No act of theirs speaks for a buying phase, so who somebody is alone can make her hot."
    dropped = len(of.answers.buyers) - len(personas(of))
    if dropped:
        yield f"{dropped} of the buyers cannot be told apart by what is mapped: map job_title, employees or country."
    crowd = standing.get("hot", 0)
    if crowd > _CROWDED * sum(standing.values()):
        yield (
            f"{crowd:,} would be hot from the start: for {of.answers.capacity:,} leads a week the bar has to be low here, and a"
            " smaller capacity raises it. Who is hot already when Trellis begins makes no task."
        )
    if behind := unnamed_behind(stages_of(of.seen), of.answers.customers):
        named = ", ".join(f"{one.value} ({one.label})" for one in behind)
        yield f"Behind the customers in your portal, and taken for leads: {named}. Name them in `states` if they have bought."
    if not of.has_customers:
        yield "Who is a customer is not known: say it in stages.yaml before anybody is nurtured."
    missing = [name for name in of.answers.markets if name not in of.markets]
    if missing:
        yield f"Nobody can have the country {', '.join(missing)}: no property offers it."

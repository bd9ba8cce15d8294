"""What a task as the way into a track says: whom it is about, why it is there, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from adapters.ports import Enrollment
from connector.nurturing.handover import name_of
from connector.nurturing.working_time import due_at
from connector.scoring.words import stage_label
from connector.steps import portal
from connector.steps.judge import contact_of
from connector.steps.labels import PROPERTIES, Language
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person

_NOTE: Mapping[Language, str] = {
    "en": "Nurturing track: {track}. Stage: {stage}, score {score}. Why: see “{why}” on the contact.",
    "es": "Itinerario de nutrición: {track}. Etapa: {stage}, puntuación {score}. Por qué: véase «{why}» en el contacto.",
    "ca": "Itinerari de nutrició: {track}. Etapa: {stage}, puntuació {score}. Per què: vegeu «{why}» al contacte.",
}
#: Working days until it is due.
_DUE = 1


def is_task(key: str) -> bool:
    """Whether a channel's key is that of a task."""
    return key.startswith(f"{HUBSPOT}:task:")


def task_row(parts: Parts, person: Person, row: Enrollment) -> Enrollment:
    """The row of an enrollment with all that its task needs, in the team's language."""
    rulebook = parts.rulebook
    language, track = rulebook.fields.language, rulebook.tracks.tracks.get(row.track)
    note = _NOTE[language].format(
        track=(track and track.label) or row.track,
        stage=stage_label(rulebook, language, person.stage or ""),
        score=person.verdict.score if person.verdict else None,
        why=PROPERTIES[language]["why"][0],
    )
    zone = ZoneInfo(rulebook.fields.timezone)
    return replace(
        row,
        name=name_of(contact_of(parts, person, portal.kept_stage_order(parts))),
        note=note,
        due=due_at(rulebook.tracks.calendar, zone, parts.now(), _DUE),
    )

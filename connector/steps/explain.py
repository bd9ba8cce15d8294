"""One contact, explained: the whole receipt, stage history, tracks, what would raise the score. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.facts import Episode
from connector.nurturing.intents import NotEnrolled
from connector.scoring.receipt import Row, long
from connector.scoring.words import exact_number
from connector.steps import portal
from connector.steps.judge import judge_person
from connector.steps.parts import Parts
from connector.steps.reasons import sentence
from connector.store import judgement, ledger
from connector.store.judgement import Flip


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `trellis explain` shows. `rows` add up to `total`; texts are in the team's language."""

    contact: int
    stage: str
    score: int | None
    head: str
    rows: tuple[Row, ...]
    total: str
    next: str
    flips: tuple[Flip, ...]
    tracks: tuple[str, ...]


def explain(parts: Parts, who: str) -> Explanation | None:
    """Judge one contact as of today from the store alone, without keeping anything. None when nobody is found.

    `who` is an e-mail address, a platform's id or our own. Raises PlatformError only where the portal's definitions are
    not cached and cannot be read.
    """
    with parts.engine.connect() as conn:
        contact = ledger.find_contact(conn, who)
        if contact is None:
            return None
        (person,) = ledger.load_people(conn, [contact])
        flips = judgement.flips_of(conn, contact)
    judged = judge_person(parts, person, portal.stage_order(parts), baseline=False)
    language = parts.rulebook.fields.language
    texts = judged.texts()
    return Explanation(
        contact=contact,
        stage=judged.step.after.stage,
        score=judged.verdict.score,
        head=texts.why.splitlines()[0],
        rows=long(judged.verdict, language),
        total=exact_number(language, judged.verdict.exact),
        next=texts.next,
        flips=tuple(flips),
        tracks=tuple(_tracks(judged.contact.episodes, judged.plan.refused, parts)),
    )


def _tracks(episodes: Sequence[Episode], refused: Sequence[NotEnrolled], parts: Parts) -> Sequence[str]:
    on = [
        f"{one.track} #{one.number}: {parts.day_of(one.entered_at)} → {parts.day_of(one.left_at) if one.left_at else '…'}"
        f" ({one.channel})"
        for one in episodes
    ]
    return [*on, *(f"{one.track}: {sentence(one.reason, parts.rulebook.fields.language)}" for one in refused)]

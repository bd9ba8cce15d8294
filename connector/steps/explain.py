"""One contact, explained: the whole receipt, stage history, tracks, what would raise the score. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from connector.scoring.next_step import next_text
from connector.scoring.receipt import Row, long
from connector.scoring.words import exact_number, stage_label, written_day
from connector.steps import portal
from connector.steps.judge import Judged, judge_person
from connector.steps.labels import Language
from connector.steps.parts import Parts
from connector.steps.reasons import cause_of_move, reason_of
from connector.store import judgement, ledger
from connector.store.judgement import Flip


@dataclass(frozen=True, slots=True)
class Chapter:
    """One kept move from stage to stage, with the names and the cause in the team's language."""

    flip: Flip
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How she stands to one track: on it, was on it, enters it, or why not."""

    track: str
    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `trellis explain` shows. `rows` add up to `total`; texts are in the team's `language`.

    `refs` are her ids by source, `rulebook` the hash of the one that she was judged by, as of `day`.
    """

    contact: int
    refs: Mapping[str, str]
    day: date
    rulebook: str
    language: Language
    stage: str
    score: int | None
    head: str
    rows: tuple[Row, ...]
    total: str
    next: str
    history: tuple[Chapter, ...]
    tracks: tuple[Standing, ...]


def explain(parts: Parts, who: str) -> Explanation | None:
    """Judge one contact as of today from the store alone, without keeping anything; asks no platform.

    `who` is an e-mail address, a platform's id or our own. None when nobody is found, or more than one.
    """
    with parts.engine.connect() as conn:
        contact = ledger.find_contact(conn, who)
        if contact is None:
            return None
        (person,) = ledger.load_people(conn, [contact])
        flips = judgement.flips_of(conn, contact)
    judged = judge_person(parts, person, portal.kept_stage_order(parts), baseline=False)
    language, verdict = parts.rulebook.fields.language, judged.verdict
    return Explanation(
        contact=contact,
        refs=judged.contact.refs,
        day=verdict.day,
        rulebook=verdict.rulebook,
        language=language,
        stage=judged.step.after.stage,
        score=verdict.score,
        head=judged.texts().why.splitlines()[0],
        rows=long(verdict, language),
        total=exact_number(language, verdict.exact),
        next=next_text(judged.contact, verdict, judged.step, parts.rulebook, verdict.day, language),
        history=tuple(_chapter(parts, flip) for flip in flips),
        tracks=tuple(_standings(parts, judged)),
    )


def _chapter(parts: Parts, flip: Flip) -> Chapter:
    rulebook = parts.rulebook
    language = rulebook.fields.language
    before = stage_label(rulebook, language, flip.before) if flip.before else ""
    after = stage_label(rulebook, language, flip.after)
    return Chapter(flip, before, after, cause_of_move(flip.cause, rulebook, language))


def _standings(parts: Parts, judged: Judged) -> Iterator[Standing]:
    language = parts.rulebook.fields.language
    labels = {name: track.label or name for name, track in parts.rulebook.tracks.tracks.items()}
    for one in judged.contact.episodes:
        since = written_day(language, parts.day_of(one.entered_at))
        until = written_day(language, parts.day_of(one.left_at)) if one.left_at else ""
        says = f"was on it from {since} to {until}" if until else f"on it since {since}"
        yield Standing(one.track, labels.get(one.track, one.track), f"{says}, by {one.channel}")
    for enter in judged.plan.enter:
        yield Standing(enter.track, labels.get(enter.track, enter.track), "enters with the next pass, in working hours")
    for refused in judged.plan.refused:
        yield Standing(refused.track, labels.get(refused.track, refused.track), reason_of(refused, language))

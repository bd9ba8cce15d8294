"""One contact, explained: the whole receipt, stage history, tracks, what would raise the score, on any day. Read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from connector.nurturing.intents import Standing
from connector.scoring.comparison import Comparison, compare
from connector.scoring.next_step import next_text
from connector.scoring.receipt import Row, long, short
from connector.scoring.verdict import Verdict
from connector.scoring.words import exact_number, stage_label
from connector.steps import portal
from connector.steps.judge import judge_person
from connector.steps.labels import Language
from connector.steps.parts import Parts
from connector.steps.past import Then, as_of, end_of
from connector.steps.reasons import how_she_stands
from connector.steps.track_lines import TrackLine, episode_lines, track_lines
from connector.steps.why_moved import why_moved
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
class Rank:
    """Her place among everybody who has a score: `place` 1 is the best; ties share the better place."""

    place: int
    among: int

    @property
    def percentile(self) -> int:
        """The share of the others whose score is not higher than hers, in whole percent."""
        return 100 * (self.among - self.place) // max(1, self.among - 1) if self.among > 1 else 100


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `trellis explain` shows. `rows` add up to `total`; texts are in the team's `language`.

    `refs` are her ids by source, `rulebook` the hash of the one that judged her, as of `day`, with what was known by the
    end of `known_by` (None: all that is known now). `standing` is how she stands in nurturing, and `stands` says it. Of a
    past day there is no standing, no next step, no rank and no enrollment to come. `knew` is the score that she had by what
    was known on that very day, where it differs: something was told late.
    """

    contact: int
    refs: Mapping[str, str]
    day: date
    known_by: date | None
    rulebook: str
    language: Language
    stage: str
    score: int | None
    head: str
    rows: tuple[Row, ...]
    total: str
    next: str
    history: tuple[Chapter, ...]
    tracks: tuple[TrackLine, ...]
    each: Mapping[str, int | None]
    standing: Standing | None = None
    stands: str = ""
    rank: Rank | None = None
    knew: Verdict | None = None
    versus: Comparison | None = None


class Unknown(Exception):
    """Nothing was known of the contact on that day; the text says since when there is something."""


def explain(
    parts: Parts, who: str, *, at: date | None = None, known_by: date | None = None, versus: date | None = None
) -> Explanation | None:
    """Judge one contact from the store alone, as of `at` (None: today), without keeping anything; asks no platform.

    `who` is an e-mail address, a platform's id or our own. None when nobody is found, or more than one. With `versus` also
    what changed between that day and `at`. Raises Unknown where a day lies before anything was known.
    """
    with parts.engine.connect() as conn:
        contact = ledger.find_contact(conn, who)
        if contact is None:
            return None
        flips = judgement.flips_of(conn, contact)
    then = None if at is None and known_by is None else _then(parts, contact, at or parts.today, known_by)
    found = _present(parts, contact, flips) if then is None else _past(parts, then, at or parts.today, known_by, flips)
    if versus is None:
        return found
    after = then or _then(parts, contact, parts.today, None)
    before = _then(parts, contact, versus, None if known_by is None else min(versus, known_by))
    return replace(found, versus=compare(before.verdict, after.verdict, before.contact.fields, after.contact.fields))


def _then(parts: Parts, contact: int, day: date, known_by: date | None) -> Then:
    then = as_of(parts, contact, day, known_by)
    if then is None:
        raise Unknown(f"nothing was known of contact #{contact} on {min(day, known_by or day)}")
    return then


def _present(parts: Parts, contact: int, flips: Sequence[Flip]) -> Explanation:
    with parts.engine.connect() as conn:
        (person,) = ledger.load_people(conn, [contact])
    judged = judge_person(parts, person, portal.kept_stage_order(parts), portal.hearing(parts), baseline=False)
    language, verdict = parts.rulebook.fields.language, judged.verdict
    return Explanation(
        contact=contact,
        refs=judged.contact.refs,
        day=verdict.day,
        known_by=None,
        rulebook=verdict.rulebook,
        language=language,
        stage=judged.step.after.stage,
        score=verdict.score,
        head=judged.texts().why.splitlines()[0],
        rows=long(verdict, language),
        total=exact_number(language, verdict.exact),
        next=next_text(judged.contact, verdict, judged.step, parts.rulebook, verdict.day, language),
        history=tuple(_chapter(parts, flip) for flip in flips),
        tracks=tuple(track_lines(parts, judged)),
        each=verdict.each,
        standing=judged.plan.standing,
        stands=how_she_stands(judged.plan.standing, parts.rulebook),
        rank=_rank(parts, verdict.score),
    )


def _past(parts: Parts, then: Then, day: date, known_by: date | None, flips: Sequence[Flip]) -> Explanation:
    language, verdict, contact = parts.rulebook.fields.language, then.verdict, then.contact
    until = end_of(min(day, known_by or day), ZoneInfo(parts.rulebook.fields.timezone))
    knew = None if known_by is not None else as_of(parts, contact.id, day, day)
    late = knew is not None and knew.verdict.exact != verdict.exact
    return Explanation(
        contact=contact.id,
        refs=contact.refs,
        day=day,
        known_by=known_by,
        rulebook=verdict.rulebook,
        language=language,
        stage=then.step.after.stage,
        score=verdict.score,
        head=short(verdict, then.step, parts.rulebook, language, contact.consent.general).splitlines()[0],
        rows=long(verdict, language),
        total=exact_number(language, verdict.exact),
        next="",
        history=tuple(_chapter(parts, flip) for flip in flips if flip.at <= until),
        tracks=tuple(episode_lines(parts, contact)),
        each=verdict.each,
        knew=knew.verdict if knew is not None and late else None,
    )


def _rank(parts: Parts, score: int | None) -> Rank | None:
    if score is None:
        return None
    with parts.engine.connect() as conn:
        higher, among = ledger.rank(conn, score)
    return Rank(higher + 1, max(among, higher + 1))


def _chapter(parts: Parts, flip: Flip) -> Chapter:
    rulebook = parts.rulebook
    language = rulebook.fields.language
    before = stage_label(rulebook, language, flip.before) if flip.before else ""
    after = stage_label(rulebook, language, flip.after)
    return Chapter(flip, before, after, why_moved(flip.before, flip.after, flip.cause, rulebook))

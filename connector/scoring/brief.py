"""The brief for sales: who she is, why now, and the five questions that they ask of everybody, answered from the facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event
from connector.rulebook.types import Model, Rulebook
from connector.scoring.decay import day_of
from connector.scoring.doubts import OPEN
from connector.scoring.evidence import believed_events, subject_of
from connector.scoring.knowledge import what_shows_it
from connector.scoring.receipt import reason
from connector.scoring.segment import interaction
from connector.scoring.topics import NOT_HERS
from connector.scoring.verdict import ANY_ACT, CUSTOMER, NO_MODEL, Step, Verdict
from connector.scoring.words import (
    Language,
    field_name,
    knows,
    one_line,
    phase_name,
    say,
    stage_label,
    without_addresses,
    written_day,
)

#: The most characters of the text: what a task and a text property hold, and a person reads before a call.
LONGEST = 2500

#: Fields of fields.yaml that say who she is.
_NAME = ("first_name", "last_name")
_WORK = ("job_title", "company")

#: Acts that say that somebody has bought.
_BOUGHT = ("order", "deal_won")

#: From this percent on she knows us, or our offer; below it a little.
_KNOWS = 50

_SIGNALS = 5
_REASONS = 3
_KINDS = 6
_TEXT = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what the facts say to it, in the team's language."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What sales should know before they call; every text in the team's language, without any address.

    `questions` are always the five, in this order: knows us, knows our offer, how interested, what she did, already
    buying. `signals` are the newest acts of hers, newest first; `missing` the fields that the model asks for in vain.
    """

    who: str
    persona: str
    why_now: str
    questions: tuple[Answer, ...]
    topics: tuple[str, ...]
    signals: tuple[str, ...]
    missing: tuple[str, ...]


def brief(contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, language: Language) -> Brief:
    """The brief of one contact as of the verdict's day. Acts that certainly no person did are not in it."""
    return _Briefing(contact, verdict, step, rulebook, language).brief()


def brief_text(contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, language: Language) -> str:
    """The brief as plain lines of at most LONGEST characters: for the body of a task, and for a property."""
    told = brief(contact, verdict, step, rulebook, language)
    lines = [told.who]
    lines += [say(language, "brief_persona", persona=told.persona)] if told.persona else []
    lines.append(say(language, "brief_why_now", why=told.why_now))
    lines += [f"{one.question} {one.answer}" for one in told.questions]
    lines += [say(language, "brief_topics", topics=", ".join(told.topics))] if told.topics else []
    if told.signals:
        lines += [say(language, "brief_signals"), *(f"- {signal}" for signal in told.signals)]
    missing = ", ".join(field_name(language, name) for name in told.missing)
    lines += [say(language, "brief_missing", fields=missing)] if missing else []
    text = "\n".join(without_addresses(line) for line in lines)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class _Briefing:
    """One contact, about to be told of."""

    def __init__(self, contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, language: Language) -> None:
        self._contact, self._verdict, self._step = contact, verdict, step
        self._rulebook, self._language = rulebook, language
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._model: Model | None = next((one for one in rulebook.models if one.model == verdict.model), None)
        believed = believed_events(contact, rulebook, verdict.model, verdict.day, None)
        self._subject = subject_of(believed, verdict.day, self._zone, contact.fields)
        self._acts = [event for event in reversed(self._subject.events) if event.kind not in NOT_HERS]  # newest first

    def brief(self) -> Brief:
        questions = {
            "brief_knows_us": self._knows("brand"),
            "brief_knows_offer": self._knows("offer"),
            "brief_interest": self._interest(),
            "brief_did": self._did(),
            "brief_buys": self._buys(),
        }
        return Brief(
            who=self._who(),
            persona=self._persona(),
            why_now=self._why_now(),
            questions=tuple(Answer(self._say(key), answer) for key, answer in questions.items()),
            topics=self._verdict.topics,
            signals=tuple(islice(self._signals(), _SIGNALS)),
            missing=tuple(self._missing()),
        )

    def _say(self, key: str, **values: object) -> str:
        return say(self._language, key, **values)

    def _day(self, day: date) -> str:
        return written_day(self._language, day)

    def _day_of(self, act: Event) -> str:
        return self._day(day_of(act.happened_at, self._zone))

    def _who(self) -> str:
        values = self._contact.fields
        name = " ".join(str(values[field]) for field in _NAME if field in values)
        said = [name or f"#{self._contact.id}", *(str(values[field]) for field in _WORK if field in values)]
        return " · ".join(one_line(text, _TEXT) for text in said)

    def _persona(self) -> str:
        persona, model = self._verdict.persona, self._model
        if persona is None or model is None:
            return ""
        label = one_line(model.factors.fit.personas[persona].label, _TEXT)
        return self._say("persona", persona=label, similarity=self._verdict.similarity)

    def _why_now(self) -> str:
        """Where she stands, and what moved her there; without a move, since when."""
        stage, step = stage_label(self._rulebook, self._language, self._step.after.stage), self._step
        score = "" if self._verdict.score is None else f" ({self._verdict.score})"
        if step.cause == step.after.stage:  # a state is its own cause
            return f"{stage}{score}"
        cause = self._cause() if step.moved else self._say("brief_since", day=self._day(step.after.since))
        return f"{stage}{score}: {cause}"

    def _cause(self) -> str:
        cause = self._step.cause
        line = next((line for line in self._verdict.lines if line.rule == cause), None)
        if line is None:
            key = f"cause_{cause}"
            return self._say(key) if knows(self._language, key) else cause
        says = [one_line(reason(line, self._language), _TEXT)]
        return " · ".join([*says, *([self._day(line.day)] if line.day else [])])

    def _knows(self, what: str) -> str:
        percent = self._verdict.knowledge.get(what)
        if percent is None or self._model is None:
            return self._say("brief_unasked")
        degree = "no" if percent == 0 else "little" if percent < _KNOWS else "yes"
        answer = self._say(f"brief_{degree}")
        shows = what_shows_it(self._model.knowledge, self._subject)[what][:_REASONS]
        if not percent or not shows:
            return f"{answer}."
        return f"{answer} ({percent} %): {'; '.join(one_line(trait.why or trait.id, _TEXT) for trait in shows)}."

    def _interest(self) -> str:
        if self._verdict.score is None:
            return self._say("brief_unasked")
        answer = self._say(f"brief_interest_{interaction(self._verdict, self._rulebook)}")
        phase = self._verdict.phase
        if not phase:
            return f"{answer}."
        return f"{answer}, {self._say('phase', phase=phase_name(self._language, phase))}."

    def _did(self) -> str:
        """Each kind of act, with how often and when last, the newest kind first."""
        newest: dict[str, Event] = {}
        times: dict[str, int] = {}
        for act in self._acts:
            newest.setdefault(act.kind, act)
            times[act.kind] = times.get(act.kind, 0) + 1
        if not newest:
            return self._say("brief_nothing")
        told = [
            self._say("brief_times", act=self._act(kind), times=times[kind], day=self._day_of(act))
            for kind, act in islice(newest.items(), _KINDS)
        ]
        return f"{'; '.join(told)}."

    def _buys(self) -> str:
        bought = next((act for act in self._acts if act.kind in _BOUGHT), None)
        if bought is not None:
            return self._say("brief_bought", act=self._act(bought.kind), day=self._day_of(bought))
        if self._step.after.stage == CUSTOMER or self._is_customer():
            return self._say("brief_customer")
        phases = list(self._model.factors.phase.phases) if self._model else []
        about_to = phases and self._verdict.phase == phases[-1]
        return self._say("brief_about_to" if about_to else "brief_not_yet")

    def _is_customer(self) -> bool:
        stages = (name for name, mapped in self._rulebook.fields.fields.items() if mapped.type == "stage")
        return any(self._contact.fields.get(name) == CUSTOMER for name in stages)

    def _signals(self) -> Iterator[str]:
        """Her newest acts but opens, which prove nothing; the same act on one day is told once, with how often."""
        told: dict[tuple[str, str, str], int] = {}
        for act in self._acts:
            if act.kind != OPEN:
                key = (self._day_of(act), act.kind, act.asset)
                told[key] = told.get(key, 0) + 1
        for (day, kind, asset), times in told.items():
            act_told = self._act(kind)
            says = self._say("act_on", act=act_told, asset=one_line(asset, _TEXT)) if asset else act_told
            yield f"{day} {says}" + (f" · {self._say('times', times=times)}" if times > 1 else "")

    def _act(self, kind: str) -> str:
        key = f"did_{kind}"
        return self._say(key) if knows(self._language, key) else kind

    def _missing(self) -> Sequence[str]:
        wanted = dict.fromkeys(name for name in self._verdict.missing if name not in (ANY_ACT, NO_MODEL))
        if self._model is not None:
            wanted |= dict.fromkeys(self._model.factors.profile.completeness)
        return [name for name in wanted if name not in self._contact.fields]

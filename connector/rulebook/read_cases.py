"""Reading `mappings/cases/`: golden people for one rulebook, or every problem at once with file, line, key and cure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from connector.facts import Value
from connector.rulebook.cases_file import NONE, Case, CasesFile
from connector.rulebook.document import Document, Path_, at_path, read_document
from connector.rulebook.given_values import given_value, with_domains
from connector.rulebook.problems import Problem, RulebookError
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.types import Answer, Model, Rulebook
from connector.rulebook.validation import validate
from connector.rulebook.vocabulary import ALWAYS_STATES

#: The folder of the cases inside that of the rulebook.
CASES = "cases"

#: Causes of a step that are neither a rule's id nor a state.
CAUSES = frozenset({"consent", "evidence", "faded", "score"})

#: Lines of a receipt that no rule gives.
BOUNDS = frozenset({"(floor)", "(ceiling)"})


@dataclass(frozen=True, slots=True)
class Golden:
    """One case, ready to be run: where it stands, its day, and her fields as typed values."""

    file: str
    line: int
    case: Case
    day: date
    fields: Mapping[str, Value]


def read_cases(folder: Path, rulebook: Rulebook) -> tuple[Golden, ...]:
    """Read every file of `folder`/cases, for the rulebook of `folder`. None there: an empty tuple.

    Raises RulebookError with all problems of all files.
    """
    reading = _Reading(rulebook)
    for path in sorted((folder / CASES).glob("[!.]*.y*ml")):
        reading.file(path)
    if reading.problems:
        raise RulebookError(reading.problems)
    return tuple(reading.found)


class _Reading:
    """File after file: the cases that were found, and everything that is wrong with any of them."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.found: list[Golden] = []
        self.problems: list[Problem] = []
        self._fields = rulebook.fields.fields
        self._names = _Names(rulebook)
        self._first: dict[str, str] = {}

    def file(self, path: Path) -> None:
        document = read_document(path, str(path))
        self.problems += document.problems
        if path.suffix != ".yaml":
            self.problems.append(Problem(str(path), 0, "", "a file of this name is not read", "let it end in .yaml"))
        if document.data is None:
            return
        content, complaints = validate(document, CasesFile)
        self.problems += complaints
        for place, case in _sound_cases(document, content):
            at: Path_ = ("cases", place)
            self.problems += self._names.unknown(document, at, case)
            fields = self._given(document, at, case)
            self._once(document, at, case)
            day = case.day or (content.day if content else None)
            if day is not None:
                self.found.append(Golden(str(path), document.line(at), case, day, fields))
            elif content is not None:
                self._wrong(document, at, "the case has no day", "add day: 2026-11-20, here or to the file")

    def _given(self, document: Document, at: Path_, case: Case) -> Mapping[str, Value]:
        given: dict[str, Value] = {}
        for name, raw in case.given.items():
            if name not in self._fields:
                continue  # told among the unknown names
            try:
                given[name] = given_value(name, raw, self._fields[name])
            except ValueError as error:
                shown = "this" if isinstance(raw, Mapping | list) else f"{raw!r:.60}"
                self._wrong(document, (*at, "given", name), f"{shown} will not do", f"{name} {error}")
        return with_domains(given, self._fields)

    def _once(self, document: Document, at: Path_, case: Case) -> None:
        here = f"{document.file}:{document.line(at)}"
        first = self._first.setdefault(case.name, here)
        if first != here:
            complaint = f'the case "{case.name}" is there twice, first at {first}'
            self._wrong(document, (*at, "name"), complaint, "give each case its own name")

    def _wrong(self, document: Document, at: Path_, message: str, cure: str) -> None:
        self.problems.append(document.problem(at, message, cure))


def _sound_cases(document: Document, content: CasesFile | None) -> Iterator[tuple[int, Case]]:
    """The cases of a file with their places; of a broken file those that are whole, so that one hides no other."""
    if content is not None:
        yield from enumerate(content.cases)
        return
    listed = at_path(document.data, ("cases",))
    for place, raw in enumerate(listed if isinstance(listed, list) else ()):
        with suppress(ValidationError):  # told with the file
            yield place, Case.model_validate_json(json.dumps(raw), strict=True)


class _Names:
    """The names that a rulebook defines, by what they name."""

    def __init__(self, rulebook: Rulebook) -> None:
        models = rulebook.models
        self._rulebook = rulebook
        self._fields = frozenset(rulebook.fields.fields)
        self._events = frozenset(rulebook.fields.events)
        self._tracks = frozenset(rulebook.tracks.tracks)
        self._segments = frozenset(rulebook.tracks.segments)
        self._models = frozenset(model.model for model in models)
        self._personas = frozenset(name for model in models for name in model.factors.fit.personas)
        self._phases = frozenset(name for model in models for name in model.factors.phase.phases)
        self._topics = frozenset(name for model in models for name in model.topics)
        self._stages = frozenset({*(one.id for one in rulebook.stages.stages), *rulebook.stages.states, *ALWAYS_STATES})
        self._lines = frozenset(line for model in models for line in _lines(model)) | BOUNDS
        self._causes = self._lines - BOUNDS | CAUSES | ALWAYS_STATES | frozenset(rulebook.stages.states)

    def unknown(self, document: Document, at: Path_, case: Case) -> Iterator[Problem]:
        """Every name in a case that the rulebook does not define, with the nearest that it does."""
        for path, name, what, right in self._used(case):
            if name not in right:
                cure = did_you_mean(name, right) or (
                    f"there are {', '.join(sorted(right))}" if right else "there is none in the rulebook"
                )
                yield document.problem((*at, *path), f'no {what} is called "{name}"', cure)
        if case.did and case.did[0].after is not None:
            yield document.problem((*at, "did", 0, "after"), "there is no deed above this one", "write ago: here")
        for path, name in _been_on(case):
            track = self._rulebook.tracks.tracks.get(name)
            if track is not None and all(way.is_segment for way in track.enroll):
                complaint = "nobody listens to this track, so nobody is ever on it"
                yield document.problem((*at, *path), complaint, "it is a list: expect it under track:")

    def _used(self, case: Case) -> Iterator[tuple[Path_, str, str, frozenset[str]]]:
        yield from ((("given", name), name, "field", self._fields) for name in case.given)
        yield from ((("changed", name), name, "field", self._fields) for name in case.changed)
        for place, deed in enumerate(case.did):
            yield ("did", place, "event"), deed.event, "event", self._events
        yield from ((path, name, "track", self._tracks) for path, name in _been_on(case))
        if case.was is not None:
            yield ("was", "stage"), case.was.stage, "stage", self._stages
        expect = case.expect
        for key, name, right in (
            ("stage", expect.stage, self._stages),
            ("persona", expect.persona, self._personas | {NONE}),
            ("phase", expect.phase, self._phases | {NONE}),
            ("model", expect.model, self._models | {NONE}),
            ("cause", expect.cause, self._causes),
        ):
            if name is not None:
                yield ("expect", key), name, key, right
        yield from ((("expect", "lines", name), name, "rule", self._lines) for name in expect.lines)
        yield from ((("expect", "track"), name, "track", self._tracks) for name in expect.track or ())
        yield from ((("expect", "leaves", name), name, "track", self._tracks) for name in expect.leaves or ())
        yield from ((("expect", "refused", name), name, "track", self._tracks) for name in expect.refused)
        yield from ((("expect", "segments"), name, "segment", self._segments) for name in expect.segments or ())
        yield from ((("expect", "topics"), name, "topic", self._topics) for name in expect.topics or ())


def _been_on(case: Case) -> Iterator[tuple[Path_, str]]:
    """The tracks that she is or was on, with their places in the case."""
    if case.on_track is not None:
        yield ("on_track", "track"), case.on_track.track
    yield from ((("was_on", place, "track"), one.track) for place, one in enumerate(case.was_on))


def _lines(model: Model) -> Iterable[str]:
    """The ids of every line that a model can put into a receipt."""
    factors = model.factors
    yield from (trait.id for persona in factors.fit.personas.values() for trait in persona.traits)
    yield from (trait.id for trait in factors.fit.adjust)
    yield from factors.phase.phases
    yield from (rule.id for group in factors.engagement.groups.values() for rule in group.rules)
    yield from get_args(Answer)
    yield from factors.profile.completeness
    yield from (rule.id for rule in model.overrides)
    if model.audience is not None:
        yield model.audience.id

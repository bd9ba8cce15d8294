"""Checks that what is named exists: fields, events, personas, phases, stages, audiences, over all files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from connector.rulebook.conditions import COMPUTED, Compare, Did, leaves
from connector.rulebook.document import Document, Path_
from connector.rulebook.draft import CONDITION_KEYS, Draft, walk
from connector.rulebook.operators import OF_DAYS
from connector.rulebook.parse import ConditionError, parse_condition
from connector.rulebook.problems import Problem
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.vocabulary import Names, Vocabulary

_BEFORE_SCORING: frozenset[str] = frozenset()
_AFTER_THE_SUM = COMPUTED - {"stage", "model", "aim", "audience"}
_AFTER_SCORING = COMPUTED - {"stage"}

#: Keys whose entries are kinds of acts.
_LISTS_OF_EVENTS = ("except", "stops_on", "hold_until")

_REACTED_TO = (("annoyed", "events"), ("pleased", "events"))

#: The kinds of acts without which a doubt can never arise.
_ASKED_BY_DOUBTS = {"prefetch": ("email_sent", "email_open"), "bursts": ("email_click",)}


def check_references(draft: Draft, known: Vocabulary) -> Iterator[Problem]:
    """Every name that is used and defined nowhere, with the nearest that is."""
    yield from _fields_file(draft.fields.document, known)
    for part in draft.models:
        yield from _file(part.document, known)
        yield from _doubts(part.document, known)
    yield from _file(draft.stages.document, known)
    yield from _file(draft.tracks.document, known)


def _fields_file(document: Document, known: Vocabulary) -> Iterator[Problem]:
    for path, value in walk(document.data):
        if path[:2] == ("write", "scores") and len(path) == 3:
            yield from _missing(document, path, path[2], "model", known.models, "model*.yaml")
        if path[0] not in ("fields", "events") or len(path) != 3:
            continue
        if path[2] == "mailchimp" and known.audiences == frozenset():
            yield document.problem(path, "no Mailchimp audience is named", "add audiences: {main: {list: …}}")
        if path[2] == "from" and known.fields is not None and value not in known.fields:
            yield document.problem(
                path, f'no field is called "{value}"', f"add fields: {{{value}: {{hubspot: {value}}}}}"
            )


def _file(document: Document, known: Vocabulary) -> Iterator[Problem]:
    for path, value in walk(document.data):
        key = path[-1]
        if key in CONDITION_KEYS:
            yield from _condition(document, path, value, known)
        elif key == "event":
            yield from _missing(document, path, value, "event", known.events, "fields.yaml")
        elif len(path) > 1 and path[-2] in ("of", "completeness"):
            yield from _missing(
                document, path, key if path[-2] == "completeness" else value, "field", _fields(known), "fields.yaml"
            )
        elif len(path) > 1 and (path[-2] in _LISTS_OF_EVENTS or path[-3:-1] in _REACTED_TO):
            yield from _missing(document, path, value, "event", known.events, "fields.yaml")
        elif len(path) > 1 and path[-2] == "by_stage":
            yield from _missing(document, path, key, "stage", known.stages, "stages.yaml")
        elif len(path) > 1 and path[-2] in ("lifts", "bars"):
            yield from _missing(document, path, value, "stage", known.stages, "stages.yaml")
        elif key == "audience":
            yield from _missing(document, path, value, "audience", known.audiences, "fields.yaml")


def _doubts(document: Document, known: Vocabulary) -> Iterator[Problem]:
    """What each doubt is asked of: kinds of acts, and an address."""
    for path, value in walk(document.data):
        if path[:2] != ("trust", "doubts"):
            continue
        if len(path) == 3:
            for kind in _ASKED_BY_DOUBTS.get(str(path[2]), ()):
                yield from _missing(document, path, kind, "event", known.events, "fields.yaml")
        if len(path) == 3 and path[2] == "gateways" and not _tells_address(known):
            yield document.problem(path, "no field is the e-mail address", "add fields: {email_domain: {from: email}}")
        if len(path) == 5 and path[2:4] == ("unsourced", "events"):
            yield from _missing(document, path, value, "event", known.events, "fields.yaml")


def _tells_address(known: Vocabulary) -> bool:
    return known.fields is None or "email" in known.fields


def _condition(document: Document, path: Path_, raw: Any, known: Vocabulary) -> Iterator[Problem]:
    try:
        condition = parse_condition(raw)
    except ConditionError:
        return  # told by the validation of the file
    allowed = _computed_allowed(path)
    for leaf in leaves(condition):
        if isinstance(leaf, Did):
            yield from _missing(document, (*path, *leaf.at, "event"), leaf.event, "event", known.events, "fields.yaml")
            continue
        at = (*path, *leaf.at[: leaf.at.index(leaf.name) + 1])
        if leaf.name in COMPUTED:
            yield from _computed(document, at, leaf, allowed, known)
        elif known.fields is not None and leaf.name not in known.fields:
            yield from _missing(document, at, leaf.name, "field", _fields(known), "fields.yaml", extra=allowed)
        elif known.fields is not None and _asks_for_days(leaf) and not _is_day(known.fields[leaf.name]):
            yield document.problem(
                at,
                f'{leaf.operator} compares days, and the field "{leaf.name}" is none',
                "give it type: date in fields.yaml",
            )


def _computed_allowed(path: Path_) -> frozenset[str]:
    """The computed names that exist when a condition is asked: scoring goes from traits over overrides to stages."""
    if path[0] in ("overrides", "audience"):
        return _AFTER_THE_SUM
    if path[0] in ("stages", "states"):
        return _AFTER_SCORING
    if path[0] == "aims":
        return COMPUTED - {"aim"}
    return COMPUTED if path[0] in ("tracks", "segments", "handover") else _BEFORE_SCORING


def _computed(
    document: Document, at: Path_, leaf: Compare, allowed: frozenset[str], known: Vocabulary
) -> Iterator[Problem]:
    if leaf.name not in allowed:
        yield document.problem(
            at, f'"{leaf.name}" is computed later, so it cannot be asked here', "ask for a field of fields.yaml"
        )
    if leaf.operator not in ("is", "is_not", "in", "not_in"):
        return
    right = known.of_computed(leaf.name)
    wanted = leaf.argument if isinstance(leaf.argument, tuple) else (leaf.argument,)
    for value in wanted:
        if leaf.name == "audience" and not isinstance(value, bool):
            yield document.problem(at, f"audience is not {value!r:.60}", "it is true or false")
        if right is not None and value not in right:
            yield from _missing(document, at, value, leaf.name, right, "")


def _asks_for_days(leaf: Compare) -> bool:
    bounds = leaf.argument
    return leaf.operator in OF_DAYS or (
        leaf.operator == "between" and isinstance(bounds, tuple) and isinstance(bounds[0], date)
    )


def _is_day(mapping: Any) -> bool:
    return isinstance(mapping, dict) and mapping.get("type") in ("date", "datetime")


def _fields(known: Vocabulary) -> Names:
    return None if known.fields is None else frozenset(known.fields)


def _missing(
    document: Document, path: Path_, name: object, what: str, right: Names, defined_in: str, extra: Iterable[str] = ()
) -> Iterator[Problem]:
    if right is None or not isinstance(name, str) or name in right:
        return
    there = f"there are {', '.join(sorted(right))}" if right else "there is none"
    cure = did_you_mean(name, {*right, *extra}) or (
        f"add it to {defined_in}, or correct it ({there})" if defined_in else there
    )
    yield document.problem(path, f'no {what} is called "{name}"', cure)

"""Checks that what must be one is one: rule ids of a model, names of models, stages, ways into tracks, and where values are
written.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from connector.rulebook.document import Document, Path_, at_path
from connector.rulebook.draft import Draft, walk
from connector.rulebook.problems import Problem
from connector.rulebook.vocabulary import ALWAYS_STATES, Vocabulary

Place = tuple[Document, Path_, Hashable]


def check_uniqueness(draft: Draft, known: Vocabulary) -> Iterator[Problem]:
    """Everything that is there twice and may not be; the later one is named, with the line of the first."""
    for part in draft.models:
        ids = ((part.document, path, value) for path, value in walk(part.document.data) if path[-1] == "id")
        yield from _twice(ids, "the rule id", "give each rule of a model its own id: receipts and history name it")
    models = ((part.document, ("model",), at_path(part.document.data, ("model",))) for part in draft.models)
    yield from _twice(models, "the model", "give each model its own name")
    stages = list(_stage_ids(draft.stages.document))
    yield from _twice(stages, "the stage", "give each stage its own id")
    for document, path, stage in stages:
        if stage in (known.states or ALWAYS_STATES):
            yield document.problem(path, f'"{stage}" is a state beside the ladder', "give the stage another id")
    written = draft.fields.document
    yield from _twice(_targets(written, "hubspot"), "the property", "give everything that is written its own property")
    yield from _twice(_targets(written, "mailchimp"), "the merge field", "give everything that is written its own tag")
    ways = [*_ways(draft.tracks.document), *_kept_in_line(draft.tracks.document)]
    yield from _twice(ways, "the way", "give each track and each segment its own list or tag, and name a way once")


def _stage_ids(document: Document) -> Iterator[tuple[Document, Path_, str]]:
    for path, value in walk(document.data):
        if path[0] == "stages" and path[-1] == "id" and isinstance(value, str):
            yield document, path, value


def _targets(document: Document, platform: str) -> Iterator[Place]:
    """What stands under `write:` for one platform: two values in one place would take turns for ever."""
    for path, value in walk(document.data):
        if path[0] == "write" and path[-1] == platform:
            yield document, path, value


def _ways(document: Document) -> Iterator[Place]:
    """Lists and tags stand for one track over all tracks; a property holds the track's name, so it is one per track."""
    for path, value in walk(document.data):
        if not isinstance(value, dict) or len(path) != 5 or path[0] != "tracks" or path[2] != "enroll":
            continue
        if path[4] == "hubspot" and isinstance(value.get("property"), str):
            yield document, path, f"{value['property']} of {path[1]}"
        elif path[4] == "mailchimp" or not value.keys().isdisjoint(("list", "workflow")):
            yield document, path, _told(value)


def _kept_in_line(document: Document) -> Iterator[Place]:
    """The lists and tags of segments, and the list of the paused: whoever does not belong is taken off."""
    for path, value in walk(document.data):
        if len(path) == 3 and path[0] == "segments" and path[2] in ("hubspot", "mailchimp") and isinstance(value, dict):
            yield document, path, _told(value)
        elif path == ("dosing", "paused_list"):
            yield document, path, _told({"list": value})


def _told(target: Mapping[str, Any]) -> str:
    """A list, tag, flow or workflow; no platform tells names of lists or tags apart by case."""
    what = " ".join(f"{key} {value}" for key, value in sorted(target.items()) if key != "audience")
    return (f"{what} in {target['audience']}" if "audience" in target else what).lower()


def _twice(places: Iterable[Place], what: str, cure: str) -> Iterator[Problem]:
    first: dict[Hashable, tuple[Document, Path_]] = {}
    for document, path, name in places:
        if not isinstance(name, str):
            continue
        if name not in first:
            first[name] = document, path
            continue
        other, other_path = first[name]
        where = f"line {other.line(other_path)}" if other is document else f"{other.file}:{other.line(other_path)}"
        yield document.problem(path, f'{what} "{name}" is there twice, first on {where}', cure)

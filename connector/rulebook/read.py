"""Reading `mappings/`: four kinds of files → one Rulebook, or every problem at once with file, line, key and cure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from connector.rulebook.document import Document, read_document
from connector.rulebook.draft import Draft, Part
from connector.rulebook.problems import Problem, RulebookError
from connector.rulebook.reach import check_reach
from connector.rulebook.references import check_references
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile
from connector.rulebook.uniqueness import check_uniqueness
from connector.rulebook.validation import validate
from connector.rulebook.vocabulary import vocabulary

T = TypeVar("T", bound=BaseModel)

FIELDS, STAGES, TRACKS = "fields.yaml", "stages.yaml", "tracks.yaml"
MODEL, MODELS = "model.yaml", "model*.yaml"
_BEGIN = (
    "MAPPINGS_DIR names it; `trellis init` writes files that fit your portal, or start from the mappings/ that came with"
    " Trellis"
)


def read_rulebook(folder: Path) -> Rulebook:
    """Read and check every file of `folder`. Raises RulebookError with all problems; never returns half a rulebook.

    Of several models, model.yaml comes first, then the others by name.
    """
    if not folder.is_dir():
        raise RulebookError([Problem(str(folder), 0, "", "there is no such folder", _BEGIN)])
    if not any(folder.glob("*.y*ml")):
        raise RulebookError([Problem(str(folder), 0, "", "there is no file of a rulebook in it", _BEGIN)])
    problems = list(_unread(folder))
    fields = _part(folder, FIELDS, FieldsFile, problems)
    names = sorted((path.name for path in folder.glob(MODELS)), key=lambda name: (name != MODEL, name)) or [MODEL]
    models = tuple(_part(folder, name, Model, problems) for name in names)
    stages = _part(folder, STAGES, StagesFile, problems)
    tracks = _part(folder, TRACKS, TracksFile, problems)
    draft = Draft(fields, models, stages, tracks)
    known = vocabulary(draft)
    problems += check_references(draft, known)
    problems += check_uniqueness(draft, known)
    problems += check_reach(draft)
    contents = [part.content for part in models if part.content is not None]
    if problems or fields.content is None or stages.content is None or tracks.content is None:
        raise RulebookError(problems)
    return _assembled(fields.content, contents, stages.content, tracks.content)


def rulebook_from_source(source: Mapping[str, Any], hash_: str | None = None) -> Rulebook:
    """Rebuild the rulebook whose `source` this is, under the hash that it is kept by. Raises ValueError if it is none.

    What was checked when the files were read is not checked again.
    """
    try:
        documents = {name: json.loads(source[name]) for name in ("fields", "models", "stages", "tracks")}
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the source of a rulebook: {error!r}") from error
    rebuilt = _assembled(
        FieldsFile.model_validate(documents["fields"]),
        [Model.model_validate(one) for one in documents["models"]],
        StagesFile.model_validate(documents["stages"]),
        TracksFile.model_validate(documents["tracks"]),
    )
    return rebuilt if hash_ is None else rebuilt.model_copy(update={"hash": hash_})


def _assembled(fields: FieldsFile, models: Sequence[Model], stages: StagesFile, tracks: TracksFile) -> Rulebook:
    """Each document of the source is canonical JSON *text*: the order of personas, phases and tracks decides ties, and a
    jsonb column would keep the keys but not their order.
    """
    source = {
        "fields": _canonical(_dumped(fields)),
        "models": _canonical([_dumped(model) for model in models]),
        "stages": _canonical(_dumped(stages)),
        "tracks": _canonical(_dumped(tracks)),
    }
    digest = hashlib.sha256(_canonical(source).encode()).hexdigest()
    return Rulebook(fields=fields, models=tuple(models), stages=stages, tracks=tracks, hash=digest, source=source)


def _dumped(content: BaseModel) -> Any:
    """Without what is as it is by default: a new key with a default changes no hash of a rulebook that is kept."""
    return content.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _canonical(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _part(folder: Path, name: str, kind: type[T], problems: list[Problem]) -> Part[T]:
    file = str(folder / name)
    if not (folder / name).is_file():
        problems.append(Problem(file, 0, "", "the file is missing", "start from the one that came with Trellis"))
        return Part(Document(file), None)
    document = read_document(folder / name, file)
    problems += document.problems
    if document.data is None:
        return Part(document, None)
    content, found = validate(document, kind)
    problems += found
    return Part(document, content)


def _unread(folder: Path) -> list[Problem]:
    """YAML files beside the others that nobody reads: a misspelled name would silently change nothing."""
    read = {FIELDS, STAGES, TRACKS, MODEL}
    return [
        Problem(
            str(path), 0, "", "a file of this name is not read", did_you_mean(path.name, read) or "move it elsewhere"
        )
        for path in sorted(folder.glob("[!.]*.y*ml"))
        if not is_of_rulebook(path.name)
    ]


def is_of_rulebook(name: str) -> bool:
    """Whether a file of this name is read."""
    return name in (FIELDS, STAGES, TRACKS) or fnmatchcase(name, MODELS)

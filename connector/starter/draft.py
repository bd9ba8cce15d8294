"""The texts of a starter as a rulebook, before they are files: for judging people by what would be written. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from connector.rulebook.document import Document, parse_document
from connector.rulebook.read import FIELDS, MODEL, STAGES, TRACKS, rulebook_from_source
from connector.rulebook.types import Rulebook


def rulebook_of(texts: Mapping[str, str]) -> Rulebook:
    """The rulebook that these texts are, by the names of their files. Raises ValueError if they are none."""
    fields, model, stages, tracks = (_json(texts[name], name) for name in (FIELDS, MODEL, STAGES, TRACKS))
    return rulebook_from_source({"fields": fields, "models": f"[{model}]", "stages": stages, "tracks": tracks})


@lru_cache(maxsize=8)
def _json(text: str, name: str) -> str:
    """What a text says; a second draft has most of its texts in common with the first."""
    document = parse_document(text, Document(name))
    if document.problems:
        raise ValueError("\n".join(map(str, document.problems)))
    return json.dumps(document.data)

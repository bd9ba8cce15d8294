"""The texts of a starter as a rulebook, before they are files: for judging people by what would be written. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.rulebook.document import Document, parse_document
from connector.rulebook.read import FIELDS, MODEL, STAGES, TRACKS, rulebook_from_source
from connector.rulebook.types import Rulebook


def rulebook_of(texts: Mapping[str, str]) -> Rulebook:
    """The rulebook that these texts are, by the names of their files. Raises ValueError if they are none."""
    read = {name: parse_document(text, Document(name)) for name, text in texts.items()}
    problems = [str(problem) for document in read.values() for problem in document.problems]
    if problems:
        raise ValueError("\n".join(problems))
    source = {
        "fields": read[FIELDS].data,
        "models": [read[MODEL].data],
        "stages": read[STAGES].data,
        "tracks": read[TRACKS].data,
    }
    return rulebook_from_source({name: json.dumps(data) for name, data in source.items()})

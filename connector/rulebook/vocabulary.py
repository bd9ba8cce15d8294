"""The names that a rulebook defines, so that others can be checked against them. Read from plain data: it does not take
a valid file to know that it names a field. None means that the names cannot be known, because their file is unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.rulebook.document import Document, Path_, at_path
from connector.rulebook.draft import Draft

#: States that are always there, beside those of stages.yaml.
ALWAYS_STATES = frozenset({"not_enough_data", "customer", "suppressed"})

AIMS = frozenset({"win", "retain", "recover", "reactivate"})

Names = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All names, by what they name."""

    fields: Mapping[str, Any] | None  # with their mapping
    events: Names
    audiences: Names
    personas: Names
    phases: Names
    models: Names
    topics: Names
    stages: Names  # the ladder
    states: Names  # beside the ladder

    def of_computed(self, name: str) -> Names:
        """The values that the computed name `name` can have; None if they are not a list of names."""
        if name == "stage":
            return None if self.stages is None or self.states is None else self.stages | self.states
        names = {
            "persona": self.personas,
            "phase": self.phases,
            "model": self.models,
            "topic": self.topics,
            "aim": AIMS,
        }
        return names.get(name)


def vocabulary(draft: Draft) -> Vocabulary:
    """Gather the names of all files."""
    fields = at_path(draft.fields.document.data, ("fields",))
    models = [part.document for part in draft.models]
    stages = at_path(draft.stages.document.data, ("stages",))
    states = _keys([draft.stages.document], ("states",))
    return Vocabulary(
        fields=fields if isinstance(fields, Mapping) else None,
        events=_keys([draft.fields.document], ("events",)),
        audiences=_keys([draft.fields.document], ("audiences",)),
        personas=_keys(models, ("factors", "fit", "personas")),
        phases=_keys(models, ("factors", "phase", "phases")),
        models=None if any(one.data is None for one in models) else _texts(one.data.get("model") for one in models),
        topics=_keys(models, ("topics",)),
        stages=_texts(at_path(one, ("id",)) for one in stages) if isinstance(stages, list) else None,
        states=None if states is None else states | ALWAYS_STATES,
    )


def _keys(documents: Iterable[Document], path: Path_) -> Names:
    found: set[str] = set()
    for document in documents:
        inner = at_path(document.data, path)
        if document.data is None or not (inner is None or isinstance(inner, Mapping)):
            return None
        found.update(inner or ())
    return frozenset(found)


def _texts(values: Iterable[object]) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str))

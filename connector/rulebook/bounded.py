"""YAML text as nodes, as long as it stays within limits: checked event by event, before anything recursive goes deeper."""

from __future__ import annotations

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import Node
from ruamel.yaml.parser import Parser

#: Levels of nesting, and aliases.
MAX_DEPTH = 32
MAX_ALIASES = 50


class BeyondLimitsError(Exception):
    """The text is more than plain data of a reasonable size: on which line, how so, and the cure."""

    def __init__(self, line: int, message: str, cure: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.cure = cure


def compose(text: str) -> Node | None:
    """The node of the one document in `text`; None if it is empty. Raises BeyondLimitsError, or YAMLError."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser = _Bounded
    node: Node | None = yaml.compose(text)
    return node


class _Bounded(Parser):  # type: ignore[misc, unused-ignore]
    def __init__(self, loader: object) -> None:
        super().__init__(loader)
        self._depth = self._aliases = 0

    def get_event(self) -> Event:
        event: Event = super().get_event()
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._depth -= 1
        elif isinstance(event, AliasEvent):
            self._aliases += 1
        line = event.start_mark.line + 1
        if self._depth > MAX_DEPTH:
            raise BeyondLimitsError(line, f"is nested more than {MAX_DEPTH} levels deep", "write it flatter")
        if self._aliases > MAX_ALIASES:
            raise BeyondLimitsError(line, f"has more than {MAX_ALIASES} aliases (*name)", "write the values out")
        if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag is not None:
            raise BeyondLimitsError(line, f'has a tag ("{event.tag}")', "remove it: the rulebook is plain data")
        if isinstance(event, DocumentStartEvent) and event.version is not None:
            raise BeyondLimitsError(line, "names a version of YAML", "remove the line that begins with %YAML")
        return event

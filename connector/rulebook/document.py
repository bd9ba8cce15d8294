"""One YAML file as plain data that remembers its lines.

YAML 1.2, read node by node: the data are dicts, lists, text, numbers, true/false and None only (a day stays the text
"2027-05-01"), so that what is stored as JSON and what was read from a file are the same. What YAML tools disagree
about is refused, because the file would mean something else elsewhere: duplicate keys, words that YAML 1.1 takes for
booleans (`on`, `NO`), its base-60 numbers (`20:00`) and octals (`08001`), merge keys, tags (see traps.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from connector.rulebook.bounded import MAX_DEPTH, BeyondLimitsError, compose
from connector.rulebook.problems import Problem, key_text
from connector.rulebook.syntax import likely_cure
from connector.rulebook.traps import Trap, trap_of_key, trap_of_value

#: Limits of one file: bytes, and nodes once aliases are followed.
MAX_BYTES = 1 << 20
MAX_NODES = 100_000

Path_ = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Document:
    """What one file says: plain data, the line of every path in it, and what is wrong with it as YAML."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path_) -> int:
        """The line of `path`, or of the nearest part of it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path_, message: str, cure: str = "") -> Problem:
        """A problem at `path` of this file."""
        return Problem(self.file, self.line(path), key_text(path), message, cure)


def read_document(path: Path, name: str) -> Document:
    """Read `path`, called `name` in messages. Never raises for what the file holds: see `Document.problems`."""
    document = Document(name)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _given_up(document, 0, f"cannot be read ({error.strerror})", "check its name and permissions")
    if len(raw) > MAX_BYTES:
        return _given_up(document, 0, "is larger than 1 MiB", "split the model, or keep long lists in the platform")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return _given_up(document, line, "is not UTF-8", "save the file with the encoding UTF-8")
    return parse_document(text, document)


def parse_document(text: str, document: Document) -> Document:
    """Fill `document` with what `text` says."""
    try:
        node = compose(text)
    except BeyondLimitsError as error:
        return _given_up(document, error.line, error.message, error.cure)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        complaint = f"{error.context or ''} {error.problem or ''}"
        cure = likely_cure(complaint, text.splitlines(), line)
        return _given_up(document, line, f"is not YAML: {error.problem}", cure)
    except YAMLError as error:
        return _given_up(document, 0, f"is not YAML: {str(error).splitlines()[0]}", "remove control characters")
    if not isinstance(node, MappingNode):
        return _given_up(document, 1, "holds no keys", "begin with version: 1")
    builder = _Builder(document)
    document.data = builder.build(node, ())
    return document


def _given_up(document: Document, line: int, message: str, cure: str) -> Document:
    document.problems.append(Problem(document.file, line, "", message, cure))
    return document


class _Builder:
    """Turns nodes into plain data, noting lines and problems on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes = 0
        self.open: set[int] = set()

    def build(self, node: Node, path: Path_) -> Any:
        self.nodes += 1
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if self.nodes > MAX_NODES or len(path) > MAX_DEPTH or id(node) in self.open:
            if self.nodes <= MAX_NODES + 1:
                self._problem(path, "is too large once its aliases are followed", "write the values out")
                self.nodes = MAX_NODES + 1
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        self.open.add(id(node))
        built: Any
        if isinstance(node, MappingNode):
            built = self._mapping(node, path)
        else:
            built = [self.build(one, (*path, place)) for place, one in enumerate(node.value)]
        self.open.discard(id(node))
        return built

    def _mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._problem(path, "has a key that is not a word", "write plain keys", line)
                continue
            key = str(key_node.value)
            at = (*path, key)
            if key in built:
                first = self.document.lines[at]
                self._problem(at, f'"{key}" is there twice, first on line {first}', "rename or remove one", line)
                continue
            self.document.lines[at] = line
            empty = isinstance(value_node, ScalarNode) and value_node.value == "" and value_node.style is None
            self._trapped(at, trap_of_key(key, plain=key_node.style is None, empty=empty))
            built[key] = self.build(value_node, at)
        return built

    def _scalar(self, node: ScalarNode, path: Path_) -> object:
        text, plain = str(node.value), node.style is None
        self._trapped(path, trap_of_value(text, plain=plain))
        whole = text.encode(errors="replace").decode()  # half a character (U+D800) can stand in no file
        return _plain(node.tag or "", whole) if plain else whole

    def _trapped(self, path: Path_, trap: Trap) -> None:
        if trap is not None:
            self._problem(path, *trap)

    def _problem(self, path: Path_, message: str, cure: str, line: int | None = None) -> None:
        at = self.document.line(path) if line is None else line
        self.document.problems.append(Problem(self.document.file, at, key_text(path), message, cure))


def _plain(tag: str, text: str) -> object:
    """A scalar without quotes, as YAML 1.2 resolves it; what has no plain form here (a day, infinity) stays text."""
    try:
        match tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0)
            case "float" if math.isfinite(float(text)):
                return float(text)
    except ValueError:
        pass
    return text


def at_path(data: Any, path: Path_) -> Any:
    """What stands at `path` in plain data, or None."""
    for step in path:
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data

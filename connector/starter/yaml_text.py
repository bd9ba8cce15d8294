"""Writing YAML as a person would: plain words where every tool agrees what they are, quotes everywhere else."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

#: A word that no tool takes for anything else (rulebook/traps.py); digits alone, dates and times are left to quotes.
_PLAIN = re.compile(r"[^\W\d_][\w .+/\-]*[\w.+]|[^\W\d_]|\d+(d|w|%)")
_TAKEN = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan", "inf"})
_LONGEST = 200

Written = str | int | float | bool | Iterable[str]


def writable(text: str) -> bool:
    """Whether a text of a platform can stand in a file: signs that everybody sees, in one line, not too many."""
    return text.isprintable() and 0 < len(text) <= _LONGEST and text == text.strip()


def word(text: str) -> str:
    """A text, in quotes unless all tools read it alike without."""
    if _PLAIN.fullmatch(text) and text.lower() not in _TAKEN:
        return text
    return "".join(_spelled(one) for one in json.dumps(text, ensure_ascii=False))


def _spelled(sign: str) -> str:
    """What nobody sees, and some tools take for the end of a line, stands in quotes by its number."""
    return sign if sign.isprintable() else f"\\U{ord(sign):08X}"


def value(written: Written) -> str:
    """A number, yes or no, a text, or a list of texts in brackets."""
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, int | float):
        return str(written)
    return word(written) if isinstance(written, str) else f"[{', '.join(map(word, written))}]"


def braces(entries: Mapping[str, Written | None]) -> str:
    """`{hubspot: cargo, or: company.name}`; what is None is left out."""
    told = (f"{word(key)}: {value(one)}" for key, one in entries.items() if one is not None)
    return f"{{{', '.join(told)}}}"


def wrapped(before: str, entries: Iterable[str], after: str, *, width: int = 120) -> list[str]:
    """`before`, the entries with commas between them, `after`; lines that go on are set in below what comes before."""
    lines, inner = [before], " " * (len(before) - len(before.lstrip()) + 2)
    for place, entry in enumerate(listed := list(entries)):
        told = entry if place == len(listed) - 1 else f"{entry},"
        glue = "" if lines[-1][-1:] in "[{" else " "
        if len(lines[-1]) + len(told) + len(glue) > width and lines[-1].strip() not in ("[", "{"):
            lines.append(f"{inner}{told}")
        else:
            lines[-1] += glue + told
    return [*lines[:-1], lines[-1] + after]


def comment(text: str, *, indent: int = 0, width: int = 110) -> list[str]:
    """A comment in as many lines as it takes."""
    before = f"{' ' * indent}# "
    seen = "".join(one if one.isprintable() else " " for one in text)
    return textwrap.wrap(seen, width, initial_indent=before, subsequent_indent=before, break_on_hyphens=False)


def noted(line: str, note: str, column: int = 64) -> str:
    """A line with a comment behind it, in one column where there is room."""
    return f"{line.ljust(column)} # {note}" if note else line

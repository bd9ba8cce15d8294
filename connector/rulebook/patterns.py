"""Regular expressions that cannot run away.

Python's engine tries every way to match, so a nested repetition can take years on one job title. The expressions
allowed here are short, look at a bounded text, repeat only single characters or classes, and only twice.
"""

from __future__ import annotations

import re

from connector.rulebook.folding import strip_marks

#: Characters of a pattern.
MAX_PATTERN = 200
#: Characters of a text that are looked at.
MAX_TEXT = 256
#: Repetitions (`*`, `+`, `{n,m}`) and optional parts (`?`) in one pattern: each multiplies the ways to match.
MAX_REPEATS = 2
MAX_OPTIONALS = 6

_TOKEN = re.compile(
    r"""
    (?P<escape>\\.)
  | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
  | (?P<close>\))
  | (?P<open>\((?:\?:)?)
  | (?P<quantifier>(?:[*+?]|\{\d*,?\d*\})[?+]?)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def compile_pattern(raw: str) -> re.Pattern[str]:
    """Compile `raw`, without its accents, for `finds`. Raises ValueError naming what is wrong and what to write instead."""
    pattern = strip_marks(raw)
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise ValueError(f"takes a regular expression of 1 to {MAX_PATTERN} characters")
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    _refuse_runaways(pattern)
    return compiled


def finds(pattern: re.Pattern[str], text: str) -> bool:
    """True if `pattern` matches anywhere in the first MAX_TEXT characters of `text`, without case and accents."""
    return pattern.search(strip_marks(text)[:MAX_TEXT]) is not None


def _refuse_runaways(pattern: str) -> None:
    if re.search(r"\(\?(?!:)|\\[1-9]", pattern):
        raise ValueError("may use plain groups only: no look-around, flags, names or back-references")
    repeats = optionals = 0
    before = ""
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup or ""
        if kind == "quantifier" and token[0][0] == "?":
            optionals += 1
        elif kind == "quantifier":
            repeats += 1
            if before == "close":
                raise ValueError("may repeat a character or a [class], not a (group): write the words out with |")
        before = kind
    if repeats > MAX_REPEATS or optionals > MAX_OPTIONALS:
        raise ValueError(
            f"may repeat at most {MAX_REPEATS} times (* + {{}}) and hold at most {MAX_OPTIONALS} optional parts (?); "
            "it searches the whole text, so .* at the ends is not needed"
        )

"""What a person most likely did where YAML gave up: the cure for a line that could not be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NO_BLANK = re.compile(r"^[\s{-]*(\w+):([^\s:/]\S*)$")

#: Part of ruamel's complaint → what to do.
_CURES = (
    ("unknown escape", r"in double quotes a backslash begins a code; write regular expressions in single quotes: '\d'"),
    ("cannot start any token", "put a text that begins with such a sign in quotes"),
    ("chomping or indentation", "put a text that begins with > or | in quotes"),
    ("scanning a quoted scalar", "close the quote"),
    (
        "expected ',' or",
        "close the bracket above this line, or put a text that holds a colon, comma or bracket in quotes",
    ),
    ("mapping values are not", "begin keys of one level in one column; put a text that holds a colon in quotes"),
    ("expected <block end>", "begin keys of one level, and the dashes of one list, in one column; close every quote"),
)


def likely_cure(complaint: str, lines: Sequence[str], number: int) -> str:
    """What to do about `complaint` on line `number` (from 1) of `lines`; the cause often stands a line higher."""
    near = [lines[place] for place in (number - 1, number - 2) if 0 <= place < len(lines)]
    for line in near:
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation:
            return "indent with blanks, not with tabs"
        odd = next((sign for sign in line if unicodedata.category(sign) in ("Zs", "Cf") and sign != " "), None)
        if odd is not None:
            return f'retype the blanks around "{line.strip()[:30]}": one is a {unicodedata.name(odd, "sign").lower()}'
        if glued := _NO_BLANK.match(line.split(" #")[0].rstrip()):
            return f"put a blank behind the colon: {glued[1]}: {glued[2]}"
    told = (cure for part, cure in _CURES if part in complaint)
    return next(told, "mind indentation, quotes and colons above this line")

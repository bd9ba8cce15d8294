"""The words of receipts in the team's language: sentences, numbers, dates, and the names of stages and states."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import reduce
from typing import Literal

from connector.rulebook.types import POINT, Rulebook
from connector.scoring import words_ca, words_en, words_es

Language = Literal["en", "es", "ca"]

TABLES = {"en": words_en.WORDS, "es": words_es.WORDS, "ca": words_ca.WORDS}

#: An e-mail address, also as links write it; a page or a name may hold one.
_ADDRESS = re.compile(r"[^\s@%/?&=:;,<>()\"]{1,64}(?:@|%40)[^\s@%/?&=:;,<>()\"]{1,255}", re.IGNORECASE)


def say(language: Language, key: str, **values: object) -> str:
    """The sentence of `key`, filled with `values`. Raises KeyError for a key that is in no table (a bug, tested)."""
    return TABLES[language][key].format(**values)


def knows(language: Language, key: str) -> bool:
    """Tell whether there is a sentence of that key: kinds of events, for one, may be the team's own."""
    return key in TABLES[language]


def exact_number(language: Language, thousandths: int) -> str:
    """Thousandths of a point in full: 8437 → `8.437`, 18000 → `18`."""
    whole, rest = divmod(abs(thousandths), POINT)
    decimals = f"{rest:03d}".rstrip("0")
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{whole}{TABLES[language]['decimal_point'] if decimals else ''}{decimals}"


def short_number(language: Language, thousandths: int) -> str:
    """Thousandths of a point to the tenth, half up: 8437 → `8.4`; and no less than a tenth of what is not nothing."""
    tenths = (abs(thousandths) + POINT // 20) // (POINT // 10)
    shown = max(1, tenths) * (POINT // 10) if thousandths else 0
    return exact_number(language, shown if thousandths >= 0 else -shown)


def written_day(language: Language, day: date) -> str:
    """A day as people of that language write it."""
    return day.strftime(TABLES[language]["date"])


def one_line(text: str, most: int) -> str:
    """A text of somebody else's as one line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def without_addresses(text: str) -> str:
    """A text of somebody else's with an ellipsis for each e-mail address."""
    return _ADDRESS.sub("…", text)


def field_name(language: Language, field: str) -> str:
    """What people read for a field: the language's words for it, else its name of fields.yaml, with blanks."""
    return _named(language, "field", field)


def phase_name(language: Language, phase: str) -> str:
    """What people read for a phase: the language's word for it, else its name of the model, with blanks."""
    return _named(language, "phase", phase)


def rejection(language: Language, verdict: str) -> str:
    """That sales rejected somebody, and why; options of the portal's own are told as they are."""
    key = f"cause_{verdict}"
    return say(language, key) if knows(language, key) else say(language, "cause_rejected", verdict=verdict)


def _named(language: Language, kind: Literal["field", "phase"], name: str) -> str:
    key = f"{kind}_{name}"
    return say(language, key) if knows(language, key) else name.replace("_", " ")


def joined(language: Language, key: Literal["and", "or"], texts: Iterable[str]) -> str:
    """`a`, `b` and `c` as one text, with the word of that language between each two."""
    return reduce(lambda first, second: say(language, key, first=first, second=second), texts)


def stage_label(rulebook: Rulebook, language: Language, stage: str) -> str:
    """What people read for a stage or state: the label of stages.yaml, else the language's word, else its id."""
    for one in rulebook.stages.stages:
        if one.id == stage:
            return one.label or stage
    key = f"state_{stage}"
    return say(language, key) if knows(language, key) else stage

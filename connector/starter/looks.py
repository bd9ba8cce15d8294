"""Whether values look like what a field means. Values are asked because names may say anything, and labels were renamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from connector.rulebook.quantities import parse_number, parse_range
from connector.starter.countries import country_code
from connector.starter.titles import is_title

_PHONE = re.compile(r"\+?[\d\s().\-/]{6,}(?:(?:x|ext)\.?\s*\d+)?", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"\d")

#: A country code alone is a language as well; a name is not.
_NAME = 3


def _is_size(text: str) -> bool:
    return parse_number(text) is not None or parse_range(text) is not None


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and len(_DIGITS.findall(text)) >= 6


def _is_words(text: str) -> bool:
    return any(sign.isalpha() for sign in text) and "@" not in text


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "phone": _is_phone,
    "employees": _is_size,
    "country": lambda text: country_code(text) is not None,
    "company": _is_words,
    "industry": _is_words,
    "job_title": _is_words,
    "first_name": _is_words,
}

_SURE: Mapping[str, Callable[[str], bool]] = {
    "job_title": is_title,
    "country": lambda text: len(text) >= _NAME and country_code(text) is not None,
}


def fitting(field: str, values: Sequence[str]) -> float:
    """The share of these values that the field could hold; 1 where there is none to ask."""
    return _share(_LOOKS[field], values) if values else 1.0


def unmistakable(field: str, values: Sequence[str]) -> float:
    """The share of these values that are this and nothing else, whatever their property is called; 0 of most fields."""
    return _share(_SURE[field], values) if field in _SURE and values else 0.0


def _share(looks: Callable[[str], bool], values: Sequence[str]) -> float:
    return sum(map(looks, values)) / len(values)

"""Whether the values that rules compare fields with can still occur: an option that was renamed or deleted makes a rule blind
without a word. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from adapters.ports import Definition, Option
from connector.facts import Value
from connector.rulebook.comparisons import Comparison, comparisons
from connector.rulebook.folding import fold
from connector.rulebook.mapping import COMPANY, HUBSPOT, MERGE_FIELDS, typed
from connector.rulebook.operators import OPERATORS
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.types import FieldMapping, Rulebook
from connector.steps.finding import Finding

Definitions = Mapping[str, Definition]

#: Types that are chosen from a list: HubSpot's, then Mailchimp's.
_CLOSED = ("enumeration", "dropdown", "radio")
_MANY_SHOWN = 8


def blind_rules(
    rulebook: Rulebook, defined: Mapping[str, Definitions | None], companies: Definitions
) -> Iterator[Finding]:
    """Comparisons of fields that live in lists of options alone with values that no option gives any more.

    None of a rule's values: an error, since the rule is silently always or never true. Some of them: a warning. `defined`
    are definitions by source, for every source that is on; a field is not judged that lives where they are not known.
    """
    fields = rulebook.fields
    options = {name: _options(one, defined, companies) for name, one in fields.fields.items()}
    for one in comparisons(rulebook):
        offered = options[one.field]
        if offered is None:
            continue
        mapping = fields.fields[one.field]
        values = [value for option in offered if (value := typed(option.value, mapping, {})) is not None]
        missing = [wanted for wanted in one.values if not _occurs(wanted, values)]
        if missing:
            yield _blind(one, missing, offered, values)


def _options(
    mapping: FieldMapping, defined: Mapping[str, Definitions | None], companies: Definitions
) -> Sequence[Option] | None:
    """What can be chosen, over all the places where a field lives; None where anything can be written in one of them."""
    if mapping.from_ is not None:
        return None
    found: list[Option] = []
    for source, there in defined.items():
        for name in (mapping.hubspot, mapping.or_) if source == HUBSPOT else (mapping.mailchimp,):
            if name is None:
                continue
            known = companies if name.startswith(COMPANY) else there
            one = (known or {}).get(name.removeprefix(COMPANY).removeprefix(MERGE_FIELDS))
            if one is None or one.type not in _CLOSED or not one.options:
                return None
            found += one.options
    return found or None


def _occurs(wanted: object, values: Sequence[Value]) -> bool:
    """Whether a value is one of these, or several of them: what has many boxes is told as "a;b"."""
    parts = wanted.split(";") if isinstance(wanted, str) else (wanted,)
    equal = OPERATORS["is"].holds
    return all(any(equal(value, part, date.min) for value in values) for part in parts)


def _blind(one: Comparison, missing: Sequence[object], options: Sequence[Option], values: Sequence[Value]) -> Finding:
    told = ", ".join(f'"{value}"' for value in missing)
    none_left = len(missing) == len(one.values)
    what = f"{one.file}, {one.key}: {one.field} is compared with {told}, and no option of it is called so"
    cure = _cure(fold(str(missing[0])), options, values)
    return Finding("error" if none_left else "warning", what, cure, code="option-missing")


def _cure(wanted: str, options: Sequence[Option], values: Sequence[Value]) -> str:
    """The nearest option; a rule that names one by its label, as it is shown, needs its value."""
    labeled = next((option for option in options if fold(option.label) == wanted), None)
    if labeled is not None:
        return f'Write "{labeled.value}", the internal value of the option "{labeled.label}"'
    texts = list(dict.fromkeys(str(value) for value in values))
    near = did_you_mean(wanted, map(fold, texts))
    more = ", …" if len(texts) > _MANY_SHOWN else ""
    there = f"There are {', '.join(texts[:_MANY_SHOWN])}{more}"
    return f"{near[0].upper()}{near[1:]} {there}" if near else there

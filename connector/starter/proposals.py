"""Which property means what: by its name, its label in eight languages, its type, and what it really holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept

from adapters.ports import Definition
from connector.rulebook.mapping import COMPANY, MERGE_FIELDS
from connector.starter.looks import fitting, unmistakable
from connector.starter.meanings import MEANINGS, Meaning
from connector.starter.seen import Seen
from connector.starter.tongues import place_of, words

_BY_NAME, _BY_LABEL, _AMONG_WORDS, _BY_VALUES = 22, 20, 12, 6
_BY_FILL = 60
#: From so many points on nobody would doubt that a property is the field.
SURE = _BY_LABEL
#: Below this share of fitting values a name means something else here.
_MOSTLY = 0.5
_SURELY = 0.6
#: Too few filled in to tell by values alone what a property is.
_ENOUGH = 0.05
_EXAMPLES = 2
#: Fields whose values say nothing of one person alone.
_SHOWN = frozenset({"job_title", "company", "industry", "employees", "country"})
#: Of so many people, a property that none of them has is none to build on.
_TELLING = 100
_SHORTEST, _LONGEST = 2, 40

#: HubSpot's own, which no person fills in, and ours.
_NOT_ASKED = ("hs_", "ip_", "trellis_", "company.hs_", "merge_fields.LEAD", "merge_fields.TRACKMARK")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A property that may be the field. `filled` is the share of the sample that has it (0 without a sample).

    `examples` are real values: for the terminal alone, never for logs or files.
    """

    field: str
    name: str
    label: str
    filled: float
    points: float
    examples: tuple[str, ...] = kept(default=(), repr=False)


def candidates(seen: Seen) -> Mapping[str, tuple[Candidate, ...]]:
    """By field, everything that may be it, the likeliest first. Each property is one field at most."""
    return _sorted(_judged(seen, seen.sampled))


def in_audience(seen: Seen, list_id: str) -> Mapping[str, tuple[Candidate, ...]]:
    """The same of an audience's merge fields, which have no sample of their own beside HubSpot's."""
    return _sorted(_judged(seen, seen.merge_fields.get(list_id, {})))


def worth_reading(definitions: Mapping[str, Definition], most: int) -> tuple[str, ...]:
    """The names of at most `most` properties whose values are to be looked at: those of promising names, then others.

    HubSpot's own that no person fills in are not among them.
    """
    asked = [name for name, one in definitions.items() if _askable(one, name)]
    named = {name for name in asked if any(_strength(one, name, definitions[name]) for one in MEANINGS.values())}
    return tuple(sorted(asked, key=lambda name: (name not in named, name)))[:most]


def _judged(seen: Seen, definitions: Mapping[str, Definition]) -> Iterator[Candidate]:
    for name, definition in definitions.items():
        if not _askable(definition, name):
            continue
        values = seen.values(name)
        told = {meaning: _points(meaning, name, definition, values) for meaning in MEANINGS.values()}
        best = max(told, key=lambda meaning: told[meaning])
        filled = seen.filled(name)
        used = filled > 0 or len(seen.sample) < _TELLING or not seen.samples(name)
        if told[best] > 0 and used:
            points = told[best] + _BY_FILL * filled
            shown = _shown(values) if best.field in _SHOWN else ()
            yield Candidate(best.field, name, definition.label, filled, points, shown)


def _points(meaning: Meaning, name: str, definition: Definition, values: Sequence[str]) -> float:
    """How likely this property is the field, before it counts how many have it; 0: it is not."""
    if definition.type not in meaning.types or not _options_fit(meaning, definition):
        return 0.0
    fits = fitting(meaning.field, values)
    if fits < _MOSTLY:
        return 0.0
    sure = unmistakable(meaning.field, values) if len(values) >= 1 / _ENOUGH else 0.0
    by_values = _BY_VALUES * sure if sure >= _SURELY else 0.0
    return _strength(meaning, name, definition) * fits + by_values


def _strength(meaning: Meaning, name: str, definition: Definition) -> float:
    """How much the name and the label say that this is the field."""
    if name in meaning.standard:
        return _BY_NAME
    bare = name.removeprefix(COMPANY).removeprefix(MERGE_FIELDS)
    texts = (words(bare), words(definition.label))
    if any(text == phrase for text in texts for phrase in meaning.phrases):
        return _BY_LABEL
    if meaning.exactly:
        return 0
    return max((_among(meaning, text) for text in texts), default=0)


def _among(meaning: Meaning, text: tuple[str, ...]) -> float:
    """One of the phrases among other words. The longest counts; what comes first is the head in most of our languages, and
    "company" is rarely more than whose it is.
    """
    places = [(len(phrase), -at) for phrase in meaning.phrases if (at := place_of(phrase, text)) is not None]
    if not places or (meaning.field == "company" and len(text) > 1):
        return 0
    length, at = max(places)
    return _AMONG_WORDS + length + at / 10


def _options_fit(meaning: Meaning, definition: Definition) -> bool:
    options = [option.value for option in definition.options]
    return not options or fitting(meaning.field, options) >= _MOSTLY


def _askable(definition: Definition, name: str) -> bool:
    return not definition.read_only and not name.startswith(_NOT_ASKED)


def _shown(values: Sequence[str]) -> tuple[str, ...]:
    """Frequent values of a length that tells something; no addresses."""
    told = Counter(value for value in values if _SHORTEST <= len(value) <= _LONGEST and "@" not in value)
    return tuple(value for value, _ in told.most_common(_EXAMPLES))


def _sorted(found: Iterator[Candidate]) -> Mapping[str, tuple[Candidate, ...]]:
    by_field: dict[str, list[Candidate]] = {name: [] for name in MEANINGS}
    for one in found:
        by_field[one.field].append(one)
    return {name: tuple(sorted(ones, key=_likeliest)) for name, ones in by_field.items()}


def _likeliest(one: Candidate) -> tuple[float, int, str]:
    """The most points first; of equals what HubSpot itself means by it, a contact's own before her company's."""
    standard = MEANINGS[one.field].standard
    return (-one.points, standard.index(one.name) if one.name in standard else len(standard), one.name)

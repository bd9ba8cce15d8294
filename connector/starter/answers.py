"""What the starter has to know, what was said of it, and what is proposed where nothing was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from connector.rulebook.folding import fold
from connector.rulebook.mapping import MERGE_FIELDS
from connector.rulebook.spelling import did_you_mean
from connector.starter.buyers import Buyer, proposed_buyers
from connector.starter.countries import country_code
from connector.starter.languages import Language, proposed_language
from connector.starter.lifecycle import customer_stages, qualified_stage, stages_of
from connector.starter.markets import proposed_markets
from connector.starter.meanings import MEANINGS
from connector.starter.proposals import SURE, Candidate, candidates, in_audience
from connector.starter.seen import Seen
from connector.starter.yaml_text import writable

#: What a person says for "there is none".
NONE = "-"

#: Leads that a sales team can look at in a week, where nobody said so; fewer in a portal that has few people.
CAPACITY, _LEAST_CAPACITY, _PEOPLE_FOR_ONE = 20, 5, 50


class AnswerError(ValueError):
    """An answer that cannot be: the text is one line with the cure."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was said, by flags, a file or at the terminal; None: nothing yet. `fields` are names of properties, or NONE."""

    language: Language | None = None
    timezone: str | None = None
    audience: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    customers: tuple[str, ...] | None = None
    qualified: str | None = None
    markets: tuple[str, ...] | None = None
    buyers: tuple[Buyer, ...] | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lives: a HubSpot property, a second one, a merge field; one of them at least."""

    hubspot: str | None = None
    second: str | None = None
    mailchimp: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that the files are written from.

    `audience` is a Mailchimp list id; `customers` and `qualified` are values of lifecycle stages (`qualified` None: no
    stage is written back); `markets` are country codes; `capacity` is leads a week.
    """

    language: Language
    timezone: str
    audience: str | None
    fields: Mapping[str, Place]
    customers: tuple[str, ...]
    qualified: str | None
    markets: tuple[str, ...]
    buyers: tuple[Buyer, ...]
    capacity: int
    decided: frozenset[str] = field(default=frozenset())  # what a person said, by the names of `Given`


def answered(seen: Seen, given: Given) -> Answers:
    """Everything, with a proposal wherever nothing was said. Raises AnswerError for what cannot be."""
    audience = _audience(seen, given.audience)
    if not seen.hubspot and audience is None:
        raise AnswerError(
            "there is neither HubSpot nor a Mailchimp audience to write for; set HUBSPOT_ACCESS_TOKEN, or name one"
        )
    fields = _fields(seen, given.fields, audience)
    stages = stages_of(seen)
    known = tuple(one.value for one in stages)
    language = given.language or proposed_language(seen)
    customers = customer_stages(stages) if given.customers is None else given.customers
    qualified = qualified_stage(stages) if given.qualified is None else given.qualified
    for value in (*customers, *((qualified,) if qualified not in (None, NONE) else ())):
        _require(value, known, "lifecycle stage")
    country, title = fields.get("country"), fields.get("job_title")
    return Answers(
        language=language,
        timezone=_proposed_zone(seen) if given.timezone is None else _zone(given.timezone),
        audience=audience,
        fields=fields,
        customers=customers,
        qualified=None if qualified == NONE else qualified,
        markets=_markets(seen, given.markets, country),
        buyers=proposed_buyers(_values(seen, title), language) if given.buyers is None else _buyers(given.buyers),
        capacity=_proposed_capacity(seen) if given.capacity is None else _at_least_one(given.capacity),
        decided=frozenset(name for name in Given.__slots__ if getattr(given, name) not in (None, {})),
    )


def proposals_for(seen: Seen) -> Mapping[str, tuple[Candidate, ...]]:
    """By field, what may be it, the likeliest first: of HubSpot, or else of the first audience."""
    return candidates(seen)


def values_of(seen: Seen, place: Place | None) -> tuple[str, ...]:
    """What the sample holds of a field, the second property where the first is empty."""
    return _values(seen, place)


def _fields(seen: Seen, said: Mapping[str, str], audience: str | None) -> Mapping[str, Place]:
    for name in said:
        _require(name, tuple(MEANINGS), "field")
    ours = candidates(seen) if seen.hubspot else {}
    theirs = in_audience(seen, audience) if audience else {}
    found = {
        name: _place(seen, said.get(name), ours.get(name, ()), theirs.get(name, ()), audience) for name in MEANINGS
    }
    return {name: place for name, place in found.items() if place != Place()}


def _place(
    seen: Seen, said: str | None, ours: tuple[Candidate, ...], theirs: tuple[Candidate, ...], audience: str | None
) -> Place:
    if said == NONE:
        return Place()
    tag = theirs[0].name if theirs else None
    first, second = (ours[0].name if ours else None), _second(ours, ours[0].name if ours else None)
    if said is None:
        return Place(first, second, tag)
    merge_fields = seen.merge_fields.get(audience or "", {})
    if said.startswith(MERGE_FIELDS):
        _require(said, tuple(merge_fields), "merge field")
        return Place(first, second, said)
    _require(said, tuple(seen.properties), "property")
    return Place(said, _second(ours, said), tag)


def _second(ours: tuple[Candidate, ...], first: str | None) -> str | None:
    """What is read where the first is empty: the next of those that are surely the field."""
    return next((one.name for one in ours if one.name != first and one.points >= SURE), None)


def _values(seen: Seen, place: Place | None) -> tuple[str, ...]:
    if place is None:
        return ()
    names = [name for name in (place.hubspot, place.second, place.mailchimp) if name]
    found = (
        next(filter(None, ((record.values.get(name) or "").strip() for name in names)), "") for record in seen.sample
    )
    return tuple(value for value in found if value)


def _markets(seen: Seen, said: tuple[str, ...] | None, country: Place | None) -> tuple[str, ...]:
    if said is None:
        return proposed_markets(_values(seen, country))
    codes = [(one, country_code(one)) for one in said]
    for one, code in codes:
        if code is None:
            raise AnswerError(f'"{one}" is no country that is known here; write its code, such as ES')
    return tuple(dict.fromkeys(code for _, code in codes if code))


def _audience(seen: Seen, said: str | None) -> str | None:
    if said == NONE or not seen.mailchimp:
        return None
    if said is None:
        return seen.audiences[0].id if seen.audiences else None
    named = [one.id for one in seen.audiences if said == one.id or fold(said) == fold(one.name)]
    if not named:
        _require(said, tuple(one.name for one in seen.audiences), "audience")
    if len(named) > 1:
        raise AnswerError(f'{len(named)} audiences are called "{said}"; write the id of one: {", ".join(named)}')
    return named[0]


def _proposed_zone(seen: Seen) -> str:
    """The platform's own, if it is one that the whole world knows."""
    return seen.timezone if seen.timezone in available_timezones() else "UTC"


def _zone(name: str) -> str:
    if name not in available_timezones():
        cure = did_you_mean(name, available_timezones()) or "write one like Europe/Madrid"
        raise AnswerError(f'there is no time zone "{name}"; {cure}')
    return name


def _buyers(said: tuple[Buyer, ...]) -> tuple[Buyer, ...]:
    labels = [fold(buyer.label) for buyer in said]
    for place, buyer in enumerate(said):
        if labels.index(labels[place]) < place:
            raise AnswerError(f'two buyers are called "{buyer.label}"; give each a label of her own')
        for text in (buyer.label, *buyer.titles):
            if not writable(text):
                raise AnswerError(f"a buyer's label or title cannot be {text!r:.60}; write some words in one line")
        low, high = buyer.employees or (0, None)
        if low < 0 or (high is not None and high < low):
            raise AnswerError(f"no company has from {low} to {high} people; write the smaller number first")
    return said


def _proposed_capacity(seen: Seen) -> int:
    return min(CAPACITY, max(_LEAST_CAPACITY, seen.total // _PEOPLE_FOR_ONE)) if seen.total else CAPACITY


def _at_least_one(capacity: int) -> int:
    if capacity < 1:
        raise AnswerError(f"a capacity of {capacity} leads a week is none; write 1 or more")
    return capacity


def _require(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        cure = did_you_mean(name, known) or (f"there are {', '.join(known[:8])}" if known else "this portal has none")
        raise AnswerError(f'there is no {what} "{name}"; {cure}')

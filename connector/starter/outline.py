"""What the files can speak of on this portal: which fields and acts there are, and which words tell of interest."""

from __future__ import annotations

from dataclasses import dataclass

from connector.starter import interests
from connector.starter.acts import Source, is_heard, sources
from connector.starter.answers import Answers
from connector.starter.countries import country_code
from connector.starter.seen import Seen

#: What shows that there is somebody: two of these are evidence enough.
_TELLING = ("job_title", "company", "employees", "industry", "country")

#: Points of a complete profile; they add up to its maximum where all are mapped.
PROFILE = {"company": 1, "job_title": 2, "phone": 1, "employees": 1}

#: The properties whose values name what somebody did.
_NAMING = ("recent_conversion_event_name", "hs_analytics_last_url")


@dataclass(frozen=True, slots=True)
class Outline:
    """`fields` and `acts` are our names; `sources` are all acts that could be mapped, those that nobody has done yet included.

    `markets` are countries that somebody can have; `asking` and `comparing` the words of forms and pages near to buying.
    """

    seen: Seen
    answers: Answers
    fields: frozenset[str]
    sources: tuple[Source, ...]
    acts: frozenset[str]
    markets: tuple[str, ...]
    asking: tuple[str, ...]
    comparing: tuple[str, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """The mapped fields of which two are evidence."""
        return tuple(name for name in _TELLING if name in self.fields)

    @property
    def has_customers(self) -> bool:
        """Whether it is known which lifecycle stages are those of customers."""
        return self.seen.hubspot and bool(self.answers.customers)


def outline(seen: Seen, answers: Answers) -> Outline:
    """Put together what was seen and said."""
    assets = [*(seen.forms or ()), *(value for name in _NAMING for value in seen.values(name))]
    asking = interests.told(interests.ASKING, answers.language, assets)
    comparing = interests.told(interests.COMPARING, answers.language, assets)
    told = sources(seen, audience=answers.audience is not None)
    acts = frozenset(one.kind for one in told if is_heard(one, seen))
    markets = tuple(code for code in answers.markets if _occurs(code, seen, answers))
    return Outline(seen, answers, frozenset(answers.fields), told, acts, markets, asking, comparing)


def _occurs(code: str, seen: Seen, answers: Answers) -> bool:
    """Whether anybody can have this country: where it is chosen from a list, the list must offer it."""
    place = answers.fields.get("country")
    if place is None:
        return False
    named = [seen.properties[name] for name in (place.hubspot, place.second) if name and name in seen.properties]
    closed = bool(named) and not place.mailchimp and all(one.options for one in named)
    return not closed or any(country_code(option.value) == code for one in named for option in one.options)

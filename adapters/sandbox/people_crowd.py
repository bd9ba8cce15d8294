"""Everybody else in the demo's world: a reproducible crowd in fixed shares."""

import random
from collections.abc import Iterator

from adapters.sandbox.people_cast import Act, Person
from adapters.sandbox.people_places import (
    BLOG,
    COMPANIES,
    DEMO_REQUEST,
    NAMES,
    NEWSLETTER,
    PRICING,
    PRICING_GUIDE,
    RAFFLE,
    TITLES,
    WEBINAR,
    Company,
    slug,
)

HISTORY_DAYS = 120
_ON_BOTH = 0.55
_ONLY_MAILCHIMP = 25
_WITHOUT_EMAIL = 8
#: Warmth → share, (least, most) pages, forms, chance to open, chance to click.
_WARMTH = {
    "cold": (45, (0, 2), 0, 0.15, 0.02),
    "cool": (30, (2, 5), 1, 0.3, 0.1),
    "warm": (18, (5, 10), 2, 0.5, 0.3),
    "hot": (7, (8, 15), 3, 0.7, 0.5),
}
#: What befalls fixed numbers of HubSpot's people, as settings of Person.
_FATES: tuple[tuple[int, dict[str, object]], ...] = (
    (24, {"lifecycle": "customer"}),
    (12, {"lifecycle": "opportunity"}),
    (14, {"opted_out": "all"}),
    (4, {"opted_out": "4711"}),
    (6, {"hard_bounced": True}),
    (3, {"excluded": True}),
)
_MAILCHIMP_FATES = (
    (14, "unsubscribed"),
    (7, "cleaned"),
    (2, "complained"),
    (5, "pending"),
    (6, "archived"),
)
_OTHER_ADDRESS, _OTHER_CASE = 6, 6


def crowd(dice: random.Random, count: int, taken: set[str]) -> list[Person]:
    """`count` people with addresses outside `taken`; the same dice give the same people."""
    people = [_stranger(dice, taken) for _ in range(count)]
    only_mailchimp, rest = people[:_ONLY_MAILCHIMP], people[_ONLY_MAILCHIMP:]
    for person in only_mailchimp:
        person.on_hubspot, person.on_mailchimp, person.acts = False, True, []
    nameless, rest = rest[:_WITHOUT_EMAIL], rest[_WITHOUT_EMAIL:]
    for person in nameless:
        person.email, person.acts = "", []
    for person in rest:
        person.on_mailchimp = dice.random() < _ON_BOTH
    hubspot_fates, mailchimp_fates = iter(_shuffled(dice, rest)), iter(_shuffled(dice, rest))
    for number, settings in _FATES:
        for person in _next(hubspot_fates, number):
            for name, value in settings.items():
                setattr(person, name, value)
    of_mailchimp = (person for person in mailchimp_fates if person.on_mailchimp and not person.lifecycle)
    for number, ending in _MAILCHIMP_FATES:
        for person in _next(of_mailchimp, number):
            person.ending = ending
    for person in _next(of_mailchimp, _OTHER_ADDRESS):
        person.newsletter_email = f"{slug(person.first)}.{slug(person.last)}@homemail.example"
    for person in _next(of_mailchimp, _OTHER_CASE):
        local, _, domain = person.email.partition("@")
        person.newsletter_email = f"{local.title()}@{domain}"
    return people


def _stranger(dice: random.Random, taken: set[str]) -> Person:
    company = dice.choice(COMPANIES)
    firsts, lasts = (names.split() for names in NAMES.get(company.country, NAMES["English"]))
    if company.country == "Andorra":
        firsts, lasts = (names.split() for names in NAMES["Spain"])
    first, last = dice.choice(firsts), dice.choice(lasts)
    kind = _weighted(dice, {name: share for name, (share, _) in TITLES.items()})
    title = dice.choice(TITLES[kind][1])
    employer = None if kind == "study" or dice.random() < 0.06 else company
    known = dice.uniform(3, HISTORY_DAYS + 60)
    person = Person(first, last, title, employer, _address(dice, first, last, employer, kind, taken))
    person.known_days = known
    person.subscribed_days = min(known, dice.uniform(6, HISTORY_DAYS + 60))
    person.phone = f"+34 6{dice.randrange(10**8):08d}" if dice.random() < 0.3 else ""
    person.machine_opens = dice.random() < 0.3
    _warm(dice, person)
    return person


def _address(dice: random.Random, first: str, last: str, company: Company | None, kind: str, taken: set[str]) -> str:
    domain = company.domain if company else "estudiants.example" if kind == "study" else "homemail.example"
    address = f"{slug(first)}.{slug(last)}@{domain}"
    while address in taken:
        address = f"{slug(first)}.{slug(last)}{dice.randrange(2, 99)}@{domain}"
    taken.add(address)
    return address


def _warm(dice: random.Random, person: Person) -> None:
    """Give her a past as lively as she is."""
    warmth = _weighted(dice, {name: values[0] for name, values in _WARMTH.items()})
    _, (least, most), forms, person.opens, person.clicks = _WARMTH[warmth]
    reach = min(person.known_days, HISTORY_DAYS)
    days = [reach * dice.random() ** (2 if warmth == "hot" else 1) for _ in range(dice.randint(least, most))]
    pricing = {"cold": 0.0, "cool": 0.05, "warm": 0.25, "hot": 0.4}[warmth]
    person.acts = [Act(day, "page", PRICING if dice.random() < pricing else dice.choice(BLOG)) for day in days]
    choices = {
        "cold": [NEWSLETTER],
        "cool": [NEWSLETTER, WEBINAR, RAFFLE],
        "warm": [WEBINAR, PRICING_GUIDE, NEWSLETTER],
        "hot": [PRICING_GUIDE, WEBINAR, DEMO_REQUEST],
    }[warmth]
    if warmth == "cold":
        forms = int(dice.random() < 0.3)
    person.acts += [Act(reach * dice.random(), "form", form) for form in dice.sample(choices, forms)]


def _weighted(dice: random.Random, shares: dict[str, int]) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


def _shuffled(dice: random.Random, people: list[Person]) -> list[Person]:
    return dice.sample(people, len(people))


def _next(people: Iterator[Person], number: int) -> list[Person]:
    """The next few, fewer where the crowd is small."""
    return [person for person, _ in zip(people, range(number), strict=False)]

"""A big crowd for benchmarks, made in seconds: twenty plain properties each, no past but counters, nobody told."""

import random

from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.record import Source
from adapters.sandbox.hubspot.values import iso
from adapters.sandbox.people_places import BLOG, COMPANIES, NAMES, TITLES, slug

_IMPORT = Source("IMPORT", "")
_DAY_MS = 86_400_000
_STAGES = ("subscriber", "subscriber", "lead", "lead", "marketingqualifiedlead", "opportunity", "customer")
_SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")


def add_many(portal: Portal, count: int, *, seed: int = 7, reach_days: float = 365.0) -> None:
    """`count` contacts, made and last changed within `reach_days` before the sandbox's now; the same seed, the same people.

    No webhook, no workflow, no index lag: they were always there.
    """
    dice = random.Random(seed)
    titles = [title for _, choices in TITLES.values() for title in choices]
    firsts, lasts = (names.split() for names in NAMES["Spain"])
    with portal.lock:
        now, contacts = portal.now_ms(), portal.contacts
        for number in range(count):
            company, first, last = dice.choice(COMPANIES), dice.choice(firsts), dice.choice(lasts)
            changed = now - int(dice.random() * reach_days * _DAY_MS)
            email = f"{slug(first)}.{slug(last)}.{seed}.{number}@{company.domain}"
            values = {
                "email": email,
                "hs_email_domain": company.domain,
                "firstname": first,
                "lastname": last,
                "jobtitle": dice.choice(titles),
                "company": company.name,
                "country": company.country,
                "city": company.city,
                "phone": f"+34 6{number:08d}",
                "lifecyclestage": dice.choice(_STAGES),
                "numemployees": dice.choice(_SIZES),
                "hs_analytics_source": "ORGANIC_SEARCH",
            }
            if dice.random() < 0.5:
                values |= _acts(dice, iso(changed - changed % 1000))
            record = contacts.add(values, changed - int(dice.random() * reach_days * _DAY_MS), _IMPORT)
            contacts.touch(record, changed)
            contacts.by_email[email] = record.id


def change_many(portal: Portal, count: int, *, seed: int = 7, milliseconds: int = 1000) -> None:
    """A title of `count` contacts changes now, spread over the last so many milliseconds (1: a bulk update)."""
    dice = random.Random(seed)
    with portal.lock:
        ids = [record.id for record in portal.contacts]
        now = portal.now_ms()
        for number, id_ in enumerate(dice.sample(ids, count)):
            record = portal.contacts.records[id_]
            title = f"Head of change {dice.randrange(10**6)}"
            portal.write("contacts", record, {"jobtitle": title}, _IMPORT, at=now - number % milliseconds)


def _acts(dice: random.Random, last: str) -> dict[str, str]:
    """Counters and their last dates, as engaged people have them."""
    return {
        "num_conversion_events": str(dice.randrange(1, 4)),
        "recent_conversion_date": last,
        "recent_conversion_event_name": "Newsletter",
        "hs_email_open": str(dice.randrange(1, 30)),
        "hs_email_last_open_date": last,
        "hs_email_click": str(dice.randrange(1, 9)),
        "hs_email_last_click_date": last,
        "hs_analytics_num_page_views": str(dice.randrange(1, 60)),
        "hs_analytics_last_timestamp": last,
        "hs_analytics_last_url": dice.choice(BLOG),
    }

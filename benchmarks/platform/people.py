"""The people of the lean portal: twenty properties each, half of them with acts behind them; always the same."""

from __future__ import annotations

from collections.abc import Mapping

#: The id of person 0.
FIRST_ID = 51_854_903_501

#: What the official SDK is told to read, here and in the sandbox.
PROPERTIES = (
    "firstname",
    "lastname",
    "jobtitle",
    "company",
    "phone",
    "city",
    "country",
    "lifecyclestage",
    "numemployees",
    "hs_analytics_source",
    "num_conversion_events",
    "recent_conversion_date",
    "recent_conversion_event_name",
    "hs_email_open",
    "hs_email_last_open_date",
    "hs_email_click",
    "hs_email_last_click_date",
    "hs_analytics_num_page_views",
    "hs_analytics_last_timestamp",
    "hs_analytics_last_url",
)

_STAGES = ("subscriber", "lead", "lead", "marketingqualifiedlead", "opportunity", "customer")
_SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")


def moment(number: int) -> str:
    """When person `number` last changed."""
    return f"2026-{number % 9 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:29.{number % 1000:03}Z"


def values_of(number: int) -> Mapping[str, str]:
    """What HubSpot holds of person `number`."""
    values = {
        "email": f"person{number}@company{number % 5_000}.example",
        "firstname": f"First {number % 5_000}",
        "lastname": f"Last {number % 40_000}",
        "jobtitle": f"Head of Niño {number % 300}",
        "company": f"Company {number % 5_000}",
        "phone": f"+34 6{number:08}",
        "city": f"City {number % 900}",
        "country": ("Spain", "Portugal", "France")[number % 3],
        "lifecyclestage": _STAGES[number % len(_STAGES)],
        "numemployees": _SIZES[number % len(_SIZES)],
        "hs_analytics_source": "ORGANIC_SEARCH",
    }
    return values if number % 2 else values | _acts(number)


def _acts(number: int) -> Mapping[str, str]:
    last = moment(number)
    return {
        "num_conversion_events": str(number % 3 + 1),
        "recent_conversion_date": last,
        "recent_conversion_event_name": "Newsletter",
        "hs_email_open": str(number % 29 + 1),
        "hs_email_last_open_date": last,
        "hs_email_click": str(number % 8 + 1),
        "hs_email_last_click_date": last,
        "hs_analytics_num_page_views": str(number % 59 + 1),
        "hs_analytics_last_timestamp": last,
        "hs_analytics_last_url": f"https://www.example.com/blog/post-{number % 2_000}",
    }

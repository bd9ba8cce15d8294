"""What speaks against mail, read from HubSpot's values."""

import pytest

from adapters.hubspot import HubSpotNames, channel_refusal_from_values, consent_from_values
from adapters.hubspot.consent import consent_properties, standing_from_values
from connector.facts import Refusal

NAMES = HubSpotNames()
MARIA: dict[str, str | None] = {
    "email": "maria@acme.example",
    "hs_email_optout": None,
    "hs_email_optout_4711": "false",
    "hs_email_hard_bounce_reason_enum": None,
    "hs_email_quarantined": "false",
    "hs_email_bounce": "0",
    "hs_marketable_status": "true",
    "trellis_exclude": None,
    "trellis_enrolled": "finance:1",
    "trellis_track": "finance",
}


def standing(values: dict[str, str | None], *, use_marketing_status: bool = False):
    return standing_from_values(
        "1", values, subscription_types=["4711"], names=NAMES, use_marketing_status=use_marketing_status
    )


def test_nothing_speaks_against_maria() -> None:
    found = standing(MARIA)
    assert (found.refusals, found.hubspot_types, found.channel_refusal) == (frozenset(), frozenset(), None)
    assert (found.markers, found.track, found.email) == ("finance:1", "finance", "maria@acme.example")


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"hs_email_optout": "true"}, Refusal.OPTED_OUT),
        ({"hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"}, Refusal.BOUNCED),
        ({"hs_email_quarantined": "true"}, Refusal.BOUNCED),
        ({"hs_email_bounce": "2"}, Refusal.BOUNCED),
        ({"hs_email_is_ineligible": "true"}, Refusal.BOUNCED),
        ({"trellis_exclude": "true"}, Refusal.EXCLUDED),
        ({"email": None}, Refusal.NO_ADDRESS),
    ],
)
def test_each_reason_is_seen_fresh_and_in_a_snapshot(values: dict[str, str | None], refusal: Refusal) -> None:
    noor = MARIA | values
    assert standing(noor).refusals == {refusal}
    assert consent_from_values(noor, subscription_types=["4711"], names=NAMES)[0] == {refusal}


@pytest.mark.parametrize("name", ["trellis_exclude", "hs_email_optout"])
def test_what_the_portal_does_not_define_was_not_read(name: str) -> None:
    values = {key: value for key, value in MARIA.items() if key != name}
    assert standing(values).refusals == {Refusal.UNREADABLE}
    assert consent_from_values(values, names=NAMES)[0] == frozenset()


def test_an_opt_out_of_one_type_and_a_type_that_does_not_exist() -> None:
    assert standing(MARIA | {"hs_email_optout_4711": "true"}).hubspot_types == {"4711"}
    unknown = {key: value for key, value in MARIA.items() if key != "hs_email_optout_4711"}
    assert standing(unknown).hubspot_types == {"4711"}


def test_marketing_status_counts_only_where_it_is_used_and_only_for_hubspot() -> None:
    values = MARIA | {"hs_marketable_status": "false"}
    assert standing(values).channel_refusal is None
    found = standing(values, use_marketing_status=True)
    assert (found.channel_refusal, found.refusals) == (Refusal.NOT_MARKETING, frozenset())
    assert channel_refusal_from_values(MARIA, use_marketing_status=True) is None


def test_every_value_that_counts_is_asked_for() -> None:
    assert set(MARIA) <= set(consent_properties(["4711"], NAMES))

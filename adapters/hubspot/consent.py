"""What a contact's values say against mail to her (pure): the same rules for a fresh read and for a stored snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.hubspot.names import HubSpotNames
from adapters.ports import Standing
from connector.facts import Refusal

#: Further addresses, between semicolons: a merge leaves the other contact's there.
ADDITIONAL_EMAILS = "hs_additional_emails"
_OPTOUT = "hs_email_optout"
#: Any value but None, "false" and "0" means that the address cannot be mailed (facts/hubspot.md §7).
_UNDELIVERABLE = (
    "hs_email_hard_bounce_reason_enum",
    "hs_email_quarantined",
    "hs_email_bounce",
    "hs_email_is_ineligible",
)
_MARKETABLE = "hs_marketable_status"
_NO = frozenset({None, "", "false", "0"})

Values = Mapping[str, str | None]


def consent_properties(subscription_types: Sequence[str], names: HubSpotNames) -> tuple[str, ...]:
    """The properties that the rules below look at."""
    types = (_type_property(each) for each in subscription_types)
    looked_at = ("email", ADDITIONAL_EMAILS, _OPTOUT, *types, *_UNDELIVERABLE, _MARKETABLE)
    return (*looked_at, names.exclude, names.enrolled, names.track)


def consent_from_values(
    values: Values, *, subscription_types: Sequence[str] = (), names: HubSpotNames
) -> tuple[frozenset[Refusal], frozenset[str]]:
    """Refusals that hold on every channel, and the ids of subscription types she opted out of.

    Values that are absent speak against nobody here; a fresh read is stricter (`standing_from_values`).
    """
    refusals = set()
    if not values.get("email"):
        refusals.add(Refusal.NO_ADDRESS)
    if values.get(_OPTOUT) not in _NO:
        refusals.add(Refusal.OPTED_OUT)
    if any(values.get(name) not in _NO for name in _UNDELIVERABLE):
        refusals.add(Refusal.BOUNCED)
    if values.get(names.exclude) not in _NO:
        refusals.add(Refusal.EXCLUDED)
    types = {each for each in subscription_types if values.get(_type_property(each)) not in _NO}
    return frozenset(refusals), frozenset(types)


def channel_refusal_from_values(values: Values, *, use_marketing_status: bool) -> Refusal | None:
    """NOT_MARKETING, which holds for HubSpot's own marketing mail only, in portals that use marketing contacts."""
    return Refusal.NOT_MARKETING if use_marketing_status and values.get(_MARKETABLE) != "true" else None


def standing_from_values(
    contact_id: str,
    values: Values,
    *,
    subscription_types: Sequence[str],
    names: HubSpotNames,
    use_marketing_status: bool,
) -> Standing:
    """The standing from values that were all asked for just now.

    HubSpot leaves out what is not defined in the portal: an exclude box or an opt-out that is not there was not read,
    so the answer is no; likewise for a subscription type that the portal does not have.
    """
    refusals, types = consent_from_values(values, subscription_types=subscription_types, names=names)
    if names.exclude not in values or _OPTOUT not in values:
        refusals |= {Refusal.UNREADABLE}
    unknown_types = {each for each in subscription_types if _type_property(each) not in values}
    return Standing(
        id=contact_id,
        refusals=refusals,
        hubspot_types=types | unknown_types,
        channel_refusal=channel_refusal_from_values(values, use_marketing_status=use_marketing_status),
        markers=values.get(names.enrolled) or "",
        track=values.get(names.track) or "",
        email=values.get("email"),
        other_emails=tuple(each for each in (values.get(ADDITIONAL_EMAILS) or "").split(";") if each),
    )


def _type_property(subscription_type: str) -> str:
    return f"{_OPTOUT}_{subscription_type}"

"""Values that HubSpot sets by itself when others change."""

from collections.abc import Mapping

from adapters.sandbox.hubspot.definitions import STAGE_DATES
from adapters.sandbox.hubspot.kinds import CONTACTS, DEALS, Kind
from adapters.sandbox.hubspot.values import iso

WON, LOST = "closedwon", "closedlost"


def derived(kind: Kind, before: Mapping[str, str], changed: Mapping[str, str], moment: int) -> dict[str, str]:
    """What follows from `changed`; `before` has the earlier value of each changed property, `moment` is in ms."""
    if kind is DEALS and "dealstage" in changed:
        stage = changed["dealstage"]
        return {"hs_is_closed": _text(stage in (WON, LOST)), "hs_is_closed_won": _text(stage == WON)}
    if kind is not CONTACTS:
        return {}
    values: dict[str, str] = {}
    if "email" in changed:
        values["hs_email_domain"] = changed["email"].rpartition("@")[2]
    if stage := changed.get("lifecyclestage", ""):
        became, entered, exited = (template for template, _ in STAGE_DATES)
        values[became.format(stage)] = values[entered.format(stage)] = iso(moment)
        if before["lifecyclestage"]:
            values[exited.format(before["lifecyclestage"])] = iso(moment)
    return values


def _text(truth: bool) -> str:
    return "true" if truth else "false"

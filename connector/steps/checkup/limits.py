"""How much room the platforms leave for what Trellis would create. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector.steps.finding import Finding

#: Portals that are so full are worth a word before the next thing is to be created.
_NEARLY = 0.95

#: Merge fields of an audience, the address among them, on plans but Premium, and there (facts/mailchimp.md §2; unsure).
_MERGE_FIELDS, _ON_PREMIUM = 30, 80


def room_for_properties(missing: int, limit: tuple[int, int] | None) -> Iterator[Finding]:
    """Whether so many `missing` properties fit; `limit` is (used, limit) as the portal tells it (facts/hubspot.md §9)."""
    if limit is None:
        return
    used, most = limit
    if missing and used + missing > most:
        lacking = "1 property is missing" if missing == 1 else f"{missing} properties are missing"
        what = f"{lacking}, and the portal holds {used} of {most} custom ones"
        yield Finding("error", what, "Archive some, then run `trellis provision`", code="property-limit")
    elif used + missing >= _NEARLY * most:
        what = f"the portal holds {used} of {most} custom contact properties"
        cure = "Archive what nobody uses: a key under `write` in fields.yaml may need one more"
        yield Finding("advice", what, cure, code="property-limit-near")


def room_for_merge_fields(audience: str, missing: int, used: int) -> Iterator[Finding]:
    """Whether so many `missing` merge fields fit; `used` does not count the address. Mailchimp tells no limit itself."""
    total = 1 + used + missing
    if not missing or total <= _MERGE_FIELDS:
        return
    what = (
        f"Mailchimp audience {audience} would have {total} fields with the {missing} that are missing; Mailchimp allows"
        f" {_MERGE_FIELDS}, on Premium {_ON_PREMIUM}"
    )
    cure = "Delete fields that nobody uses, or take names of merge fields out of `write` in fields.yaml"
    yield Finding("error" if total > _ON_PREMIUM else "warning", what, cure, code="merge-field-limit")

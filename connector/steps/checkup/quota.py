"""What is left of the calls that HubSpot allows, by its own headers (facts/hubspot.md §3.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.budget import Quota
from connector.steps.finding import Finding
from connector.steps.reading.estimate import Estimate

#: With a smaller part of the day's calls left, a busy day may not come to its end.
_LITTLE = 0.1

#: Who makes so large a part of the calls that one key may make is not one of ours.
_MUCH = 0.5


def quota_findings(quota: Quota | None, full_read: Estimate) -> Iterator[Finding]:
    """Whether the day's calls suffice, for a full read too, and whether somebody else lives on our key."""
    if quota is None:
        return
    if quota.day is not None and full_read.calls > quota.day_left:
        what = (
            f"reading everything takes about {full_read.calls:,} calls, and {quota.day_left:,} of today's {quota.day:,}"
            " are left"
        )
        cure = (
            "Wait with `trellis sync --full` until midnight in the portal's time zone; what was begun goes on by itself"
        )
        yield Finding("warning", what, cure, code="quota-short-of-full-read")
    elif quota.day is not None and quota.day_left < _LITTLE * quota.day:
        what = f"{quota.day_left:,} of today's {quota.day:,} calls to HubSpot are left"
        yield Finding("warning", what, "See in HubSpot's settings which app makes them", code="quota-low")
    if quota.foreign >= _MUCH * quota.calls:
        what = (
            f"somebody else makes {quota.foreign:,} of the {quota.calls:,} calls that HubSpot allows our token in"
            f" {quota.seconds:g} s"
        )
        cure = "Give Trellis a key of its own, and let all its processes use one database"
        yield Finding("warning", what, cure, code="quota-shared")

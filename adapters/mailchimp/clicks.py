"""Who clicked since, found without listing every recipient of a campaign (facts/mailchimp.md §5).

Mailchimp tells per link who clicked it how often, without a time. Whoever has clicked more often than at the last look is
asked for one by one, with the times of her clicks; how often that was is remembered as long as this process lives.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.paging import Listing, PageSize, Row
from adapters.mailchimp.reports import time_of
from adapters.ports import PlatformRefused

LINKS = "/reports/{campaign_id}/click-details"
CLICKERS = "/reports/{campaign_id}/click-details/{link_id}/members"
ONE = "/reports/{campaign_id}/email-activity/{member}"

_LINK_FIELDS = ("urls_clicked.id", "urls_clicked.last_click", "total_items")
_CLICKER_FIELDS = ("members.email_id", "members.clicks", "total_items")
_ONE_FIELDS = ("email_id", "activity")

#: Of so many campaigns it is remembered who clicked how often; those that have been quiet longest are forgotten first.
_CAMPAIGNS = 50


@dataclass(frozen=True, slots=True)
class Clickers:
    """Who has clicked more often than was known: how often by (link, member), for links clicked since."""

    campaign: str
    counts: Mapping[tuple[str, str], int]

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody of them once."""
        return tuple(dict.fromkeys(member for _link, member in self.counts))

    def clicks_of(self, member: str) -> int:
        """How often she clicked those links by now."""
        return sum(clicks for (_link, one), clicks in self.counts.items() if one == member)


class Clicks:
    """Remembers, for campaigns of one account, who clicked which link how often."""

    def __init__(self, client: MailchimpClient) -> None:
        self._client = client
        self._known: OrderedDict[str, Counter[tuple[str, str]]] = OrderedDict()

    def grown(self, campaign: str, since: datetime, size: PageSize) -> Clickers:
        """Who clicked a link that was clicked since `since`, oftener than was known. Raises PlatformError. Read-only."""
        path = {"campaign_id": campaign}
        links = Listing(self._client, LINKS, path, "urls_clicked", {"fields": _LINK_FIELDS}, size, may_be_gone=True)
        known = self._known.get(campaign, Counter())
        counts: dict[tuple[str, str], int] = {}
        for link in [link for page in links.pages() for link in page]:
            if time_of(link.get("last_click")) < since:
                continue
            for id_, clicks in self._clickers(path, str(link["id"]), size).items():
                if clicks > known[str(link["id"]), id_]:
                    counts[str(link["id"]), id_] = clicks
        return Clickers(campaign, counts)

    def remember(self, clickers: Clickers, untold: Container[str]) -> None:
        """To be called when their clicks have been told; of the `untold` some are still to come."""
        known = self._known.setdefault(clickers.campaign, Counter())
        for (link, member), clicks in clickers.counts.items():
            if member not in untold:
                known[link, member] = clicks
        self._known.move_to_end(clickers.campaign)
        if len(self._known) > _CAMPAIGNS:
            self._known.popitem(last=False)

    def acts_of(self, campaign: str, members: tuple[str, ...]) -> tuple[Row, ...]:
        """Rows of email activity of these members; who is no longer there is left out. Raises PlatformError."""
        rows = self._client.together(partial(self._one, campaign), members)
        return tuple(row for row in rows if row is not None)

    def _clickers(self, path: Mapping[str, str], link: str, size: PageSize) -> Mapping[str, int]:
        listing = Listing(
            self._client,
            CLICKERS,
            {**path, "link_id": link},
            "members",
            {"fields": _CLICKER_FIELDS},
            size,
            may_be_gone=True,
        )
        return {str(one.get("email_id")): int(one.get("clicks") or 0) for page in listing.pages() for one in page}

    def _one(self, campaign: str, member: str) -> Row | None:
        try:
            path = {"campaign_id": campaign, "member": member}
            return self._client.call("GET", ONE, path, {"fields": _ONE_FIELDS})
        except PlatformRefused as error:
            if error.status == 404:
                return None
            raise

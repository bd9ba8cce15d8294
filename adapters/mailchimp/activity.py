"""What members did with campaigns: one look at all reports, then only at the campaigns with news (facts/mailchimp.md §5).

Mailchimp has no webhook for opens and clicks, and asking member by member would be a call each. `campaign` tells what a
look at one campaign costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping
from datetime import datetime

from adapters.mailchimp.campaign import Look, Memory, Told
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.mailchimp.paging import Listing, PageSize
from adapters.mailchimp.reports import REPORT_FIELDS, Campaign, Window, campaign_of
from adapters.ports import Activity

REPORTS = "/reports"


class ActivityReader:
    """Acts in the campaigns of the audience `list_id`, as acts of `source`; `page_size` is 2 to 1,000."""

    def __init__(self, client: MailchimpClient, *, source: str, list_id: str, page_size: int) -> None:
        self._client = client
        self._source = source
        self._list_id = list_id
        self._page_size = page_size
        self._memory = Memory(client)

    def acts(
        self, since: datetime, until: datetime, done: Collection[str], seen: MutableMapping[str, str]
    ) -> Iterator[tuple[Activity, ...]]:
        """Acts in [since, until], one campaign after the other but for those in `done`; some acts may come twice.

        `seen` is what reports said at the last look, by campaign, and is brought up to date as campaigns are told.

        A campaign sent in the window gives an `email_sent` for each recipient; mails of automations go out one by one, at
        times that no report tells, and give none. Raises PlatformError. Read-only.
        """
        window, size, told = Window(self._source, since, until), PageSize(self._page_size), Told(seen)
        looks = []
        for campaign in self._campaigns(size):
            if campaign.id in done:
                continue
            if told.has_news(campaign, since):
                looks.append(Look(self._client, campaign, window, size, self._memory, told))
            else:
                told.looked(campaign)
        for start in range(0, len(looks), IN_FLIGHT):
            some = looks[start : start + IN_FLIGHT]
            for look, first in zip(some, self._client.together(Look.first, some), strict=True):
                yield from filter(None, look.acts(first))
                told.looked(look.campaign)

    def _campaigns(self, size: PageSize) -> Iterator[Campaign]:
        query = {"fields": (*(f"reports.{name}" for name in REPORT_FIELDS), "total_items")}
        for page in Listing(self._client, REPORTS, {}, "reports", query, size).pages():
            yield from (campaign_of(report) for report in page if report.get("list_id") == self._list_id)

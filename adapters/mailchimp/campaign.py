"""One look at one campaign with news, at the least cost (facts/mailchimp.md §5).

`email-activity?since=` is the delta; whether it leaves out who did nothing since is not documented [unsure]:

- if it does, a look is one call for each 1,000 recipients with news;
- if it lists everybody, with an empty `activity`, and she is one of 50,000, a look is one call for the openers since, one
  for the links, one for each clicked link (and each further 1,000 who ever clicked it) and one for each member with a new
  click. Where pages would be fewer calls, or bounces may be new, which are told nowhere else, all pages are read.

A campaign that was sent since is read whole: each recipient is an `email_sent`. Who unsubscribed costs one call more, and
so do opens if privacy proxies made some: only `open-details` says which.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from adapters.mailchimp.clicks import Clickers, Clicks
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.paging import Listing, PageSize, Row, Span
from adapters.mailchimp.reports import Campaign, Window, time_of
from adapters.ports import Activity

EMAIL_ACTIVITY = "/reports/{campaign_id}/email-activity"
OPENS = "/reports/{campaign_id}/open-details"
SENT_TO = "/reports/{campaign_id}/sent-to"
UNSUBSCRIBED = "/reports/{campaign_id}/unsubscribed"

#: `since` is said to mean "after".
_GRAIN = timedelta(seconds=1)
#: A mail that could not be delivered has come back by then.
_BOUNCES_END = timedelta(days=7)

Acts = tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Timeless:
    """Numbers of a report that grow without a time; an automation's recipients become more all the time, and tell nothing."""

    bounces: int = 0
    unsubscribed: int = 0
    recipients: int = 0

    @classmethod
    def of(cls, campaign: Campaign) -> Timeless:
        """The numbers as they are now."""
        return cls(campaign.bounces, campaign.unsubscribed, 0 if campaign.automation else campaign.recipients)


class Memory:
    """What is remembered between looks, as long as the process lives: it saves calls and decides nothing."""

    def __init__(self, client: MailchimpClient) -> None:
        self.clicks = Clicks(client)
        self.lists_everybody = False


class Told:
    """Each campaign's `Timeless` at the last look; `seen` holds them as text, and outlives the process."""

    def __init__(self, seen: MutableMapping[str, str]) -> None:
        self._seen = seen

    def has_news(self, campaign: Campaign, since: datetime) -> bool:
        """Whether anything happened since, or a number moved for which the report has no time."""
        newest = max(campaign.sent_at, campaign.opened_at, campaign.clicked_at)
        return newest >= since or (campaign.id in self._seen and self.of(campaign) != Timeless.of(campaign))

    def of(self, campaign: Campaign) -> Timeless:
        """Its numbers at the last look; nothing before the first."""
        return Timeless(*map(int, self._seen.get(campaign.id, "0 0 0").split()))

    def looked(self, campaign: Campaign) -> None:
        """To be called when everything of a look was told, or nothing was to be told."""
        now = Timeless.of(campaign)
        self._seen[campaign.id] = f"{now.bounces} {now.unsubscribed} {now.recipients}"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one campaign; `size`, `memory` and `told` are shared by all looks of a read."""

    client: MailchimpClient
    campaign: Campaign
    window: Window
    size: PageSize
    memory: Memory
    told: Told

    def first(self) -> Span | None:
        """The first page of activity, None where looking for the few with news is known to be better."""
        if self.memory.lists_everybody and self.campaign.recipients > self.size.rows and self._few_will_do():
            return None
        return self._activity().span(0, self.size.rows)

    def acts(self, first: Span | None) -> Iterator[Acts]:
        """All acts of the window, where `first` was the first page. Raises PlatformError."""
        if first is not None and first.total > len(first.rows) and not all(row.get("activity") for row in first.rows):
            self.memory.lists_everybody = True
        if self.memory.lists_everybody and self._few_will_do() and (first is None or first.total > len(first.rows)):
            yield from self._few(first)
        else:
            sent = self._just_sent()
            complete = first is not None and first.total >= self.campaign.recipients
            if sent and not complete:
                yield from self._recipients()
            proxied = self._proxied()
            for rows in self._activity().pages(first):
                yield self._of(rows, sent=sent and complete, proxied=proxied)
        if self.campaign.unsubscribed > self.told.of(self.campaign).unsubscribed:
            yield from self._leavers()

    def _few_will_do(self) -> bool:
        campaign, since = self.campaign, self.window.since
        over = not campaign.automation and campaign.sent_at < since - _BOUNCES_END
        bounced = campaign.bounces > self.told.of(campaign).bounces and not over
        return not bounced and not self._just_sent()

    def _just_sent(self) -> bool:
        """Whether there are new recipients: a campaign may go out by and by, and has one time of sending."""
        campaign, before = self.campaign, self.told.of(self.campaign).recipients
        begun = self.window.holds(campaign.sent_at) or before > 0
        return begun and not campaign.automation and campaign.recipients > before

    def _few(self, first: Span | None) -> Iterator[Acts]:
        """Openers since and clickers since, unless all pages are fewer calls."""
        clickers = self._clickers()
        everybody = ceil((first.total if first else self.campaign.recipients) / self.size.rows)
        if len(clickers.members) < everybody:
            yield from self._openers()
            rows = self.memory.clicks.acts_of(self.campaign.id, clickers.members)
            yield self._of(rows)
            counted = {str(row.get("email_id")): len(_clicks(row)) for row in rows}
            untold = {one for one in clickers.members if counted.get(one, 0) < clickers.clicks_of(one)}
            untold |= self._late(rows)
        else:
            untold, proxied = set(), self._proxied()
            for page in self._activity().pages(first):
                yield self._of(page, proxied=proxied)
                untold |= self._late(page)
        self.memory.clicks.remember(clickers, untold)

    def _clickers(self) -> Clickers:
        if self.campaign.clicked_at < self.window.since:
            return Clickers(self.campaign.id, {})
        return self.memory.clicks.grown(self.campaign.id, self.window.since, self.size)

    def _openers(self) -> Iterator[Acts]:
        if self.campaign.opened_at < self.window.since:
            return
        for rows in self._listing(OPENS, "members", ("email_id", "opens"), since=True).pages():
            yield tuple(
                self.window.act(
                    self.campaign,
                    str(row.get("email_id")),
                    "email_open",
                    at,
                    by_proxy=entry.get("is_proxy_open") is True,
                )
                for row in rows
                for entry in row.get("opens") or ()
                if self.window.holds(at := time_of(entry.get("timestamp")))
            )

    def _proxied(self) -> frozenset[Activity]:
        """The opens since that no person made; nothing is asked where the report knows of none."""
        if not self.campaign.proxy_opens:
            return frozenset()
        return frozenset(act for acts in self._openers() for act in acts if act.by_proxy)

    def _recipients(self) -> Iterator[Acts]:
        for rows in self._listing(SENT_TO, "sent_to", ("email_id",)).pages():
            yield tuple(self._sent(row) for row in rows)

    def _leavers(self) -> Iterator[Acts]:
        for rows in self._listing(UNSUBSCRIBED, "unsubscribes", ("email_id", "timestamp")).pages():
            yield tuple(
                self.window.act(self.campaign, str(row.get("email_id")), "unsubscribe", at)
                for row in rows
                if (at := time_of(row.get("timestamp"))) >= self.window.since
            )

    def _of(self, rows: Sequence[Row], *, sent: bool = False, proxied: frozenset[Activity] = frozenset()) -> Acts:
        acts: list[Activity] = []
        for row in rows:
            if sent:
                acts.append(self._sent(row))
            for act in self.window.acts(self.campaign, str(row.get("email_id")), row.get("activity") or ()):
                by_proxy = replace(act, by_proxy=True)
                acts.append(by_proxy if by_proxy in proxied else act)
        return tuple(acts)

    def _sent(self, row: Row) -> Activity:
        return self.window.act(self.campaign, str(row.get("email_id")), "email_sent", self.campaign.sent_at)

    def _late(self, rows: Sequence[Row]) -> set[str]:
        """Who clicked after the window: that click is told next time, when she must not pass for known."""
        until = self.window.until
        return {
            str(row.get("email_id"))
            for row in rows
            if any(time_of(click.get("timestamp")) > until for click in _clicks(row))
        }

    def _activity(self) -> Listing:
        return self._listing(EMAIL_ACTIVITY, "emails", ("email_id", "activity"), since=True)

    def _listing(self, template: str, key: str, fields: Sequence[str], *, since: bool = False) -> Listing:
        query: dict[str, object] = {"fields": (*(f"{key}.{name}" for name in fields), "total_items")}
        if since:
            query["since"] = (self.window.since - _GRAIN).isoformat(timespec="seconds")
        return Listing(
            self.client, template, {"campaign_id": self.campaign.id}, key, query, self.size, may_be_gone=True
        )


def _clicks(row: Row) -> list[Row]:
    return [entry for entry in row.get("activity") or () if entry.get("action") == "click"]

"""What a campaign's report tells at a glance, and acts as Mailchimp words them (facts/mailchimp.md §5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.mailchimp.members import moment, text_of
from adapters.mailchimp.paging import Row
from adapters.ports import Activity, PlatformUnreachable

REPORT_FIELDS = (
    "id",
    "list_id",
    "type",
    "campaign_title",
    "subject_line",
    "emails_sent",
    "send_time",
    "unsubscribed",
    "bounces.hard_bounces",
    "bounces.soft_bounces",
    "opens",  # whole: an account that knows nothing of privacy proxies would refuse the name of their number
    "clicks.last_click",
)

_KINDS = {"open": "email_open", "click": "email_click", "bounce": "email_bounce"}
_NEVER = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A report. Mails of automations go out one by one: their `sent_at` is that of the first at best.

    `proxy_opens` of the opens were made by privacy proxies; 0 where the report does not tell.
    """

    id: str
    name: str
    automation: bool
    sent_at: datetime
    opened_at: datetime
    clicked_at: datetime
    recipients: int
    bounces: int
    unsubscribed: int
    proxy_opens: int


@dataclass(frozen=True, slots=True)
class Window:
    """Acts in [since, until], told as acts of `source`.

    Bounces and leavings later than `until` are told too: that there is something of them is seen by their number, once.
    """

    source: str
    since: datetime
    until: datetime

    def acts(self, campaign: Campaign, member: str, entries: Sequence[Row]) -> Iterator[Activity]:
        """The entries of email activity that lie in the window. Raises PlatformUnreachable for a time that is none."""
        for entry in entries:
            kind, at = _KINDS.get(str(entry.get("action"))), time_of(entry.get("timestamp"))
            if kind and (self.holds(at) or (kind == "email_bounce" and at >= self.since)):
                yield self.act(campaign, member, kind, at, text_of(entry.get("url")) or "")

    def act(
        self, campaign: Campaign, member: str, kind: str, at: datetime, asset: str = "", *, by_proxy: bool = False
    ) -> Activity:
        """One act, whenever it was."""
        return Activity(self.source, member, kind, at, campaign.id, campaign.name, asset, by_proxy)

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in the window."""
        return self.since <= at <= self.until


def campaign_of(report: Row) -> Campaign:
    """A report of the listing. Raises PlatformUnreachable when it cannot be understood."""
    opens, clicks, bounces = (report.get(name) or {} for name in ("opens", "clicks", "bounces"))
    id_, total = str(report["id"]), int(opens.get("opens_total") or 0)
    return Campaign(
        id=id_,
        name=text_of(report.get("campaign_title")) or text_of(report.get("subject_line")) or id_,
        automation="auto" in str(report.get("type")),
        sent_at=time_of(report.get("send_time")),
        opened_at=time_of(opens.get("last_open")),
        clicked_at=time_of(clicks.get("last_click")),
        recipients=int(report.get("emails_sent") or 0),
        bounces=int(bounces.get("hard_bounces") or 0) + int(bounces.get("soft_bounces") or 0),
        unsubscribed=int(report.get("unsubscribed") or 0),
        proxy_opens=total - int(opens.get("proxy_excluded_opens", total) or 0),
    )


def time_of(text: object) -> datetime:
    """A time of a report; long ago where it is empty, which is Mailchimp's "never"."""
    try:
        return moment(text) if text else _NEVER
    except ValueError as error:
        raise PlatformUnreachable("mailchimp", f"a report not understood: {error}", maybe_applied=False) from error

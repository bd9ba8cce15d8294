"""What members did with campaigns: one look at all reports, then only at the campaigns with news (facts/mailchimp.md §5).

Mailchimp has no webhook for opens and clicks, and asking member by member would be a call each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import moment, text_of
from adapters.ports import Activity, PlatformUnreachable

REPORTS = "/reports"
EMAIL_ACTIVITY = "/reports/{campaign_id}/email-activity"

_REPORT_FIELDS = (
    "id",
    "list_id",
    "type",
    "campaign_title",
    "subject_line",
    "send_time",
    "opens.last_open",
    "clicks.last_click",
)
_EMAIL_FIELDS = ("emails.email_id", "emails.list_id", "emails.activity", "total_items")
_KINDS = {"open": "email_open", "click": "email_click", "bounce": "email_bounce"}

#: More rows of email activity than these in one answer have ended in a 504 (facts/mailchimp.md §2).
_EMAILS_A_PAGE = 500
_GRAIN = timedelta(seconds=1)


def activity(
    client: MailchimpClient, *, source: str, list_id: str, since: datetime, until: datetime, page_size: int
) -> Iterator[tuple[Activity, ...]]:
    """Acts in [since, until] in every campaign of the audience `list_id` that was sent, opened or clicked since.

    A campaign sent in the window gives an `email_sent` for each recipient; mails of automations go out one by one, at
    times that no report tells, and give none. Yields page by page. Raises PlatformError. Read-only.
    """
    for report in _paged(client, REPORTS, {}, "reports", _reports_query(), page_size):
        if report.get("list_id") == list_id and _news(report) >= since:
            yield from _of_campaign(client, source, report, since, until)


def _of_campaign(
    client: MailchimpClient, source: str, report: Mapping[str, Any], since: datetime, until: datetime
) -> Iterator[tuple[Activity, ...]]:
    campaign = str(report["id"])
    name = text_of(report.get("campaign_title")) or text_of(report.get("subject_line")) or campaign
    sent_at = _time(report.get("send_time"))
    at_once = "automation" not in str(report.get("type")) and since <= sent_at <= until
    query = {"since": (since - _GRAIN).isoformat(timespec="seconds"), "fields": _EMAIL_FIELDS}
    for emails in _pages(client, EMAIL_ACTIVITY, {"campaign_id": campaign}, "emails", query, _EMAILS_A_PAGE):
        acts: list[Activity] = []
        for email in emails:
            member = str(email.get("email_id") or "")
            if at_once:
                acts.append(Activity(source, member, "email_sent", sent_at, campaign, name))
            for entry in email.get("activity") or ():
                kind, at = _KINDS.get(str(entry.get("action"))), _time(entry.get("timestamp"))
                if kind and since <= at <= until:
                    acts.append(Activity(source, member, kind, at, campaign, name, text_of(entry.get("url")) or ""))
        if acts:
            yield tuple(acts)


def _reports_query() -> dict[str, object]:
    return {"fields": (*(f"reports.{name}" for name in _REPORT_FIELDS), "total_items")}


def _news(report: Mapping[str, Any]) -> datetime:
    """When the campaign was last sent, opened or clicked."""
    opens, clicks = report.get("opens") or {}, report.get("clicks") or {}
    return max(_time(report.get("send_time")), _time(opens.get("last_open")), _time(clicks.get("last_click")))


def _time(text: object) -> datetime:
    """A time of a report; long ago where it is empty, which is Mailchimp's "never"."""
    try:
        return moment(text or "0001-01-02T00:00:00+00:00")
    except ValueError as error:
        raise PlatformUnreachable("mailchimp", f"a report not understood: {error}", maybe_applied=False) from error


def _paged(
    client: MailchimpClient, template: str, path: Mapping[str, str], key: str, query: Mapping[str, object], count: int
) -> Iterator[Mapping[str, Any]]:
    for rows in _pages(client, template, path, key, query, count):
        yield from rows


def _pages(
    client: MailchimpClient, template: str, path: Mapping[str, str], key: str, query: Mapping[str, object], count: int
) -> Iterator[Sequence[Mapping[str, Any]]]:
    offset, total = 0, 1
    while offset < total:
        answer = client.call("GET", template, path, {**query, "count": count, "offset": offset})
        rows = answer.get(key) or []
        if not rows:
            return
        yield rows
        offset += len(rows)
        total = int(answer.get("total_items") or 0)

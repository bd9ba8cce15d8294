"""Campaigns and reports as the API shows them (facts/mailchimp.md §5)."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.campaigns import Campaign, Mailing
from adapters.sandbox.mailchimp.shape import stamp


def link_id(url: str) -> str:
    """The id of a link inside a campaign."""
    return hashlib.sha256(url.encode()).hexdigest()[:10]


def campaign_json(campaign: Campaign, audience: Audience) -> Json:
    """One campaign, without links."""
    totals, sent = campaign.totals, len(campaign.mailings)
    return {
        "id": campaign.id,
        "web_id": campaign.web_id,
        "type": campaign.type,
        "create_time": stamp(campaign.created),
        "archive_url": f"https://mailchi.mp/sandbox/{campaign.id}",
        "status": campaign.status,
        "emails_sent": sent,
        "send_time": stamp(campaign.send_time),
        "content_type": "template",
        "recipients": {
            "list_id": audience.id,
            "list_is_active": True,
            "list_name": audience.name,
            "segment_text": "",
            "recipient_count": sent,
        },
        "settings": {
            "subject_line": campaign.subject,
            "preview_text": "",
            "title": campaign.title,
            "from_name": "Sandbox",
            "reply_to": "hello@sandbox.example",
        },
        "tracking": {"opens": True, "html_clicks": True, "text_clicks": False},
        "report_summary": {
            "opens": totals.opens,
            "unique_opens": totals.unique_opens,
            "open_rate": _rate(totals.unique_opens, sent),
            "clicks": totals.clicks,
            "subscriber_clicks": totals.clickers,
            "click_rate": _rate(totals.clickers, sent),
            "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
        },
        "delivery_status": {"enabled": False},
    }


def report_json(campaign: Campaign, audience: Audience) -> Json:
    """One report, without links."""
    totals, sent = campaign.totals, len(campaign.mailings)
    human = totals.unique_opens - totals.unique_proxy_opens
    return {
        "id": campaign.id,
        "campaign_title": campaign.title,
        "type": campaign.type,
        "list_id": audience.id,
        "list_is_active": True,
        "list_name": audience.name,
        "subject_line": campaign.subject,
        "preview_text": "",
        "emails_sent": sent,
        "abuse_reports": totals.complaints,
        "unsubscribed": totals.unsubscribed,
        "send_time": stamp(campaign.send_time),
        "bounces": {
            "hard_bounces": totals.hard_bounces,
            "soft_bounces": totals.soft_bounces,
            "syntax_errors": 0,
        },
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": {
            "opens_total": totals.opens,
            "proxy_excluded_opens": totals.opens - totals.proxy_opens,
            "unique_opens": totals.unique_opens,
            "proxy_excluded_unique_opens": human,
            "open_rate": _rate(totals.unique_opens, sent),
            "proxy_excluded_open_rate": _rate(human, sent),
            "last_open": stamp(totals.last_open),
        },
        "clicks": {
            "clicks_total": totals.clicks,
            "unique_clicks": totals.clickers,
            "unique_subscriber_clicks": totals.clickers,
            "click_rate": _rate(totals.clickers, sent),
            "last_click": stamp(totals.last_click),
        },
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 0, "click_rate": 0},
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0, "currency_code": "EUR"},
        "delivery_status": {"enabled": False},
    }


def recipient(campaign: Campaign, mailing: Mailing) -> Json:
    """The keys that every per-recipient row begins with."""
    return {
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": True,
        "email_id": mailing.member.id,
        "email_address": mailing.member.email,
    }


def person(campaign: Campaign, audience: Audience, mailing: Mailing) -> Json:
    """The same with the member's merge fields."""
    member = mailing.member
    return {**recipient(campaign, mailing), "merge_fields": audience.merges_of(member), "vip": member.vip}


def activity_row(campaign: Campaign, mailing: Mailing, since: datetime | None) -> Json:
    """One recipient with what she did after `since`; the list may be empty (facts §5)."""
    acts = [act for action in ("open", "click", "bounce") for act in mailing.of(action)]
    shown = sorted((act for act in acts if since is None or act.at > since), key=lambda act: act.at)
    return {**recipient(campaign, mailing), "activity": [act.as_json() for act in shown]}


def sent_row(campaign: Campaign, audience: Audience, mailing: Mailing) -> Json:
    """One recipient of sent-to."""
    opens = mailing.of("open")
    return {
        **person(campaign, audience, mailing),
        "status": mailing.status,
        "open_count": len(opens),
        "last_open": stamp(max((act.at for act in opens), default=None)),
        "absplit_group": "",
        "gmt_offset": 0,
    }


def open_row(campaign: Campaign, audience: Audience, mailing: Mailing, since: datetime | None) -> Json | None:
    """One opener of open-details, None where she did not open after `since`."""
    opens = [act for act in mailing.of("open") if since is None or act.at > since]
    if not opens:
        return None
    return {
        **person(campaign, audience, mailing),
        "contact_status": mailing.member.status,
        "opens_count": len(opens),
        "proxy_excluded_opens_count": sum(not act.proxy for act in opens),
        "opens": [{"timestamp": stamp(act.at), "is_proxy_open": act.proxy} for act in opens],
    }


def click_rows(campaign: Campaign) -> list[Json]:
    """One row for each link that was clicked; without `since`, as in the real contract."""
    total = campaign.totals.clicks
    rows = []
    for url in sorted({act.url for mailing in campaign.mailings.values() for act in mailing.of("click")}):
        clicks = [act for mailing in campaign.mailings.values() for act in mailing.of("click") if act.url == url]
        unique = len(list(clickers(campaign, link_id(url))))
        rows.append(
            {
                "id": link_id(url),
                "url": url,
                "total_clicks": len(clicks),
                "click_percentage": _rate(len(clicks), total),
                "unique_clicks": unique,
                "unique_click_percentage": _rate(unique, campaign.totals.clickers),
                "last_click": stamp(max(act.at for act in clicks)),
                "campaign_id": campaign.id,
            }
        )
    return rows


def clickers(campaign: Campaign, wanted: str) -> Iterable[tuple[Mailing, int]]:
    """Who clicked a link (by its id), and how often."""
    for mailing in campaign.mailings.values():
        times = sum(link_id(act.url) == wanted for act in mailing.of("click"))
        if times:
            yield mailing, times


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0

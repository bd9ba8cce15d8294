"""Reports: what became of each campaign."""

from collections.abc import Sequence

from adapters.sandbox.mailchimp import asking, reports, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.campaign_routes import sent_between
from adapters.sandbox.mailchimp.campaigns import Campaign
from adapters.sandbox.mailchimp.links import REPORT, links
from adapters.sandbox.mailchimp.problems import not_found
from adapters.sandbox.web import Request


def all_reports(account: Account, request: Request) -> Json:
    """GET /reports: every campaign that was sent, newest first; automation mails have none until the first is sent."""
    found = [
        one
        for one in account.campaigns.values()
        if one.send_time is not None and request.arg("type") in ("", one.type) and sent_between(one, request)
    ]
    found.sort(key=lambda one: shape.stamp(one.send_time), reverse=True)
    shown = [_report_json(account, one, request) for one in asking.page(request).cut(found)]
    answer: Json = {"reports": shown, "total_items": len(found)}
    if shape.wants_links(request):
        answer["_links"] = links("/reports", "Reports")
    return answer


def one_report(account: Account, request: Request) -> Json:
    """GET /reports/{id}."""
    campaign, _place = _found(account, request)
    return _report_json(account, campaign, request)


def email_activity(account: Account, request: Request) -> Json:
    """GET …/email-activity?since=: recipients with what they did since; those who did nothing, by switch (facts §5)."""
    campaign, _place = _found(account, request)
    since, mailings = asking.moment(request, "since"), list(campaign.mailings.values())
    if since is not None and not account.switches.idle_listed:
        mailings = [one for one in mailings if any(act.at > since for act in one.acts)]
    rows = [reports.activity_row(campaign, one, since) for one in asking.page(request).cut(mailings)]
    return _listed(request, campaign, "emails", "email-activity", rows, len(mailings))


def one_email_activity(account: Account, request: Request) -> Json:
    """GET …/email-activity/{hash}?since=: the same for one recipient."""
    campaign, _place = _found(account, request)
    wanted = request.params["hash"]
    for mailing in campaign.mailings.values():
        if mailing.member.id == wanted:
            shown = reports.activity_row(campaign, mailing, asking.moment(request, "since"))
            if shape.wants_links(request):
                shown["_links"] = links(f"/reports/{campaign.id}/email-activity/{wanted}", "Reports")
            return shown
    raise not_found()


def sent_to(account: Account, request: Request) -> Json:
    """GET …/sent-to."""
    campaign, place = _found(account, request)
    mailings = list(campaign.mailings.values())
    rows = [reports.sent_row(campaign, place, one) for one in asking.page(request).cut(mailings)]
    return _listed(request, campaign, "sent_to", "sent-to", rows, len(mailings))


def open_details(account: Account, request: Request) -> Json:
    """GET …/open-details?since=: only who opened."""
    campaign, place = _found(account, request)
    since = asking.moment(request, "since")
    made = (reports.open_row(campaign, place, one, since) for one in campaign.mailings.values())
    rows = [row for row in made if row is not None]
    answer = _listed(request, campaign, "members", "open-details", asking.page(request).cut(rows), len(rows))
    answer["total_opens"] = campaign.totals.opens
    answer["total_proxy_excluded_opens"] = campaign.totals.opens - campaign.totals.proxy_opens
    return answer


def click_details(account: Account, request: Request) -> Json:
    """GET …/click-details: by link."""
    campaign, _place = _found(account, request)
    rows = reports.click_rows(campaign)
    return _listed(request, campaign, "urls_clicked", "click-details", asking.page(request).cut(rows), len(rows))


def click_members(account: Account, request: Request) -> Json:
    """GET …/click-details/{link_id}/members: who clicked that link."""
    campaign, place = _found(account, request)
    link = request.params["link_id"]
    rows = [
        {
            **reports.person(campaign, place, mailing),
            "contact_status": mailing.member.status,
            "clicks": times,
            "url_id": link,
        }
        for mailing, times in reports.clickers(campaign, link)
    ]
    if not rows:
        raise not_found()
    place_in_path = f"click-details/{link}/members"
    return _listed(request, campaign, "members", place_in_path, asking.page(request).cut(rows), len(rows))


def unsubscribed(account: Account, request: Request) -> Json:
    """GET …/unsubscribed: who left through this campaign."""
    campaign, place = _found(account, request)
    rows = [
        {
            **reports.person(campaign, place, one),
            "timestamp": shape.stamp(one.unsubscribed_at),
            "reason": one.member.unsubscribe_reason,
        }
        for one in campaign.mailings.values()
        if one.unsubscribed_at is not None
    ]
    return _listed(request, campaign, "unsubscribes", "unsubscribed", asking.page(request).cut(rows), len(rows))


def abuse_reports(account: Account, request: Request) -> Json:
    """GET …/abuse-reports: who called it spam; no paging in the contract."""
    campaign, place = _found(account, request)
    rows = [
        {**reports.person(campaign, place, one), "id": one.member.web_id, "date": shape.stamp(one.complained_at)}
        for one in campaign.mailings.values()
        if one.complained_at is not None
    ]
    return _listed(request, campaign, "abuse_reports", "abuse-reports", rows, len(rows))


def _found(account: Account, request: Request) -> tuple[Campaign, Audience]:
    campaign = account.campaign(request.params["campaign_id"])
    if campaign.send_time is None:
        raise not_found()
    return campaign, account.audience(campaign.list_id)


def _report_json(account: Account, campaign: Campaign, request: Request) -> Json:
    shown = reports.report_json(campaign, account.audience(campaign.list_id))
    if shape.wants_links(request):
        shown["_links"] = links(f"/reports/{campaign.id}", "Reports", REPORT)
    return shown


def _listed(request: Request, campaign: Campaign, name: str, path: str, rows: Sequence[Json], total: int) -> Json:
    answer: Json = {name: list(rows), "campaign_id": campaign.id, "total_items": total}
    if shape.wants_links(request):
        for row in answer[name]:
            row["_links"] = links(f"/reports/{campaign.id}/{path}/{row.get('email_id', row.get('id'))}", "Reports")
        answer["_links"] = links(f"/reports/{campaign.id}/{path}", "Reports")
    return answer


_ONE = "/reports/{campaign_id}"
ROUTES = (
    ("GET", "/reports", all_reports),
    ("GET", _ONE, one_report),
    ("GET", f"{_ONE}/email-activity", email_activity),
    ("GET", f"{_ONE}/email-activity/{{hash}}", one_email_activity),
    ("GET", f"{_ONE}/sent-to", sent_to),
    ("GET", f"{_ONE}/open-details", open_details),
    ("GET", f"{_ONE}/click-details", click_details),
    ("GET", f"{_ONE}/click-details/{{link_id}}/members", click_members),
    ("GET", f"{_ONE}/unsubscribed", unsubscribed),
    ("GET", f"{_ONE}/abuse-reports", abuse_reports),
)

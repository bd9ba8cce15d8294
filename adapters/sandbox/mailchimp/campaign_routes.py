"""Campaigns: list and get."""

from datetime import datetime

from adapters.sandbox.mailchimp import asking, reports, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.campaigns import Campaign
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.web import Request


def all_campaigns(account: Account, request: Request) -> Json:
    """GET /campaigns: newest first unless sorted."""
    found = [one for one in reversed(account.campaigns.values()) if _fits(one, request)]
    if asking.choice(request, "sort_field", ("create_time", "send_time")):
        created = request.arg("sort_field") == "create_time"
        found.sort(
            key=lambda one: shape.stamp(one.created if created else one.send_time),
            reverse=asking.choice(request, "sort_dir", ("asc", "desc")) != "asc",
        )
    shown = [_campaign_json(account, one, request) for one in asking.page(request).cut(found)]
    answer: Json = {"campaigns": shown, "total_items": len(found)}
    if shape.wants_links(request):
        answer["_links"] = links("/campaigns", "Campaigns")
    return answer


def one_campaign(account: Account, request: Request) -> Json:
    """GET /campaigns/{id}."""
    return _campaign_json(account, account.campaign(request.params["campaign_id"]), request)


def sent_between(campaign: Campaign, request: Request) -> bool:
    """Whether a campaign's send time is strictly inside `since_send_time` and `before_send_time`."""
    return _inside(campaign.send_time, request, "send_time")


def _fits(campaign: Campaign, request: Request) -> bool:
    wanted = {"type": campaign.type, "status": campaign.status, "list_id": campaign.list_id}
    return (
        all(request.arg(name) in ("", value) for name, value in wanted.items())
        and sent_between(campaign, request)
        and _inside(campaign.created, request, "create_time")
    )


def _inside(at: datetime | None, request: Request, name: str) -> bool:
    since, before = asking.moment(request, f"since_{name}"), asking.moment(request, f"before_{name}")
    if since is None and before is None:
        return True
    return at is not None and (since is None or at > since) and (before is None or at < before)


def _campaign_json(account: Account, campaign: Campaign, request: Request) -> Json:
    shown = reports.campaign_json(campaign, account.audience(campaign.list_id))
    if shape.wants_links(request):
        shown["_links"] = links(f"/campaigns/{campaign.id}", "Campaigns")
    return shown


ROUTES = (
    ("GET", "/campaigns", all_campaigns),
    ("GET", "/campaigns/{campaign_id}", one_campaign),
)

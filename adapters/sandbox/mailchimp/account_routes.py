"""The account itself, ping, batches, and the API trigger of a flow."""

from adapters.sandbox.mailchimp import asking, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.mailchimp.problems import bad_request, not_found
from adapters.sandbox.web import Request


def root(account: Account, request: Request) -> Json:
    """GET /: the account."""
    shown: Json = {
        "account_id": account.id,
        "login_id": account.id,
        "account_name": account.name,
        "email": "owner@sandbox.example",
        "first_name": "Sandbox",
        "last_name": "Owner",
        "username": "sandbox",
        "avatar_url": "",
        "role": "owner",
        "member_since": "2019-03-01T09:00:00+00:00",
        "pricing_plan_type": "monthly",
        "first_payment": "2019-04-01T09:00:00+00:00",
        "account_timezone": "Europe/Madrid",
        "account_industry": "Software",
        "contact": {
            "company": account.name,
            "addr1": "",
            "addr2": "",
            "city": "",
            "state": "",
            "zip": "",
            "country": "ES",
        },
        "pro_enabled": False,
        "last_login": shape.stamp(account.now()),
        "total_subscribers": sum(place.count("subscribed", account.seen_at()) for place in account.audiences.values()),
        "industry_stats": {"open_rate": 0.21, "bounce_rate": 0.01, "click_rate": 0.02},
    }
    if shape.wants_links(request):
        shown["_links"] = links("/", "Root")
    return shown


def ping(_account: Account, _request: Request) -> Json:
    """GET /ping."""
    return {"health_status": "Everything's Chimpy!"}


def trigger(account: Account, request: Request) -> None:
    """POST …/actions/trigger: 404 for unknown ids, 400 for a stranger or a flow that is off (facts §6)."""
    journey = (_number(request, "journey_id"), _number(request, "step_id"))
    flow = next((one for one in account.flows.all if one.journey == journey), None)
    if flow is None:
        raise not_found()
    email = asking.text(asking.body(request), "email_address")
    member = account.audience(flow.list_id).find(email)
    if member is None or member.status == "archived":
        raise bad_request("The contact is not in the audience of this journey.")
    if not flow.on and account.switches.off_flows_say_no:
        raise bad_request("The journey is not active.")
    account.flows.triggered(flow, member, account.now() + account.switches.lag)
    account.settle()


def start_batch(account: Account, request: Request) -> Json:
    """POST /batches."""
    operations = asking.body(request).get("operations")
    return account.batches.start(account.hex_id(), operations, account.now()).as_json("")


def all_batches(account: Account, request: Request) -> Json:
    """GET /batches: all of them unless a count is given; a look at the list moves no batch on."""
    rows = list(account.batches.all.values())
    shown = asking.page(request).cut(rows) if request.arg("count") else rows
    return {"batches": [one.as_json("") for one in shown], "total_items": len(rows)}


def _number(request: Request, name: str) -> int:
    value = request.params[name]
    if not value.isdigit():
        raise not_found()
    return int(value)


ROUTES = (
    ("GET", "/", root),
    ("GET", "/ping", ping),
    ("POST", "/customer-journeys/journeys/{journey_id}/steps/{step_id}/actions/trigger", trigger),
    ("POST", "/batches", start_batch),
    ("GET", "/batches", all_batches),
)

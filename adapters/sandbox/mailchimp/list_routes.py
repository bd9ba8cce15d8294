"""Audiences, their merge fields, and the bulk write."""

from datetime import datetime

from adapters.sandbox.mailchimp import asking, bulk, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.campaigns import Campaign
from adapters.sandbox.mailchimp.links import AUDIENCE, links
from adapters.sandbox.mailchimp.merge_fields import MergeField, checked_tag
from adapters.sandbox.mailchimp.problems import invalid, not_found
from adapters.sandbox.web import Request

_SETTABLE = ("name", "required", "default_value", "public", "display_order", "options", "help_text")


def all_lists(account: Account, request: Request) -> Json:
    """GET /lists."""
    email = request.arg("email")
    places = [one for one in account.audiences.values() if not email or one.find(email) is not None]
    shown = asking.page(request).cut(places)
    answer: Json = {
        "lists": [_list_json(account, place, request) for place in shown],
        "total_items": len(places),
        "constraints": {"may_create": False, "max_instances": 5, "current_total_instances": len(account.audiences)},
    }
    if shape.wants_links(request):
        answer["_links"] = links("/lists", "Lists")
    return answer


def one_list(account: Account, request: Request) -> Json:
    """GET /lists/{id}."""
    return _list_json(account, account.audience(request.params["list_id"]), request)


def write_members(account: Account, request: Request) -> Json:
    """POST /lists/{id}: see `bulk`."""
    place = account.audience(request.params["list_id"])
    outcome = bulk.write(
        account,
        place,
        asking.body(request),
        skip_merges=asking.flag(request, "skip_merge_validation"),
        skip_duplicates=asking.flag(request, "skip_duplicate_check"),
    )
    answer: Json = {
        "new_members": [place.member_json(member) for member in outcome.created],
        "updated_members": [place.member_json(member) for member in outcome.updated],
        "errors": outcome.errors,
        "total_created": len(outcome.created),
        "total_updated": len(outcome.updated),
        "error_count": len(outcome.errors),
    }
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}", "Lists")
    return answer


def merge_fields(account: Account, request: Request) -> Json:
    """GET /lists/{id}/merge-fields, by tag; EMAIL is not among them."""
    place = account.audience(request.params["list_id"])
    kind, required = request.arg("type"), request.arg("required")
    found = [
        one
        for one in sorted(place.fields, key=lambda one: one.tag)
        if (not kind or one.type == kind) and (not required or one.required == asking.flag(request, "required"))
    ]
    shown = [_field_json(place, one, request) for one in asking.page(request).cut(found)]
    answer: Json = {"merge_fields": shown, "list_id": place.id, "total_items": len(found)}
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}/merge-fields", "Lists/MergeFields")
    return answer


def merge_field(account: Account, request: Request) -> Json:
    """GET /lists/{id}/merge-fields/{merge_id}."""
    place, field = _field(account, request)
    return _field_json(place, field, request)


def add_merge_field(account: Account, request: Request) -> Json:
    """POST /lists/{id}/merge-fields; without a tag Mailchimp makes one up."""
    place, body = account.audience(request.params["list_id"]), asking.body(request)
    name, kind = asking.text(body, "name"), asking.text(body, "type")
    tag = body.get("tag") or f"MMERGE{len(place.fields) + 1}"
    settings = {key: body[key] for key in _SETTABLE if key in body and key != "name"}
    return _field_json(place, place.define(tag, name, kind, **settings), request)


def update_merge_field(account: Account, request: Request) -> Json:
    """PATCH /lists/{id}/merge-fields/{merge_id}; the type stays, values survive a new tag."""
    place, field = _field(account, request)
    body = asking.body(request)
    if "tag" in body:
        tag = checked_tag(body["tag"])
        if (other := place.field_by_tag(tag)) is not None and other is not field:
            raise invalid(("tag", f'A Merge Field with the tag "{tag}" already exists for this list.'))
        field.tag = tag
    for key in _SETTABLE:
        if key in body:
            setattr(field, key, body[key])
    return _field_json(place, field, request)


def delete_merge_field(account: Account, request: Request) -> None:
    """DELETE /lists/{id}/merge-fields/{merge_id}: every value goes with it."""
    place, field = _field(account, request)
    place.fields.remove(field)
    for member in place:
        member.merges.pop(field.merge_id, None)


def _field(account: Account, request: Request) -> tuple[Audience, MergeField]:
    place = account.audience(request.params["list_id"])
    for field in place.fields:
        if str(field.merge_id) == request.params["merge_id"]:
            return place, field
    raise not_found()


def _field_json(place: Audience, field: MergeField, request: Request) -> Json:
    shown = field.as_json(place.id)
    if shape.wants_links(request):
        shown["_links"] = links(f"/lists/{place.id}/merge-fields/{field.merge_id}", "Lists/MergeFields")
    return shown


def _list_json(account: Account, place: Audience, request: Request) -> Json:
    shown: Json = {
        "id": place.id,
        "web_id": place.web_id,
        "name": place.name,
        "contact": {
            "company": account.name,
            "address1": "",
            "address2": "",
            "city": "",
            "state": "",
            "zip": "",
            "country": "ES",
            "phone": "",
        },
        "permission_reminder": "You signed up on our website.",
        "use_archive_bar": True,
        "campaign_defaults": {
            "from_name": account.name,
            "from_email": "hello@sandbox.example",
            "subject": "",
            "language": "en",
        },
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": shape.stamp(place.created),
        "list_rating": 0,
        "email_type_option": False,
        "subscribe_url_short": f"https://eepurl.com/{place.id}",
        "subscribe_url_long": f"https://sandbox.us19.list-manage.com/subscribe?u=sandbox&id={place.id}",
        "beamer_address": "us19-0000000000-0000000000@inbound.mailchimp.com",
        "visibility": "prv",
        "double_optin": place.double_optin,
        "has_welcome": False,
        "marketing_permissions": bool(place.permissions),
        "modules": [],
        "stats": _stats(account, place, with_total=asking.flag(request, "include_total_contacts")),
    }
    if shape.wants_links(request):
        shown["_links"] = links(f"/lists/{place.id}", "Lists", AUDIENCE)
    return shown


def _stats(account: Account, place: Audience, *, with_total: bool) -> Json:
    at = account.seen_at()
    sent = [one for one in account.campaigns.values() if one.list_id == place.id and one.send_time is not None]
    mails = sum(len(one.mailings) for one in sent)
    stats: Json = {
        "member_count": place.count("subscribed", at),
        "unsubscribe_count": place.count("unsubscribed", at),
        "cleaned_count": place.count("cleaned", at),
        "member_count_since_send": place.count("subscribed", at),
        "unsubscribe_count_since_send": 0,
        "cleaned_count_since_send": 0,
        "campaign_count": len(sent),
        "campaign_last_sent": shape.stamp(max((_sent_at(one) for one in sent), default=None)),
        "merge_field_count": len(place.fields),
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": round(100 * sum(one.totals.unique_opens for one in sent) / mails, 2) if mails else 0,
        "click_rate": round(100 * sum(one.totals.clickers for one in sent) / mails, 2) if mails else 0,
        "last_sub_date": shape.stamp(place.last_sub),
        "last_unsub_date": shape.stamp(place.last_unsub),
    }
    if with_total:
        statuses = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
        stats["total_contacts"] = sum(place.count(status, at) for status in statuses)
    return stats


def _sent_at(campaign: Campaign) -> datetime:
    return campaign.send_time or campaign.created


ROUTES = (
    ("GET", "/lists", all_lists),
    ("GET", "/lists/{list_id}", one_list),
    ("POST", "/lists/{list_id}", write_members),
    ("GET", "/lists/{list_id}/merge-fields", merge_fields),
    ("POST", "/lists/{list_id}/merge-fields", add_merge_field),
    ("GET", "/lists/{list_id}/merge-fields/{merge_id}", merge_field),
    ("PATCH", "/lists/{list_id}/merge-fields/{merge_id}", update_merge_field),
    ("DELETE", "/lists/{list_id}/merge-fields/{merge_id}", delete_merge_field),
)

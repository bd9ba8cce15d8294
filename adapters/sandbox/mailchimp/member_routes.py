"""Members: listing, reading, writing, tags, events, activity."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from adapters.sandbox.mailchimp import asking, consent, shape, writing
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.links import MEMBER, links
from adapters.sandbox.mailchimp.member import STATUSES, Member, unique_email_id
from adapters.sandbox.mailchimp.problems import invalid, not_found
from adapters.sandbox.mailchimp.segments import MAX_TAG_NAME
from adapters.sandbox.web import Request

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SORTS: dict[str, Callable[[Member], datetime]] = {
    "timestamp_opt": lambda member: member.timestamp_opt or _NEVER,
    "timestamp_signup": lambda member: member.timestamp_signup or _NEVER,
    "last_changed": lambda member: member.last_changed,
}
_EVENT_NAME = re.compile(r"[A-Za-z0-9_-]{2,30}")
_RECENT = 50


def all_members(account: Account, request: Request) -> Json:
    """GET …/members: offset paging over live rows, so what moves is skipped or seen twice (facts §8.9)."""
    place = account.audience(request.params["list_id"])
    page = asking.page(request)
    sort = asking.choice(request, "sort_field", tuple(_SORTS))
    descending = asking.choice(request, "sort_dir", ("asc", "desc")) == "desc"
    members = _filtered(place, request, with_archived=account.switches.archived_listed)
    if sort:
        members.sort(key=_SORTS[sort], reverse=descending)
    shown = [member_json(place, member, request) for member in page.cut(members)]
    total = max(0, len(members) - account.switches.not_yet_counted)
    answer: Json = {"members": shown, "list_id": place.id, "total_items": total}
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}/members", "Lists/Members")
    return answer


def one_member(account: Account, request: Request) -> Json:
    """GET …/members/{hash}."""
    place, member = found(account, request)
    return member_json(place, member, request)


def add_member(account: Account, request: Request) -> Json:
    """POST …/members."""
    place, body = account.audience(request.params["list_id"]), asking.body(request)
    status = consent.wanted_status(body)
    if not status:
        raise invalid(("status", "This value should not be blank."))
    skip = asking.flag(request, "skip_merge_validation")
    return member_json(place, writing.create(account, place, body, status=status, skip_merges=skip), request)


def put_member(account: Account, request: Request) -> Json:
    """PUT …/members/{hash}."""
    place, key = account.audience(request.params["list_id"]), request.params["hash"]
    skip = asking.flag(request, "skip_merge_validation")
    return member_json(place, writing.upsert(account, place, key, asking.body(request), skip_merges=skip), request)


def patch_member(account: Account, request: Request) -> Json:
    """PATCH …/members/{hash}."""
    place, member = found(account, request)
    skip = asking.flag(request, "skip_merge_validation")
    body = asking.body(request)
    return member_json(place, writing.update(account, place, member, body, skip_merges=skip), request)


def archive_member(account: Account, request: Request) -> None:
    """DELETE …/members/{hash}."""
    writing.archive(account, *found(account, request))


def delete_member(account: Account, request: Request) -> None:
    """POST …/members/{hash}/actions/delete-permanent."""
    writing.delete_permanently(account, *found_by_hash(account, request))


def tags(account: Account, request: Request) -> Json:
    """GET …/members/{hash}/tags: all of them, in pages."""
    place, member = found(account, request)
    written = shape.plain_stamp if account.switches.plain_tag_dates else shape.stamp
    rows = [
        {"id": tag_id, "name": name, "date_added": written(place.segments[tag_id].added[member.contact_id])}
        for tag_id, name in member.tags.items()
    ]
    return {"tags": list(asking.page(request).cut(rows)), "total_items": len(rows)}


def set_tags(account: Account, request: Request) -> None:
    """POST …/members/{hash}/tags: what is so already is a no-op; `is_syncing` starts no flow (facts §6)."""
    place, member = found_by_hash(account, request)
    body = asking.body(request)
    wanted = body.get("tags")
    if not isinstance(wanted, list) or not all(isinstance(tag, dict) for tag in wanted):
        raise invalid(("tags", "Schema describes array, something else found instead"))
    for number, tag in enumerate(wanted):
        if not isinstance(tag.get("name"), str) or not 0 < len(tag["name"]) <= MAX_TAG_NAME:
            raise invalid((f"tags.{number}.name", f"Names need 1 to {MAX_TAG_NAME} characters."))
        if tag.get("status") not in ("active", "inactive"):
            raise invalid((f"tags.{number}.status", "Value must be one of: active, inactive."))
    changes = [(tag["name"], tag["status"] == "active") for tag in wanted]
    account.set_tags(place, member, changes, silent=bool(body.get("is_syncing")))


def events(account: Account, request: Request) -> Json:
    """GET …/members/{hash}/events, newest first."""
    _place, member = found(account, request)
    rows = member.events[::-1]
    return {"events": list(asking.page(request).cut(rows)), "total_items": len(rows)}


def add_event(account: Account, request: Request) -> None:
    """POST …/members/{hash}/events."""
    place, member = found(account, request)
    body = asking.body(request)
    name, properties = asking.text(body, "name"), body.get("properties") or {}
    if not _EVENT_NAME.fullmatch(name):
        raise invalid(("name", "Names need 2 to 30 letters, digits, underscores or dashes."))
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise invalid(("properties", "Schema describes object of strings, something else found instead"))
    at = asking.moment_of(body["occurred_at"], "occurred_at") if body.get("occurred_at") else account.now()
    member.events.append({"name": name, "properties": properties, "occurred_at": shape.stamp(at)})
    member.add_to_feed("event", at, event_name=name, event_properties=properties)
    if not body.get("is_syncing"):
        account.flows.happened(place.id, member, name, account.now() + account.switches.lag)
        account.settle()


def feed(account: Account, request: Request) -> Json:
    """GET …/members/{hash}/activity-feed, newest first; no `total_items` (facts §5)."""
    place, member = found(account, request)
    wanted = {name for value in request.query.get("activity_filters", []) for name in value.split(",")}
    items = [one for one in reversed(member.feed) if not wanted or one.activity_type in wanted]
    items.sort(key=lambda one: one.at, reverse=True)
    shown = [one.as_json() for one in asking.page(request).cut(items)]
    return {"activity": shown, "email_id": member.id, "list_id": place.id}


def recent_activity(account: Account, request: Request) -> Json:
    """GET …/members/{hash}/activity: the last 50 things that campaigns know of her."""
    place, member = found(account, request)
    wanted = {name for value in request.query.get("action", []) for name in value.split(",")}
    items = [
        one
        for one in reversed(member.feed)
        if "campaign_id" in one.more and (not wanted or one.activity_type in wanted)
    ]
    items.sort(key=lambda one: one.at, reverse=True)
    rows = [
        {
            "action": one.activity_type,
            "timestamp": shape.stamp(one.at),
            "url": one.more.get("link_clicked", ""),
            "type": one.more.get("bounce_type", ""),
            "campaign_id": one.more["campaign_id"],
            "title": one.more["campaign_title"],
            "parent_campaign": "",
        }
        for one in items[:_RECENT]
    ]
    return {"activity": rows, "email_id": member.id, "list_id": place.id, "total_items": len(rows)}


def found(account: Account, request: Request) -> tuple[Audience, Member]:
    """The audience and member of a path; raises Problem 404."""
    place = account.audience(request.params["list_id"])
    return place, place.get(request.params["hash"])


def found_by_hash(account: Account, request: Request) -> tuple[Audience, Member]:
    """The same where the vendor's contract names the MD5 hash alone, neither address nor contact_id."""
    place, member = found(account, request)
    if request.params["hash"].lower() != member.id:
        raise not_found()
    return place, member


def member_json(place: Audience, member: Member, request: Request) -> Json:
    """A member with her links, if they are wanted."""
    shown = place.member_json(member)
    if shape.wants_links(request):
        shown["_links"] = links(f"/lists/{place.id}/members/{member.id}", "Lists/Members", MEMBER)
    return shown


def _filtered(place: Audience, request: Request, *, with_archived: bool) -> list[Member]:
    """Whether the archived belong to a listing that names no status is a switch (facts §3)."""
    status = asking.choice(request, "status", STATUSES)
    if status:
        members = [one for one in place if one.status == status]
    else:
        members = [one for one in place if with_archived or one.status != "archived"]
    if wanted := request.arg("unique_email_id"):
        members = [one for one in members if unique_email_id(one.email) == wanted]
    if wanted := request.arg("email_type"):
        members = [one for one in members if one.email_type == wanted]
    if asking.flag(request, "vip_only"):
        members = [one for one in members if one.vip]
    members = _between(members, request, "last_changed", lambda one: one.last_changed)
    members = _between(members, request, "timestamp_opt", lambda one: one.timestamp_opt)
    since = asking.moment(request, "unsubscribed_since")
    if since is not None:
        if status != "unsubscribed":
            raise invalid(("unsubscribed_since", "This parameter needs status=unsubscribed."))
        members = [one for one in members if one.unsubscribed_at is not None and one.unsubscribed_at > since]
    return members


def _between(
    members: list[Member], request: Request, name: str, time_of: Callable[[Member], datetime | None]
) -> list[Member]:
    """Strictly after `since_…` and strictly before `before_…`; who has no such time is in neither."""
    since, before = asking.moment(request, f"since_{name}"), asking.moment(request, f"before_{name}")
    if since is None and before is None:
        return members
    kept = []
    for member in members:
        at = time_of(member)
        if at is not None and (since is None or at > since) and (before is None or at < before):
            kept.append(member)
    return kept


_ONE = "/lists/{list_id}/members/{hash}"
ROUTES = (
    ("GET", "/lists/{list_id}/members", all_members),
    ("POST", "/lists/{list_id}/members", add_member),
    ("GET", _ONE, one_member),
    ("PUT", _ONE, put_member),
    ("PATCH", _ONE, patch_member),
    ("DELETE", _ONE, archive_member),
    ("POST", f"{_ONE}/actions/delete-permanent", delete_member),
    ("GET", f"{_ONE}/tags", tags),
    ("POST", f"{_ONE}/tags", set_tags),
    ("GET", f"{_ONE}/events", events),
    ("POST", f"{_ONE}/events", add_event),
    ("GET", f"{_ONE}/activity-feed", feed),
    ("GET", f"{_ONE}/activity", recent_activity),
)

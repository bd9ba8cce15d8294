"""Segments and tags of an audience."""

from adapters.sandbox.mailchimp import asking, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.mailchimp.member_routes import member_json
from adapters.sandbox.mailchimp.problems import invalid, not_allowed, not_found
from adapters.sandbox.mailchimp.segments import Segment
from adapters.sandbox.web import Request

MAX_BATCH = 500


def tag_search(account: Account, request: Request) -> Json:
    """GET …/tag-search?name=: tags whose name begins so; new ones show up after the lag."""
    place = account.audience(request.params["list_id"])
    prefix, seen_at = request.arg("name").lower(), account.seen_at()
    found = [
        {"id": one.id, "name": one.name}
        for one in place.segments.values()
        if one.is_tag and one.name.lower().startswith(prefix) and one.created_at <= seen_at
    ]
    return {"tags": found, "total_items": len(found)}


def all_segments(account: Account, request: Request) -> Json:
    """GET …/segments."""
    place = account.audience(request.params["list_id"])
    kind = asking.choice(request, "type", ("saved", "static", "fuzzy"))
    since, before = asking.moment(request, "since_updated_at"), asking.moment(request, "before_updated_at")
    found = [
        one
        for one in place.segments.values()
        if (not kind or one.is_tag == (kind == "static"))
        and (since is None or one.updated_at > since)
        and (before is None or one.updated_at < before)
    ]
    shown = [_segment_json(account, place, one, request) for one in asking.page(request).cut(found)]
    answer: Json = {"segments": shown, "list_id": place.id, "total_items": len(found)}
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}/segments", "Lists/Segments")
    return answer


def one_segment(account: Account, request: Request) -> Json:
    """GET …/segments/{id}."""
    place, segment = _found(account, request)
    return _segment_json(account, place, segment, request)


def add_segment(account: Account, request: Request) -> Json:
    """POST …/segments: `static_segment` (addresses, may be empty) makes a tag, `options` a saved segment."""
    place, body = account.audience(request.params["list_id"]), asking.body(request)
    name, emails = asking.text(body, "name"), body.get("static_segment")
    if (emails is None) == (body.get("options") is None):
        raise invalid(("static_segment", "Give either static_segment or options."))
    segment = account.make_segment(place, name, body.get("options"))
    if emails is not None:
        _set(account, place, segment, emails, active=True)
    return _segment_json(account, place, segment, request)


def delete_segment(account: Account, request: Request) -> None:
    """DELETE …/segments/{id}: a tag goes from everybody."""
    place, segment = _found(account, request)
    for contact_id in list(segment.added):
        account.set_tag(place, segment, place.get(contact_id), active=False, silent=True)
    del place.segments[segment.id]


def members(account: Account, request: Request) -> Json:
    """GET …/segments/{id}/members: the subscribed, unless others are asked for."""
    place, segment = _found(account, request)
    statuses = {"subscribed", "pending"}
    statuses |= {one for one in ("cleaned", "transactional", "unsubscribed") if asking.flag(request, f"include_{one}")}
    inside = [one for one in place.segment_members(segment) if one.status in statuses]
    shown = [member_json(place, one, request) for one in asking.page(request).cut(inside)]
    answer: Json = {"members": shown, "total_items": len(inside)}
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}/segments/{segment.id}/members", "Lists/Segments/Members")
    return answer


def batch(account: Account, request: Request) -> Json:
    """POST …/segments/{id}: ≤500 to add and ≤500 to remove; unknown addresses are ignored (facts §1.4)."""
    place, segment = _found(account, request)
    if not segment.is_tag:
        raise not_allowed("Members cannot be set on a segment with conditions.", "GET, PATCH, DELETE")
    body = asking.body(request)
    asked = {name: body.get(name, []) for name in ("members_to_add", "members_to_remove")}
    for name, emails in asked.items():
        if not isinstance(emails, list) or len(emails) > MAX_BATCH:
            raise invalid((name, f"This collection should contain {MAX_BATCH} elements or less."))
    added = _set(account, place, segment, asked["members_to_add"], active=True)
    removed = _set(account, place, segment, asked["members_to_remove"], active=False)
    return {
        "members_added": [member_json(place, place.get(email), request) for email in added],
        "members_removed": [member_json(place, place.get(email), request) for email in removed],
        "errors": [],
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": 0,
    }


def _set(account: Account, place: Audience, segment: Segment, emails: list[str], *, active: bool) -> list[str]:
    silent = not account.switches.bulk_tags_start_flows
    known = ((email, place.find(str(email))) for email in emails)
    return [
        email
        for email, member in known
        if member is not None and account.set_tag(place, segment, member, active=active, silent=silent)
    ]


def _found(account: Account, request: Request) -> tuple[Audience, Segment]:
    place = account.audience(request.params["list_id"])
    wanted = request.params["segment_id"]
    segment = place.segments.get(int(wanted)) if wanted.isdigit() else None
    if segment is None:
        raise not_found()
    return place, segment


def _segment_json(account: Account, place: Audience, segment: Segment, request: Request) -> Json:
    live = segment.seen_count.read(account.seen_at()) if segment.is_tag else len(place.segment_members(segment))
    shown = segment.as_json(place.id, live)
    if shape.wants_links(request):
        shown["_links"] = links(f"/lists/{place.id}/segments/{segment.id}", "Lists/Segments")
    return shown


_ONE = "/lists/{list_id}/segments/{segment_id}"
ROUTES = (
    ("GET", "/lists/{list_id}/tag-search", tag_search),
    ("GET", "/lists/{list_id}/segments", all_segments),
    ("POST", "/lists/{list_id}/segments", add_segment),
    ("GET", _ONE, one_segment),
    ("POST", _ONE, batch),
    ("DELETE", _ONE, delete_segment),
    ("GET", f"{_ONE}/members", members),
)

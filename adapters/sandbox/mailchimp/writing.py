"""Every write to a member, with the rules of facts/mailchimp.md §3 and §8.3 to §8.8.

`source` says who writes ("api", "user" or "admin"), which decides what webhooks hear. Callers hold the account's lock.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from adapters.sandbox.mailchimp import consent, notices
from adapters.sandbox.mailchimp.asking import Json, moment_of
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.member import Member, subscriber_hash
from adapters.sandbox.mailchimp.merge_fields import NO_SCHEMA, MergeValue
from adapters.sandbox.mailchimp.problems import forgotten, invalid, member_exists, not_allowed

if TYPE_CHECKING:
    from adapters.sandbox.mailchimp.account import Account

_TIMES = ("timestamp_opt", "timestamp_signup")
_ADDRESSES = ("ip_opt", "ip_signup")


def create(
    account: "Account", audience: Audience, body: Json, *, status: str, source: str = "api", skip_merges: bool = False
) -> Member:
    """Add a member; raises Problem for an address that is taken, forgotten or fake, and for bad merge fields."""
    email = account.checked_address(body.get("email_address"))
    if audience.find(subscriber_hash(email)) is not None:
        raise member_exists(email)
    if subscriber_hash(email) in audience.forgotten:
        raise forgotten(email)
    merges = _merged(audience, {}, body, skip_merges=skip_merges)
    now = account.now()
    member = Member(
        list_id=audience.id,
        email=email,
        contact_id=account.hex_id(32),
        web_id=account.number(),
        status=status,
        last_changed=now,
        merges=merges,
        source="API - Generic" if source == "api" else "Embed Form",
    )
    _set_details(audience, member, body)
    audience.add(member, now)
    _after_status(account, audience, member, "", source)
    account.set_tags(audience, member, ((name, True) for name in tag_names(body)), silent=False)
    return member


def upsert(account: "Account", audience: Audience, key: str, body: Json, *, skip_merges: bool) -> Member:
    """PUT: change the member at `key`, or add one; `status_if_new` counts only for somebody new."""
    member = audience.find(key)
    if member is not None:
        return update(account, audience, member, body, skip_merges=skip_merges)
    if not isinstance(body.get("email_address"), str):
        raise invalid(("email_address", "This value should not be blank."))
    status = consent.wanted_status(body, "status_if_new") or consent.wanted_status(body)
    if not status:
        raise invalid(("status_if_new", "This value should not be blank."))
    return create(account, audience, body, status=status, skip_merges=skip_merges)


def update(
    account: "Account",
    audience: Audience,
    member: Member,
    body: Json,
    *,
    source: str = "api",
    skip_merges: bool = False,
) -> Member:
    """PATCH, and PUT of somebody known: everything is checked before anything changes; tags are ignored."""
    address = _new_address(account, audience, member, body)
    status = consent.wanted_status(body)
    consent.check_change(member, status, refuse_pending=account.switches.refuse_pending)
    merges = _merged(audience, member.merges, body, skip_merges=skip_merges)
    _set_details(audience, member, body)
    member.last_changed = account.now()
    if address:
        old = member.email
        audience.readdress(member, address)
        account.webhooks.emit(audience.id, "upemail", source, notices.address_changed(audience, member, old))
    if merges != member.merges:
        member.merges = merges
        account.webhooks.emit(audience.id, "profile", source, notices.subscribed(audience, member))
    if status and status != member.status:
        before = member.status
        audience.set_status(member, status, member.last_changed)
        _after_status(account, audience, member, before, source)
    return member


def archive(account: "Account", audience: Audience, member: Member, *, source: str = "api") -> None:
    """DELETE; raises Problem 405 for somebody bounced, pending or archived."""
    if member.status in ("cleaned", "pending", "archived"):
        raise not_allowed(
            "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived",
            "GET, PUT",
        )
    member.last_changed = account.now()
    audience.set_status(member, "archived", member.last_changed)
    notice = notices.unsubscribed(audience, member, "delete", "manual")
    account.webhooks.emit(audience.id, "unsubscribe", source, notice)
    account.flows.forget(member, member.last_changed)


def delete_permanently(account: "Account", audience: Audience, member: Member, *, source: str = "api") -> None:
    """Erase a member from the audience and from every report; her address is forgotten."""
    now = account.now()
    notice = notices.unsubscribed(audience, member, "delete", "manual")
    account.webhooks.emit(audience.id, "unsubscribe", source, notice)
    account.flows.forget(member, now)
    for campaign in account.campaigns.values():
        campaign.mailings.pop(member.contact_id, None)
    audience.remove(member, now)


def tag_names(body: Json) -> Iterable[str]:
    """The tags of a body, given as names or as `{"name", "status": "active"}`."""
    tags = body.get("tags", [])
    if not isinstance(tags, list):
        raise invalid(("tags", "Schema describes array, something else found instead"))
    for tag in tags:
        if isinstance(tag, str):
            yield tag
        elif isinstance(tag, dict) and tag.get("status", "active") == "active":
            yield str(tag.get("name", ""))


def _new_address(account: "Account", audience: Audience, member: Member, body: Json) -> str:
    """The address to change to, "" for none; raises Problem 400 where the audience holds or held it."""
    if "email_address" not in body or body["email_address"] == member.email:
        return ""
    address = account.checked_address(body["email_address"])
    other = audience.find(subscriber_hash(address))
    if other is not None and other is not member:
        raise invalid(
            ("email_address", f'"{address}" is already in this list with a status of "{other.status.capitalize()}".')
        )
    if subscriber_hash(address) in audience.forgotten:
        raise forgotten(address)
    return address


def _merged(
    audience: Audience, current: dict[int, MergeValue], body: Json, *, skip_merges: bool
) -> dict[int, MergeValue]:
    """The merge values after a write; undefined tags are ignored, and top-level ones never looked at (facts §7)."""
    given = body.get("merge_fields", {})
    if not isinstance(given, dict):
        raise invalid(("merge_fields", "Schema describes object, something else found instead"))
    merged = dict(current)
    shape_errors, value_errors = [], []
    for tag, value in given.items():
        defined = audience.field_by_tag(tag)
        if defined is None:
            continue
        try:
            accepted = defined.accept(value)
        except ValueError as error:
            if str(error) == NO_SCHEMA:
                shape_errors.append((f"merge_fields.{tag}", NO_SCHEMA))
            else:
                value_errors.append((tag, str(error)))
            continue
        if accepted is None:
            merged.pop(defined.merge_id, None)
        else:
            merged[defined.merge_id] = accepted
    if shape_errors:
        raise invalid(*shape_errors)
    if not skip_merges:
        wrong = {tag for tag, _ in value_errors}
        missing = [one for one in audience.fields if one.required and one.merge_id not in merged]
        value_errors.extend(one.missing for one in missing if one.tag not in wrong)
    if value_errors:
        raise invalid(*value_errors, detail="Your merge fields were invalid.")
    return merged


def _set_details(audience: Audience, member: Member, body: Json) -> None:
    """The plain settings of a member; raises Problem 400 before touching any."""
    for name in _ADDRESSES:
        if body.get(name):
            try:
                ip_address(str(body[name]))
            except ValueError:
                raise invalid((name, "This value is not a valid IP address.")) from None
    times = {name: moment_of(body[name], name) for name in _TIMES if body.get(name)}
    for name, at in times.items():
        setattr(member, name, at)
    for name in (*_ADDRESSES, "language", "email_type"):
        if isinstance(body.get(name), str):
            setattr(member, name, body[name])
    if isinstance(body.get("vip"), bool):
        member.vip = body["vip"]
    for permission in body.get("marketing_permissions", []):
        key = permission.get("marketing_permission_id")
        if key in audience.permissions:
            member.permissions[key] = bool(permission.get("enabled"))


def _after_status(account: "Account", audience: Audience, member: Member, before: str, source: str) -> None:
    """What follows a new status: times, the confirmation mail, webhooks."""
    now = member.last_changed
    if member.status == "subscribed":
        member.timestamp_opt = member.timestamp_opt if not before and member.timestamp_opt else now
        member.barred = member.unsubscribe_reason = ""
        member.rating = 1 if before == "unsubscribed" else member.rating
        audience.last_sub = now
        account.webhooks.emit(audience.id, "subscribe", source, notices.subscribed(audience, member))
    elif member.status == "pending":
        account.confirmations.append((member.email, now))
    elif member.status == "unsubscribed" and before:
        member.unsubscribed_at = audience.last_unsub = now
        notice = notices.unsubscribed(audience, member, "unsub", "manual")
        account.webhooks.emit(audience.id, "unsubscribe", source, notice)
    elif member.status == "cleaned":
        member.barred = "bounced"
        if before:
            account.webhooks.emit(audience.id, "cleaned", source, notices.cleaned(audience, member, "hard", ""))

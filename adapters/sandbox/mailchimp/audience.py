"""One audience: its members, merge fields, tags and counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from adapters.sandbox.mailchimp import merge_fields
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.lagging import Lagging
from adapters.sandbox.mailchimp.member import STATUSES, Member, subscriber_hash, unique_email_id
from adapters.sandbox.mailchimp.merge_fields import MergeField
from adapters.sandbox.mailchimp.problems import invalid, not_found
from adapters.sandbox.mailchimp.segments import Segment, matches
from adapters.sandbox.mailchimp.shape import stamp

MAX_FIELDS = 30
MAX_TAGS_SHOWN = 50


@dataclass
class Audience:
    """An audience ("list"); iterating gives its members, archived ones included, in order of creation."""

    id: str
    web_id: int
    name: str
    created: datetime
    double_optin: bool = False
    has_store: bool = False
    fields: list[MergeField] = field(default_factory=merge_fields.defaults)
    permissions: dict[str, str] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    last_sub: datetime | None = None
    last_unsub: datetime | None = None

    def __post_init__(self) -> None:
        self._by_hash: dict[str, Member] = {}
        self._by_contact: dict[str, Member] = {}
        self._counts = {status: Lagging() for status in STATUSES}
        self._next_merge_id = len(self.fields) + 1

    def __iter__(self) -> Iterator[Member]:
        return iter(self._by_contact.values())

    def __len__(self) -> int:
        return len(self._by_contact)

    # Members

    def find(self, key: str) -> Member | None:
        """A member by subscriber hash, contact id or address."""
        return self._by_hash.get(key.lower()) or self._by_contact.get(key) or self._by_hash.get(subscriber_hash(key))

    def get(self, key: str) -> Member:
        """The same; raises Problem 404 for a stranger."""
        member = self.find(key)
        if member is None:
            raise not_found()
        return member

    def add(self, member: Member, at: datetime) -> None:
        """Take in a new member."""
        self._by_hash[member.id] = self._by_contact[member.contact_id] = member
        self._counts[member.status].add(1, at)

    def remove(self, member: Member, at: datetime) -> None:
        """Erase a member with her tags; her address may not come back by import."""
        del self._by_hash[member.id], self._by_contact[member.contact_id]
        for segment in self.segments.values():
            segment.remove(member.contact_id, at)
        self._counts[member.status].add(-1, at)
        self.forgotten.add(member.id)

    def readdress(self, member: Member, email: str) -> None:
        """Give a member another address: a new hash, the same contact id."""
        del self._by_hash[member.id]
        member.email = email
        self._by_hash[member.id] = member

    def set_status(self, member: Member, status: str, at: datetime) -> None:
        """Move a member to another status and keep the counts."""
        if status != member.status:
            self._counts[member.status].add(-1, at)
            self._counts[status].add(1, at)
            member.status = status

    def count(self, status: str, at: datetime) -> int:
        """How many members had this status at `at`."""
        return self._counts[status].read(at)

    # Merge fields

    def field_by_tag(self, tag: str) -> MergeField | None:
        """A merge field by its tag."""
        return next((one for one in self.fields if one.tag == tag), None)

    def define(self, tag: str, name: str, kind: str = "text", **settings: object) -> MergeField:
        """Add a merge field; raises Problem 400 for a tag in use or one field too many (EMAIL counts)."""
        tag = merge_fields.checked_tag(tag)
        if self.field_by_tag(tag) is not None or tag == "EMAIL":
            raise invalid(("tag", f'A Merge Field with the tag "{tag}" already exists for this list.'))
        if len(self.fields) + 1 >= MAX_FIELDS:
            raise invalid(("tag", f"You may have at most {MAX_FIELDS} merge fields."))
        made = MergeField(self._next_merge_id, tag, name, merge_fields.checked_type(kind))
        made.display_order = made.merge_id + 1
        for key, value in settings.items():
            setattr(made, key, value)
        self._next_merge_id += 1
        self.fields.append(made)
        return made

    # Tags

    def tag_named(self, name: str) -> Segment | None:
        """A tag by its name, without case."""
        wanted = name.lower()
        return next((one for one in self.segments.values() if one.is_tag and one.name.lower() == wanted), None)

    def segment_members(self, segment: Segment) -> list[Member]:
        """Who is in a segment now; saved segments are evaluated live."""
        if segment.options is None:
            return [self._by_contact[contact_id] for contact_id in segment.added]
        options = segment.options
        return [one for one in self if matches(options, self._reader(one), one.tags.__contains__)]

    def _reader(self, member: Member) -> "_Reader":
        return _Reader(self, member)

    # Views

    def merges_of(self, member: Member) -> Json:
        """Every defined tag with its value; "" where unset, whatever the type (facts §8.4)."""
        merges = member.merges
        return {one.tag: merges.get(one.merge_id, "") for one in self.fields}

    def member_json(self, member: Member) -> Json:
        """The member as the API shows it, without links."""
        merges = self.merges_of(member)
        stats: Json = {"avg_open_rate": member.open_rate, "avg_click_rate": member.click_rate}
        if self.has_store:
            stats["ecommerce_data"] = {
                "total_revenue": float(member.revenue),
                "number_of_orders": member.orders,
                "currency_code": "EUR",
            }
        shown: Json = {
            "id": member.id,
            "email_address": member.email,
            "unique_email_id": unique_email_id(member.email),
            "contact_id": member.contact_id,
            "full_name": f"{merges.get('FNAME', '')} {merges.get('LNAME', '')}".strip(),
            "web_id": member.web_id,
            "email_type": member.email_type,
            "status": member.status,
            "consents_to_one_to_one_messaging": member.status == "subscribed",
            "merge_fields": merges,
            "stats": stats,
            "ip_signup": member.ip_signup,
            "timestamp_signup": stamp(member.timestamp_signup),
            "ip_opt": member.ip_opt,
            "timestamp_opt": stamp(member.timestamp_opt),
            "member_rating": member.rating,
            "last_changed": stamp(member.last_changed),
            "language": member.language,
            "vip": member.vip,
            "email_client": "",
            "location": dict(_NOWHERE),
            "source": member.source,
            "tags_count": len(member.tags),
            "tags": [{"id": i, "name": name} for i, name in list(member.tags.items())[:MAX_TAGS_SHOWN]],
            "list_id": self.id,
        }
        if member.unsubscribe_reason:
            shown["unsubscribe_reason"] = member.unsubscribe_reason
        if self.permissions:
            shown["marketing_permissions"] = [
                {"marketing_permission_id": key, "text": text, "enabled": member.permissions.get(key, False)}
                for key, text in self.permissions.items()
            ]
        return shown


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a member's fields by the names that segment conditions use."""

    audience: Audience
    member: Member

    def __call__(self, name: str) -> object:
        if name in ("EMAIL", "email"):
            return self.member.email
        if name == "status":
            return self.member.status
        found = self.audience.field_by_tag(name)
        return "" if found is None else self.member.merges.get(found.merge_id, "")


_NOWHERE = {
    "latitude": 0,
    "longitude": 0,
    "gmtoff": 0,
    "dstoff": 0,
    "country_code": "",
    "timezone": "",
    "region": "",
}

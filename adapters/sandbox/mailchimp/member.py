"""One member of one audience."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.merge_fields import MergeValue
from adapters.sandbox.mailchimp.shape import stamp

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")


def subscriber_hash(email: str) -> str:
    """MD5 hex of the lower-cased address: the id of a member in the API (facts/mailchimp.md §3)."""
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def unique_email_id(email: str) -> str:
    """Identifies an address over all audiences, hence derived from nothing else."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One line of a member's activity feed; `more` holds what its type adds."""

    activity_type: str
    at: datetime
    more: Json

    def as_json(self) -> Json:
        """As the activity-feed endpoint shows it."""
        return {"activity_type": self.activity_type, "created_at_timestamp": stamp(self.at), **self.more}


@dataclass(slots=True)
class Member:
    """A member; `merges` holds only what is set, by merge id, so that renaming a field keeps its values.

    `barred` says why no API call may subscribe her again: she unsubscribed, bounced or complained herself.
    """

    list_id: str
    email: str
    contact_id: str
    web_id: int
    status: str
    last_changed: datetime
    timestamp_opt: datetime | None = None
    timestamp_signup: datetime | None = None
    ip_opt: str = ""
    ip_signup: str = ""
    email_type: str = "html"
    language: str = ""
    vip: bool = False
    source: str = "API - Generic"
    barred: str = ""
    unsubscribe_reason: str = ""
    unsubscribed_at: datetime | None = None
    rating: int = 2
    permissions: dict[str, bool] = field(default_factory=dict)
    merges: dict[int, MergeValue] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    feed: list[FeedItem] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    mails_sent: int = 0
    mails_opened: int = 0
    mails_clicked: int = 0
    orders: int = 0
    revenue: Decimal = Decimal()

    @property
    def id(self) -> str:
        """The subscriber hash; changes with the address."""
        return subscriber_hash(self.email)

    @property
    def open_rate(self) -> float:
        """Share of her mails that she opened, 0–1."""
        return round(self.mails_opened / self.mails_sent, 4) if self.mails_sent else 0

    @property
    def click_rate(self) -> float:
        """Share of her mails in which she clicked, 0–1."""
        return round(self.mails_clicked / self.mails_sent, 4) if self.mails_sent else 0

    def add_to_feed(self, activity_type: str, at: datetime, **more: object) -> None:
        """Append one line; the feed is kept in order of recording and sorted when read."""
        self.feed.append(FeedItem(activity_type, at, more))

    def rate_again(self) -> None:
        """The star rating as a regular send recalculates it: clicks count, opens do not (facts §5)."""
        if self.rating == 1 or self.mails_sent < 2:
            return
        self.rating = 2 if not self.mails_clicked else 3 + (self.click_rate >= 0.2) + (self.click_rate >= 0.5)

"""Campaigns: to whom a mail went and what they did with it (facts/mailchimp.md §5)."""

from dataclasses import dataclass, field
from datetime import datetime

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.member import Member
from adapters.sandbox.mailchimp.shape import stamp

AUTOMATION = "automation-email"
MAX_ACTS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Act:
    """One open, click or bounce; `kind` is hard or soft for a bounce; `proxy` marks a machine's open."""

    action: str
    at: datetime
    url: str = ""
    kind: str = ""
    proxy: bool = False

    def as_json(self) -> Json:
        """As email-activity shows it; the address is always a documentation one."""
        shown = {"action": self.action, "timestamp": stamp(self.at), "ip": "192.0.2.44"}
        if self.url:
            shown["url"] = self.url
        if self.kind:
            shown["type"] = self.kind
        return shown


@dataclass(slots=True)
class Mailing:
    """One campaign's mail to one member."""

    member: Member
    at: datetime
    status: str = "sent"
    acts: list[Act] = field(default_factory=list)
    unsubscribed_at: datetime | None = None
    complained_at: datetime | None = None

    def of(self, action: str) -> list[Act]:
        """Her opens, clicks or bounces, as many as Mailchimp keeps."""
        return [act for act in self.acts if act.action == action][:MAX_ACTS_SHOWN]


@dataclass(slots=True)
class Totals:
    """A report's sums, kept up while acts come in."""

    opens: int = 0
    unique_opens: int = 0
    proxy_opens: int = 0
    unique_proxy_opens: int = 0
    clicks: int = 0
    clickers: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    unsubscribed: int = 0
    complaints: int = 0
    last_open: datetime | None = None
    last_click: datetime | None = None


@dataclass
class Campaign:
    """A mail of an audience; `type` is regular, or automation-email for a mail of a flow."""

    id: str
    web_id: int
    type: str
    title: str
    subject: str
    list_id: str
    created: datetime
    send_time: datetime | None = None
    mailings: dict[str, Mailing] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    @property
    def status(self) -> str:
        """`save` until something was sent; a running automation mail shows as `sending`."""
        if self.send_time is None:
            return "save"
        return "sending" if self.type == AUTOMATION else "sent"

    def send_to(self, member: Member, at: datetime) -> Mailing:
        """Record one mail; a second one to the same member joins the first."""
        if self.send_time is None:
            self.send_time = at
        member.mails_sent += 1
        member.add_to_feed("sent", at, campaign_id=self.id, campaign_title=self.title)
        return self.mailings.setdefault(member.contact_id, Mailing(member, at))

    def opened(self, member: Member, at: datetime, *, proxy: bool = False) -> None:
        """Record an open; KeyError where she was not mailed."""
        mailing = self.mailings[member.contact_id]
        earlier = mailing.of("open")
        totals = self.totals
        totals.opens += 1
        totals.proxy_opens += proxy
        totals.unique_proxy_opens += proxy and all(not act.proxy for act in earlier)
        totals.last_open = _later(totals.last_open, at)
        if not earlier:
            totals.unique_opens += 1
            member.mails_opened += 1
        mailing.acts.append(Act("open", at, proxy=proxy))
        member.add_to_feed("open", at, campaign_id=self.id, campaign_title=self.title)

    def clicked(self, member: Member, url: str, at: datetime) -> None:
        """Record a click; KeyError where she was not mailed."""
        mailing = self.mailings[member.contact_id]
        totals = self.totals
        totals.clicks += 1
        totals.last_click = _later(totals.last_click, at)
        if not mailing.of("click"):
            totals.clickers += 1
            member.mails_clicked += 1
        mailing.acts.append(Act("click", at, url=url))
        member.add_to_feed("click", at, campaign_id=self.id, campaign_title=self.title, link_clicked=url)

    def bounced(self, member: Member, kind: str, at: datetime) -> None:
        """Record a hard or soft bounce; KeyError where she was not mailed."""
        mailing = self.mailings[member.contact_id]
        mailing.status = kind
        if kind == "hard":
            self.totals.hard_bounces += 1
        else:
            self.totals.soft_bounces += 1
        opened = bool(mailing.of("open"))
        mailing.acts.append(Act("bounce", at, kind=kind))
        member.add_to_feed(
            "bounce",
            at,
            campaign_id=self.id,
            campaign_title=self.title,
            bounce_type=kind,
            bounce_has_open_activity=opened,
        )


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)

"""The state of one pretend Mailchimp account."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from adapters.sandbox.effects import EffectLedger
from adapters.sandbox.mailchimp import consent
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.batches import Batches
from adapters.sandbox.mailchimp.campaigns import AUTOMATION, Campaign
from adapters.sandbox.mailchimp.flows import Flow, Flows
from adapters.sandbox.mailchimp.gate import Gate
from adapters.sandbox.mailchimp.life import Life
from adapters.sandbox.mailchimp.member import Member
from adapters.sandbox.mailchimp.problems import invalid, not_found
from adapters.sandbox.mailchimp.segments import MAX_TAG_NAME, Segment
from adapters.sandbox.mailchimp.stores import Store
from adapters.sandbox.mailchimp.webhooks import Webhooks

API_KEY = "sandbox-us19"
ACCESS_TOKEN = "sandbox-oauth"  # noqa: S105  the key to a pretend door


@dataclass
class Switches:
    """What the platform leaves undocumented, or what a test wants otherwise.

    Attributes:
        refuse_fake: refuse fake-looking addresses.
        refuse_pending: refuse `pending` too for people in compliance state.
        tags_move_last_changed: whether setting a tag counts as a change of the member.
        bulk_tags_start_flows: whether tags set through `batch_segment_members` or bulk fire "Tag added".
        off_flows_say_no: whether the call to a step of a flow that is off is refused; else it is taken, and nobody enters.
        plain_tag_dates: show `date_added` as `YYYY-MM-DD HH:MM:SS` instead of ISO 8601.
        lag: how far counts, tag search and flow entries trail behind.
        archived_listed: whether the default member listing shows archived members.
        idle_listed: whether email-activity with `since` lists recipients who did nothing since.
        newest_orders_first: the order in which a store's orders are listed.
        longest_page: more rows than this in one answer end in a 502 of the edge; 0 for no such limit.
        not_yet_counted: by how many `total_items` of the member listing trails behind the members that it lists.

    """

    refuse_fake: bool = True
    refuse_pending: bool = False
    tags_move_last_changed: bool = False
    bulk_tags_start_flows: bool = True
    off_flows_say_no: bool = True
    plain_tag_dates: bool = False
    lag: timedelta = field(default_factory=timedelta)
    archived_listed: bool = False
    idle_listed: bool = True
    newest_orders_first: bool = False
    longest_page: int = 0
    not_yet_counted: int = 0


class Account:
    """Audiences, campaigns, flows and webhooks behind one API key.

    Args:
        clock: gives every time that the account shows (aware UTC).
        effects: where flow entries and mails are recorded.
        api_key, access_token: what Basic and Bearer authentication accept.

    Attributes:
        life: what people do.
        lock: held by every request and every act of life.
        confirmations: double opt-in mails sent so far, (address, when).
        busy_addresses: lower-cased addresses that "signed up to a lot of lists very recently".

    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        effects: EffectLedger,
        *,
        api_key: str = API_KEY,
        access_token: str = ACCESS_TOKEN,
    ) -> None:
        self.api_key = api_key
        self.access_token = access_token
        self.name = "Sandbox"
        self.id = "5f6e3ecf127508cdb5e31e90b"
        self.lock = RLock()
        self.switches = Switches()
        self.gate = Gate()
        self.webhooks = Webhooks(clock)
        self.flows = Flows(effects)
        self.batches = Batches()
        self.audiences: dict[str, Audience] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.stores: dict[str, Store] = {}
        self.confirmations: list[tuple[str, datetime]] = []
        self.busy_addresses: set[str] = set()
        self.life = Life(self)
        self._clock = clock
        self._issued = 0

    # Time and identity

    def now(self) -> datetime:
        """The clock, in the whole seconds that Mailchimp shows."""
        return self._clock().replace(microsecond=0)

    def seen_at(self) -> datetime:
        """As of when counts and tag search are shown."""
        return self._clock() - self.switches.lag

    def number(self) -> int:
        """The next integer id; deterministic."""
        self._issued += 1
        return 100_000 + self._issued * 7

    def hex_id(self, length: int = 10) -> str:
        """The next hexadecimal id; deterministic, without order."""
        return hashlib.sha256(f"{self.name}/{self.number()}".encode()).hexdigest()[:length]

    # What the marketer sets up

    def add_audience(self, name: str, *, id: str = "", double_optin: bool = False) -> Audience:  # noqa: A002
        """Create an audience with the default merge fields."""
        with self.lock:
            made = Audience(id or self.hex_id(), self.number(), name, self.now(), double_optin=double_optin)
            self.audiences[made.id] = made
            return made

    def add_campaign(self, title: str, subject: str = "", *, audience: Audience, kind: str = "regular") -> Campaign:
        """Create a campaign that has not been sent."""
        with self.lock:
            made = Campaign(
                self.hex_id(), self.number(), kind, title, subject or title, audience.id, created=self.now()
            )
            self.campaigns[made.id] = made
            return made

    def add_store(self, name: str, *, audience: Audience, id: str = "") -> Store:  # noqa: A002
        """Connect a store to an audience."""
        with self.lock:
            made = Store(id or self.hex_id(), name, audience.id, self.now())
            self.stores[made.id] = made
            audience.has_store = True
            return made

    def add_flow(
        self,
        name: str,
        *,
        audience: Audience,
        mails: Iterable[str] = (),
        tag: str = "",
        event: str = "",
        journey: tuple[int, int] | None = None,
        on: bool = True,
        reenter: bool = False,
        minimum_wait: timedelta = timedelta(0),
        exit_on_tag_removed: bool = True,
        every: timedelta = timedelta(days=3),
    ) -> Flow:
        """Create a flow; each of `mails` becomes a campaign of type automation-email. See `Flow`."""
        with self.lock:
            flow = Flow(
                id=self.hex_id(),
                name=name,
                list_id=audience.id,
                mails=[self.add_campaign(mail, audience=audience, kind=AUTOMATION) for mail in mails],
                tag=tag,
                event=event,
                journey=journey,
                on=on,
                reenter=reenter,
                minimum_wait=minimum_wait,
                exit_on_tag_removed=exit_on_tag_removed,
                every=every,
            )
            self.flows.all.append(flow)
            return flow

    # Looking up

    def audience(self, list_id: str) -> Audience:
        """An audience by id; raises Problem 404."""
        if list_id not in self.audiences:
            raise not_found()
        return self.audiences[list_id]

    def campaign(self, campaign_id: str) -> Campaign:
        """A campaign by id; raises Problem 404."""
        if campaign_id not in self.campaigns:
            raise not_found()
        return self.campaigns[campaign_id]

    def checked_address(self, email: object) -> str:
        """An address that Mailchimp takes; raises Problem 400."""
        return consent.check_address(email, refuse_fake=self.switches.refuse_fake, busy=self.busy_addresses)

    def store(self, store_id: str) -> Store:
        """A store by id; raises Problem 404."""
        if store_id not in self.stores:
            raise not_found()
        return self.stores[store_id]

    # Tags

    def make_segment(self, audience: Audience, name: str, options: dict[str, object] | None = None) -> Segment:
        """Create a tag, or a saved segment where `options` holds conditions."""
        if not name or len(name) > MAX_TAG_NAME:
            raise invalid(("name", f"Names need 1 to {MAX_TAG_NAME} characters."))
        now = self.now()
        segment = Segment(self.number(), name, now, now, options)
        audience.segments[segment.id] = segment
        return segment

    def set_tags(
        self, audience: Audience, member: Member, changes: Iterable[tuple[str, bool]], *, silent: bool
    ) -> None:
        """Switch tags on (True) and off (False) by name; `silent` starts no flow. What is so already changes nothing."""
        for name, active in changes:
            tag = audience.tag_named(name)
            if tag is None and active:
                tag = self.make_segment(audience, name)
            if tag is not None:
                self.set_tag(audience, tag, member, active=active, silent=silent)

    def set_tag(self, audience: Audience, tag: Segment, member: Member, *, active: bool, silent: bool) -> bool:
        """Switch one tag; False where it was so already."""
        now = self.now()
        if not (tag.add(member.contact_id, now) if active else tag.remove(member.contact_id, now)):
            return False
        if active:
            member.tags[tag.id] = tag.name
        else:
            member.tags.pop(tag.id, None)
        if self.switches.tags_move_last_changed:
            member.last_changed = now
        if active and not silent:
            self.flows.tagged(audience.id, member, tag.name, now + self.switches.lag)
        elif not active:
            self.flows.untagged(audience.id, member, tag.name, now)
        self.flows.settle(now)
        return True

    # Running

    def settle(self) -> None:
        """Do what is due by now: flow entries and mails."""
        with self.lock:
            self.flows.settle(self._clock())

    def flush(self, timeout: float = 30.0) -> None:
        """Settle, then wait until every webhook is delivered or given up; raises TimeoutError."""
        self.settle()
        self.webhooks.flush(timeout)

    def close(self) -> None:
        """Stop the webhook thread."""
        self.webhooks.close()

"""What people do at Mailchimp: sign up, read, click, leave.

Every act takes an address and, where it matters, an audience (by id; the first one by default) and a moment (now by
default; the past when a history is made up). Strangers raise LookupError.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.sandbox.mailchimp import notices, writing
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.campaigns import Campaign
from adapters.sandbox.mailchimp.member import Member, subscriber_hash
from adapters.sandbox.mailchimp.stores import Store

if TYPE_CHECKING:
    from adapters.sandbox.mailchimp.account import Account


class Life:
    """The people's side of an account; thread-safe."""

    def __init__(self, account: "Account") -> None:
        self._account = account

    def subscribe(
        self,
        email: str,
        *,
        audience: str = "",
        merge_fields: dict[str, Any] | None = None,
        source: str = "Embed Form",
        at: datetime | None = None,
    ) -> str:
        """Fill in a sign-up form; lifts every bar. Returns the status: pending on a double opt-in audience."""
        account = self._account
        with account.lock:
            place = self._audience(audience)
            status = "pending" if place.double_optin else "subscribed"
            place.forgotten.discard(subscriber_hash(email))
            body = {"email_address": email, "merge_fields": merge_fields or {}}
            member = place.find(email)
            if member is None:
                member = writing.create(account, place, body, status=status, source="user", skip_merges=True)
            elif member.status != "subscribed":
                member.barred = ""
                writing.update(account, place, member, {**body, "status": status}, source="user", skip_merges=True)
            member.source = source
            member.timestamp_signup = member.timestamp_signup or at or account.now()
            if at is not None:
                member.timestamp_opt = member.last_changed = at
            member.add_to_feed("generic_signup", at or account.now(), signup_category=source)
            return member.status

    def confirm(self, email: str, *, audience: str = "") -> str:
        """Click the link of a confirmation mail; a pending member becomes subscribed."""
        with self._account.lock:
            place, member = self._member(email, audience)
            if member.status == "pending":
                member.barred = ""
                body = {"status": "subscribed"}
                writing.update(self._account, place, member, body, source="user", skip_merges=True)
            return member.status

    def unsubscribe(
        self, email: str, *, campaign: str = "", reason: str = "", audience: str = "", at: datetime | None = None
    ) -> None:
        """Follow the unsubscribe link, of a campaign if one is named; bars every later API subscription."""
        with self._account.lock:
            place, member = self._member(email, audience)
            found = self._campaign(campaign) if campaign else None
            when = at or self._account.now()
            if found is not None:
                found.mailings[member.contact_id].unsubscribed_at = when
                found.totals.unsubscribed += 1
            self._left(place, member, "unsubscribed", "manual", found, when)
            member.unsubscribe_reason = reason or "No reason given"
            more = {"campaign_id": found.id, "campaign_title": found.title} if found is not None else {}
            member.add_to_feed(
                "unsub", when, is_admin_unsubscribed=False, unsubscribe_reason=member.unsubscribe_reason, **more
            )

    def complain(self, email: str, campaign: str, *, audience: str = "", at: datetime | None = None) -> None:
        """Report a campaign as spam: unsubscribed, barred, an abuse report."""
        with self._account.lock:
            place, member = self._member(email, audience)
            found, when = self._campaign(campaign), at or self._account.now()
            found.mailings[member.contact_id].complained_at = when
            found.totals.complaints += 1
            self._left(place, member, "complained", "abuse", found, when)
            member.unsubscribe_reason = "Abuse complaint"

    def bounce(
        self, email: str, campaign: str, *, kind: str = "hard", audience: str = "", at: datetime | None = None
    ) -> None:
        """Bounce a campaign's mail; a hard bounce cleans the member, a soft one costs her rating."""
        account = self._account
        with account.lock:
            place, member = self._member(email, audience)
            found, when = self._campaign(campaign), at or account.now()
            found.bounced(member, kind, when)
            if kind != "hard":
                member.rating = 1
                return
            member.barred = "bounced"
            member.last_changed = when
            place.set_status(member, "cleaned", when)
            account.webhooks.emit(place.id, "cleaned", "user", notices.cleaned(place, member, "hard", found.id))

    def open(
        self, email: str, campaign: str, *, audience: str = "", proxy: bool = False, at: datetime | None = None
    ) -> None:
        """Open a campaign's mail; `proxy` when a machine loads the pictures."""
        with self._account.lock:
            _place, member = self._member(email, audience)
            self._campaign(campaign).opened(member, at or self._account.now(), proxy=proxy)

    def click(self, email: str, campaign: str, url: str, *, audience: str = "", at: datetime | None = None) -> None:
        """Click a link of a campaign's mail."""
        with self._account.lock:
            _place, member = self._member(email, audience)
            self._campaign(campaign).clicked(member, url, at or self._account.now())

    def send_campaign(
        self,
        title: str,
        *,
        subject: str = "",
        audience: str = "",
        tag: str = "",
        to: Iterable[str] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Send a regular campaign to all subscribed members, those with `tag`, or those named. Returns its id."""
        account = self._account
        with account.lock:
            place = self._audience(audience)
            campaign = account.add_campaign(title, subject, audience=place)
            when = at or account.now()
            campaign.created = when
            campaign.send_time = when
            wanted = None if to is None else {subscriber_hash(email) for email in to}
            for member in place:
                if member.status != "subscribed" or (tag and tag not in member.tags.values()):
                    continue
                if wanted is None or member.id in wanted:
                    campaign.send_to(member, when)
                    member.rate_again()
            notice = notices.campaign_sent(place, campaign.id, campaign.subject)
            account.webhooks.emit(place.id, "campaign", "admin", notice)
            return campaign.id

    def change_email(self, email: str, new: str, *, audience: str = "") -> None:
        """Change the own address through the profile page."""
        with self._account.lock:
            place, member = self._member(email, audience)
            body = {"email_address": new}
            writing.update(self._account, place, member, body, source="user", skip_merges=True)

    def edit_profile(self, email: str, merge_fields: dict[str, Any], *, audience: str = "") -> None:
        """Change merge fields through the profile page."""
        with self._account.lock:
            place, member = self._member(email, audience)
            body = {"merge_fields": merge_fields}
            writing.update(self._account, place, member, body, source="user", skip_merges=True)

    def buy(self, email: str, amount: str, *, store: str = "", audience: str = "", at: datetime | None = None) -> str:
        """Place an order in a store of the audience, in one named Shop where there is none. Returns the order's id."""
        account = self._account
        with account.lock:
            place, member = self._member(email, audience)
            shop = self._store(place, store)
            member.orders += 1
            member.revenue += Decimal(amount)
            order = shop.order(member, Decimal(amount), at or account.now())
            more = {"order_id": order.id, "order_total": amount, "store_name": shop.name}
            member.add_to_feed("order", order.at, **more)
            return order.id

    def cancel(self, order: str, *, at: datetime | None = None) -> None:
        """Cancel an order by its id."""
        with self._account.lock:
            found = next((shop.orders[order] for shop in self._account.stores.values() if order in shop.orders), None)
            if found is None:
                raise LookupError(f"no such order: {order}")
            found.canceled_at = at or self._account.now()

    def tag(self, email: str, tag: str, *, active: bool = True, audience: str = "") -> None:
        """A marketer sets or removes a tag in the web app; flows react."""
        with self._account.lock:
            place, member = self._member(email, audience)
            self._account.set_tags(place, member, [(tag, active)], silent=False)

    def archive(self, email: str, *, audience: str = "") -> None:
        """A marketer archives a member in the web app."""
        with self._account.lock:
            place, member = self._member(email, audience)
            writing.archive(self._account, place, member, source="admin")

    def acts(self) -> dict[str, Callable[..., object]]:
        """Every act by name, for `POST /sandbox/life`."""
        names = [name for name in vars(type(self)) if not name.startswith("_") and name != "acts"]
        return {name: getattr(self, name) for name in names}

    def _audience(self, list_id: str) -> Audience:
        audiences = self._account.audiences
        if not audiences or (list_id and list_id not in audiences):
            raise LookupError(f"no such audience: {list_id}")
        return audiences[list_id] if list_id else next(iter(audiences.values()))

    def _member(self, email: str, list_id: str) -> tuple[Audience, Member]:
        self._account.settle()
        place = self._audience(list_id)
        member = place.find(email)
        if member is None:
            raise LookupError("nobody with that address in the audience")
        return place, member

    def _store(self, place: Audience, wanted: str) -> Store:
        stores = [one for one in self._account.stores.values() if one.list_id == place.id]
        if wanted:
            stores = [one for one in stores if wanted in (one.id, one.name)]
            if not stores:
                raise LookupError(f"no such store: {wanted}")
        return stores[0] if stores else self._account.add_store("Shop", audience=place)

    def _campaign(self, wanted: str) -> Campaign:
        """A campaign by id or title; the newest of several with one title."""
        campaigns = self._account.campaigns
        if wanted in campaigns:
            return campaigns[wanted]
        for campaign in reversed(campaigns.values()):
            if campaign.title == wanted:
                return campaign
        raise LookupError(f"no such campaign: {wanted}")

    def _left(
        self, place: Audience, member: Member, barred: str, reason: str, campaign: Campaign | None, at: datetime
    ) -> None:
        member.barred = barred
        member.last_changed = member.unsubscribed_at = place.last_unsub = at
        place.set_status(member, "unsubscribed", at)
        notice = notices.unsubscribed(place, member, "unsub", reason, campaign.id if campaign else "")
        self._account.webhooks.emit(place.id, "unsubscribe", "user", notice)

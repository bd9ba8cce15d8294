"""Puts people and their past on the two platforms."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from adapters.sandbox.hubspot import Portal
from adapters.sandbox.mailchimp import Account, writing
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.people_cast import Person
from adapters.sandbox.people_places import COMPANIES, FORM_PAGES, PRICING, SITE, Company
from adapters.sandbox.people_stage import SUBSCRIPTION, VISITED_PRICING

#: Newsletters at Mailchimp: days ago and title.
CAMPAIGNS = (
    (116, "Newsletter: month-end in three days"),
    (104, "Newsletter: cash forecast basics"),
    (92, "Newsletter: approvals without e-mail"),
    (80, "Webinar invitation: closing the books faster"),
    (68, "Newsletter: purchase orders that match"),
    (54, "Newsletter: what a controller reads"),
    (40, "Newsletter: stock and ledger"),
    (26, "Pricing news: pay by month"),
    (14, "Newsletter: audit without tears"),
    (5, "Newsletter: three customers, three closings"),
)
_PRODUCT_MAILS = (
    (95, "Product news: approvals"),
    (60, "Product news: forecasts"),
    (24, "Product news: purchase orders"),
)
_COUNTRIES_AS_TYPED = {"Spain": ("Spain", "España", "ES", "Espanya"), "United Kingdom": ("United Kingdom", "UK")}


class HubSpotPast:
    """Writes contacts, companies and their acts into a portal."""

    def __init__(self, portal: Portal, now: datetime, dice: random.Random) -> None:
        self._portal = portal
        self._now = now
        self._dice = dice
        self._companies: dict[str, str] = {}
        self._pricing_visits: list[tuple[datetime, str]] = []

    def write(self, people: Iterable[Person]) -> None:
        """Make companies, then everybody with her past, then the list that the marketer keeps."""
        for company in COMPANIES:
            self._companies[company.name] = self._company(company)
        for person in people:
            if person.on_hubspot:
                self._contact(person)
        self._join_pricing_list()

    def _join_pricing_list(self) -> None:
        """Everybody who read the pricing page joined at her first visit."""
        first_visits: dict[str, datetime] = {}
        for at, email in sorted(self._pricing_visits):
            first_visits.setdefault(email, at)
        for email, at in first_visits.items():
            self._portal.life.join_list(email, VISITED_PRICING)
            joined = self._portal.lists.named(VISITED_PRICING)
            if joined is not None:
                joined.members[self._portal.life.person(email).id] = round(at.timestamp() * 1000)

    def _company(self, company: Company) -> str:
        values = {
            "name": company.name,
            "domain": company.domain,
            "industry": company.industry,
            "numberofemployees": company.employees,
            "city": company.city,
            "country": company.country,
            "website": f"https://www.{company.domain}",
        }
        return self._portal.life.add_company(values, self._ago(200))

    def _contact(self, person: Person) -> None:
        life = self._portal.life
        life.add_contact(self._values(person), self._ago(person.known_days))
        if not person.email:
            return
        for act in sorted(person.acts, key=lambda act: -act.days_ago):
            at = self._ago(min(act.days_ago, person.known_days))
            if act.do == "form":
                life.fill_form(person.email, act.what, {"firstname": person.first}, FORM_PAGES[act.what], at)
            else:
                life.visit_page(person.email, act.what, at)
                if act.what == PRICING:
                    self._pricing_visits.append((at, person.email))
        self._product_mails(person)
        self._fate(person)

    def _values(self, person: Person) -> dict[str, object]:
        dice, company = self._dice, person.company
        values: dict[str, object] = {
            "email": person.email,
            "firstname": person.first,
            "lastname": person.last,
            "jobtitle": person.title,
            "phone": person.phone,
            "lifecyclestage": "subscriber",
            "hs_analytics_source": dice.choice(("ORGANIC_SEARCH", "DIRECT_TRAFFIC", "SOCIAL_MEDIA", "REFERRALS")),
        }
        if company is not None:
            typed = _COUNTRIES_AS_TYPED.get(company.country, (company.country,))
            values |= {
                "company": company.name if dice.random() < 0.7 else "",
                "city": company.city,
                "country": typed[0] if person.key else dice.choice(typed),
                "associatedcompanyid": self._companies[company.name],
            }
        if not person.email:
            seen = self._ago(min(person.known_days, 20))
            values |= {"hs_analytics_num_page_views": 3, "hs_analytics_last_timestamp": seen}
            values["hs_analytics_last_url"] = PRICING
        return {name: value for name, value in values.items() if value != ""}

    def _product_mails(self, person: Person) -> None:
        life, dice = self._portal.life, self._dice
        for days, mail in _PRODUCT_MAILS:
            if days > person.known_days or not life.receive_mail(person.email, mail, self._ago(days)):
                continue
            if dice.random() < person.opens:
                read = self._ago(days - dice.uniform(0.02, 2))
                if dice.random() < person.clicks:
                    life.click_mail(person.email, mail, at=read)
                else:
                    life.open_mail(person.email, mail, read)

    def _fate(self, person: Person) -> None:
        life = self._portal.life
        late = self._ago(min(person.known_days, 30) / 2)
        if person.lifecycle == "customer":
            life.win_deal(person.email, f"{person.last}: yearly plan", self._dice.randrange(3, 30) * 1000, late)
        elif person.lifecycle:
            life.set_property(person.email, "lifecyclestage", person.lifecycle, late)
        if person.lifecycle:
            owner = self._dice.choice(list(self._portal.owners))
            life.set_property(person.email, "hubspot_owner_id", owner, late)
        if person.opted_out:
            life.unsubscribe(person.email, SUBSCRIPTION if person.opted_out == SUBSCRIPTION else "", late)
        if person.hard_bounced:
            life.hard_bounce(person.email, at=late)

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=days)


class MailchimpPast:
    """Writes members, campaigns and what became of them into an audience."""

    def __init__(self, account: Account, audience: Audience, now: datetime, dice: random.Random) -> None:
        self._account = account
        self._audience = audience
        self._now = now.replace(microsecond=0)
        self._dice = dice

    def write(self, people: Iterable[Person]) -> None:
        """Sign everybody up, then send the campaigns in order and let people react to them."""
        members = [person for person in people if person.on_mailchimp]
        for person in members:
            self._sign_up(person)
        leaving = [person for person in members if person.ending in ("unsubscribed", "cleaned", "complained")]
        gone = {person.address: self._last_campaign(person) for person in leaving}
        for number, (days, title) in enumerate(CAMPAIGNS):
            self._campaign(number, days, title, members, gone)
        for person in members:
            if person.ending == "archived":
                self._account.life.archive(person.address)

    def _sign_up(self, person: Person) -> None:
        at = self._ago(person.subscribed_days)
        merges = {"FNAME": person.first, "LNAME": person.last, "JOBTITLE": person.title}
        merges["COMPANY"] = person.company.name if person.company else ""
        if person.ending == "pending":
            body = {"email_address": person.address, "merge_fields": merges}
            with self._account.lock:
                member = writing.create(self._account, self._audience, body, status="pending", source="user")
                member.last_changed = member.timestamp_signup = at
            return
        source = "Import" if person.on_hubspot else "Hosted Signup Form"
        self._account.life.subscribe(person.address, merge_fields=merges, source=source, at=at)

    def _last_campaign(self, person: Person) -> int:
        """Through which campaign she leaves: one of the later ones that reach her, the last of all for a newcomer."""
        reached = [number for number, (days, _) in enumerate(CAMPAIGNS) if days < person.subscribed_days]
        return self._dice.choice(reached[-5:-1] or reached or [len(CAMPAIGNS) - 1])

    def _campaign(self, number: int, days: float, title: str, members: list[Person], gone: dict[str, int]) -> None:
        """Send one campaign to those who were subscribed by then; `gone` says who leaves at which campaign."""
        life = self._account.life
        to = [person for person in members if person.subscribed_days > days and person.ending != "pending"]
        to = [person for person in to if gone.get(person.address, number) >= number]
        campaign = life.send_campaign(title, to=[person.address for person in to], at=self._ago(days))
        for person in to:
            if person.ending == "cleaned" and gone[person.address] == number:
                life.bounce(person.address, campaign, at=self._ago(days - 0.01))
                continue
            self._react(person, campaign, days)
            if gone.get(person.address) == number:
                at = self._ago(days - 0.3)
                if person.ending == "complained":
                    life.complain(person.address, campaign, at=at)
                else:
                    life.unsubscribe(person.address, campaign=campaign, reason="No longer interested", at=at)

    def _react(self, person: Person, campaign: str, days: float) -> None:
        life, dice = self._account.life, self._dice
        if person.machine_opens:
            life.open(person.address, campaign, proxy=True, at=self._ago(days - 0.02))
        if dice.random() >= person.opens:
            return
        read = days - dice.uniform(0.05, 2)
        life.open(person.address, campaign, at=self._ago(read))
        if dice.random() < person.clicks:
            url = dice.choice((f"{SITE}/blog/month-end-in-three-days", f"{SITE}/webinars/closing-the-books", PRICING))
            life.click(person.address, campaign, url, at=self._ago(read - 0.01))

    def _ago(self, days: float) -> datetime:
        return (self._now - timedelta(days=days)).replace(microsecond=0)

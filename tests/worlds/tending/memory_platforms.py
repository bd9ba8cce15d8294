"""Doubles in memory as a world's platforms: no network, and people as HubSpot and Mailchimp would show them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from tending.lives import Life, Step
from tending.memory_flows import Flow, Flows
from tending.rule_files import LIST, OWNERS, SEGMENT_LIST, SEGMENT_TAG, TAG
from tending.ruling import SUBSCRIPTION, Track
from tending.seen import Human, Seen, markers

from adapters.memory import MemoryChannel
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import (
    Activity,
    Deal,
    Definition,
    Enrollment,
    EnrollmentChannel,
    Found,
    Option,
    Order,
    Owner,
    Page,
    Record,
    Standing,
)
from adapters.sandbox import EffectLedger

_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
)
_OPTOUT = f"hs_email_optout_{SUBSCRIPTION}"
_REFUSALS = ("hs_email_optout", "hs_email_hard_bounce_reason_enum", "trellis_exclude")
_TRACK = "trellis_track"
#: Counters of HubSpot, and where the time and the name of the last act stand.
_COUNTERS = {
    "form": ("num_conversion_events", "recent_conversion_date", "recent_conversion_event_name"),
    "page": ("hs_analytics_num_page_views", "hs_analytics_last_timestamp", "hs_analytics_last_url"),
    "click": ("hs_email_click", "hs_email_last_click_date", ""),
    "reply": ("hs_email_replied", "hs_email_last_reply_date", ""),
    "call": ("num_contacted_notes", "notes_last_contacted", ""),
    "mail": ("hs_email_delivered", "hs_email_last_send_date", "hs_email_last_email_name"),
}
_KINDS = {
    "form": "form_submit",
    "page": "page_view",
    "click": "email_click",
    "reply": "email_reply",
    "call": "contacted",
}
_SETS = {
    "customer": ("lifecyclestage", "customer"),
    "lead": ("lifecyclestage", "lead"),
    "refuse": ("hs_email_optout", "true"),
    "refuse type": (_OPTOUT, "true"),
    "bounce": ("hs_email_hard_bounce_reason_enum", "UNKNOWN_USER"),
    "exclude": ("trellis_exclude", "true"),
    "include": ("trellis_exclude", "false"),
    "verdict": ("trellis_sales_verdict", "accepted"),
}


@dataclass
class Portal(HubSpotMemory):
    """A portal with workflows and a bin."""

    subscription_types: tuple[str, ...] = (SUBSCRIPTION,)
    users: tuple[Owner, ...] = tuple(Owner(f"7700000{number}", email) for number, email in enumerate(OWNERS))
    flows_of: Flows | None = None

    def by_ids(self, ids: Collection[str]) -> Found:
        found = super().by_ids(list(ids))
        gone = tuple(one.id for one in found.records if one.archived)
        return Found(tuple(one for one in found.records if not one.archived), (*found.missing, *gone))

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Iterator[Page]:  # type: ignore[override]
        for page in super().changed(since, until, beyond):
            yield replace(page, records=tuple(one for one in page.records if not one.archived))

    def standings(self, ids: Collection[str], deadline: object = None) -> Mapping[str, Standing]:
        there = [one for one in ids if one in self.people and not self.people[one].archived]
        return super().standings(there, deadline)  # type: ignore[arg-type]

    def by_email(self, email: str) -> Record | None:
        """By any address of hers, as HubSpot finds people (facts/hubspot.md §11.14)."""
        there = (one for one in self.people.values() if not one.archived)
        return next((one for one in there if email.strip().lower() in _addresses(one)), None)

    def set(self, id_: str, values: Mapping[str, str | None]) -> None:
        before = self.people[id_].values.get(_TRACK) if id_ in self.people else None
        super().set(id_, values)
        after = self.people[id_].values.get(_TRACK)
        if self.flows_of is not None and after != before:
            self.flows_of.leave(before or "", id_)
            self.flows_of.enter(after or "", id_)

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        channel = super().list_channel(list_name)
        return _heard(channel, self.flows_of, list_name.removeprefix(LIST.format("")))


@dataclass
class Audience(MailchimpMemory):
    """An audience with flows."""

    flows_of: Flows | None = None

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        return _heard(super().tag_channel(tag), self.flows_of, tag.removeprefix(TAG.format("")))


def _addresses(person: Record) -> set[str]:
    others = (person.values.get("hs_additional_emails") or "").split(";")
    return {one.lower() for one in (person.email, *others) if one}


def _heard(channel: EnrollmentChannel, flows: Flows | None, track: str) -> EnrollmentChannel:
    """The channel, with a flow that listens to it."""
    assert isinstance(channel, MemoryChannel)
    enter, leave = channel.enter, channel.exit

    def entering(row: Enrollment) -> None:
        enter(row)
        if flows is not None:
            flows.enter(track, row.id)

    def leaving(row: Enrollment) -> None:
        leave(row)
        if flows is not None:
            flows.leave(track, row.id)

    return replace(channel, enter=entering, exit=leaving)


@dataclass
class MemoryPlatforms:
    """See `platforms.Platforms`."""

    now: Callable[[], datetime]
    effects: EffectLedger = field(init=False)

    def __post_init__(self) -> None:
        self.effects = EffectLedger(self.now)
        self.portal, self.audience = Portal(now=self.now), Audience(now=self.now)
        self.portal.flows_of = self._flows(self.portal, self._mailed_by_hubspot)
        self.audience.flows_of = self._flows(self.audience, self._mailed_by_mailchimp)
        self._humans: dict[str, Human] = {}
        self._numbers = count(1)
        self._tasks = 0
        self._letters: dict[Human, str] = {}
        self.portal.members[SEGMENT_LIST] = {}
        for name in ("JOBTITLE", "COMPANY", "INTEREST", "FNAME"):
            self.audience.known[name] = Definition(name, name, "text")
        for name in ("email", "firstname", "jobtitle", "company", "industry", "hubspot_owner_id", "num_contacted_notes", "notes_last_contacted",
                     *(one for names in _COUNTERS.values() for one in names if one)):  # fmt: skip
            kind = "datetime" if name.endswith(("_date", "_timestamp", "_contacted")) else "string"
            kind = "number" if name.startswith(("num_", "hs_analytics_num")) or name in _NUMBERS else kind
            self.portal.known[name] = Definition(name, name, kind)
        stages = tuple(Option(one, one) for one in _STAGES)
        self.portal.known["lifecyclestage"] = Definition("lifecyclestage", "Stage", "enumeration", options=stages)

    def _flows(self, memory: Portal | Audience, mailed: Callable[[str, Flow, datetime], bool]) -> Flows:
        return Flows(self.effects, self.now, lambda id_: memory.people[id_].email or "", mailed)

    # ------------------------------------------------------------ what the marketer does

    def crowd(self, number: int) -> None:
        for one in range(number):
            email = f"silent{one}@crowd.example"
            self.portal.add(Record("hubspot", f"66{one:07}", email, {"email": email}, self.now()))

    def listen(self, track: Track) -> None:
        for way in track.ways:
            flows = self.audience.flows_of if way.kind == "tag" else self.portal.flows_of
            assert flows is not None
            platform = "mailchimp" if way.kind == "tag" else "hubspot"
            flows.all.setdefault(
                track.name,
                Flow(
                    platform,
                    track.name,
                    track.mails,
                    timedelta(days=track.lasts) / track.mails,
                    way.leavable,
                    track.subscription,
                ),
            )

    def switch(self, track: str, *, on: bool) -> None:
        for flows in (self.portal.flows_of, self.audience.flows_of):
            if flows is not None and track in flows.all:
                flows.all[track].on = on

    # ------------------------------------------------------------ what people do

    def arrive(self, life: Life) -> Human:
        human, number, now = Human(life.key, [life.email]), next(self._numbers), self.now()
        self._humans[life.email] = human
        if life.where != "hubspot":
            merge = {"FNAME": life.key, "JOBTITLE": life.title, "INTEREST": life.interest}
            told = {"email_address": life.email, "status": "subscribed", "subscriber_hash": f"hash{number}"}
            told |= {f"merge_fields.{name}": value for name, value in merge.items()}
            self.audience.add(Record("mailchimp:main", f"member{number:05}", life.email, told, now))
        if life.where != "mailchimp":
            values = {"email": life.email, "firstname": life.key, "jobtitle": life.title, "industry": life.interest}
            values |= {"lifecyclestage": "lead"}
            nothing = dict.fromkeys(name for counter in _COUNTERS.values() for name in counter if name)  # as asked for
            told = {**nothing, **{name: value for name, value in values.items() if value}}
            self.portal.add(Record("hubspot", f"77{number:07}", life.email, told, now))
            self._count(f"77{number:07}", "form", "Newsletter", now)
            human.acts.append(("form_submit", now))
        return human

    def happen(self, human: Human, step: Step, other: Human | None) -> None:
        contact, member, now = self._contact(human), self._member(human), self.now()
        if step.do == "merge":
            self._merge(human, other)
        elif step.do == "restore":
            self._restore(human)
        elif contact is not None and step.do in _SETS:
            name, value = _SETS[step.do]
            self._change(contact.id, **{name: value})
        elif contact is not None and step.do in _KINDS and self._may(step.do, contact):
            self._count(contact.id, step.do, step.what or "https://www.brightledger.example/blog", now)
            human.acts.append((_KINDS[step.do], now))
            if step.do == "form":
                self._change(contact.id, company=f"{human.key} works")
        elif contact is not None and step.do in ("win", "lose"):
            self._close_deal(human, contact, won=step.do == "win")
        elif contact is not None and step.do in ("archive", "erase"):
            self._remove(human, contact, for_good=step.do == "erase")
        elif contact is not None and step.do == "campaign":
            if not self.portal.standing(contact).refusals:
                self._count(contact.id, "mail", "Newsletter", now)
                human.mails.append((now, ""))
        elif member is not None:
            self._at_mailchimp(human, member, step.do)
        if step.do in ("interest", "title"):
            self._edit(contact, member, step)

    def _at_mailchimp(self, human: Human, member: Record, do: str) -> None:
        now, hash_ = self.now(), str(member.values["subscriber_hash"])
        subscribed = member.values["status"] == "subscribed"
        if do == "campaign" and subscribed:
            self._letters[human] = f"letter{len(self.audience.acts)}"
            self._act(hash_, "email_sent", self._letters[human])
            human.mails.append((now, ""))
        elif do == "click" and human in self._letters:
            self._act(hash_, "email_click", self._letters[human])
            human.acts.append(("email_click", now))
        elif do == "buy":
            self.audience.bought.append(
                Order("mailchimp:main", f"order{len(self.audience.bought)}", hash_, now, "Shop")
            )
            human.acts.append(("order", now))
        elif do in ("unsubscribe", "complain", "bounce"):
            self._change_member(member, status="cleaned" if do == "bounce" else "unsubscribed")
            if do == "unsubscribe":
                human.acts.append(("unsubscribe", now))

    def _act(self, hash_: str, kind: str, campaign: str) -> None:
        self.audience.acts.append(Activity("mailchimp:main", hash_, kind, self.now(), campaign, campaign))

    def _may(self, do: str, contact: Record) -> bool:
        """Nobody clicks in mail that she never got."""
        return do in ("form", "page", "call") or bool(contact.values.get("hs_email_delivered"))

    def _edit(self, contact: Record | None, member: Record | None, step: Step) -> None:
        property_, tag = {"interest": ("industry", "INTEREST"), "title": ("jobtitle", "JOBTITLE")}[step.do]
        if contact is not None:
            self._change(contact.id, **{property_: step.what})
        if member is not None:
            self._change_member(member, **{f"merge_fields.{tag}": step.what})

    def _close_deal(self, human: Human, contact: Record, *, won: bool) -> None:
        id_ = str(len(self.portal.deals) + 1)
        self.portal.deals[id_] = (Deal(id_, "Deal", won, not won, self.now(), self.now()), (contact.id,))
        human.acts.append(("deal_won" if won else "deal_lost", self.now()))
        if won:
            self._change(contact.id, lifecyclestage="customer")

    def _remove(self, human: Human, contact: Record, *, for_good: bool) -> None:
        assert self.portal.flows_of is not None
        self.portal.flows_of.forget(contact.id)
        for members in self.portal.members.values():
            members.pop(contact.id, None)
        if for_good:
            del self.portal.people[contact.id]
            human.gone = True
        else:
            self.portal.people[contact.id] = replace(contact, archived=True, modified_at=self.now())
            if (just_won := ("deal_won", self.now())) in human.acts:
                human.acts.remove(just_won)  # no pass has seen it, and nothing shows any more whose deal it was

    def _restore(self, human: Human) -> None:
        for record in self.portal.people.values():
            if record.archived and record.email in human.addresses and self._contact(human) is None:
                self.portal.people[record.id] = replace(record, archived=False, modified_at=self.now())
                return

    def _merge(self, human: Human, other: Human | None) -> None:
        mine, hers = self._contact(human), self._contact(other) if other is not None and other is not human else None
        if mine is None or hers is None or other is None or self.portal.flows_of is None:
            return
        for one in (mine, hers):
            self.portal.flows_of.forget(one.id)
        del self.portal.people[hers.id]
        for members in self.portal.members.values():
            if (joined := members.pop(hers.id, None)) is not None:
                members.setdefault(mine.id, joined)
        values = {**hers.values, **{name: value for name, value in mine.values.items() if value}}
        values["hs_additional_emails"] = ";".join(other.addresses)
        ids = (*mine.merged_ids, hers.id, *hers.merged_ids)
        self.portal.people[mine.id] = replace(mine, values=values, merged_ids=ids, modified_at=self.now())
        for id_, (deal, contacts) in self.portal.deals.items():
            self.portal.deals[id_] = (deal, tuple(mine.id if one == hers.id else one for one in contacts))
        human.swallow(other)
        self._humans |= dict.fromkeys(other.addresses, human)

    def _count(self, id_: str, what: str, name: str, at: datetime) -> None:
        counter, last, asset = _COUNTERS[what]
        number = int(self.portal.people[id_].values.get(counter) or 0) + 1
        told = {counter: str(number), last: at.isoformat().replace("+00:00", "Z")}
        self._change(id_, **told, **({asset: name} if asset else {}))

    def _change(self, id_: str, **values: str) -> None:
        person = self.portal.people[id_]
        self.portal.people[id_] = replace(person, values={**person.values, **values}, modified_at=self.now())

    def _change_member(self, member: Record, **values: str) -> None:
        there = self.audience.people[member.id]
        self.audience.people[member.id] = replace(there, values={**there.values, **values}, modified_at=self.now())

    # ------------------------------------------------------------ mails, and how people stand

    def _mailed_by_hubspot(self, id_: str, flow: Flow, at: datetime) -> bool:
        person = self.portal.people[id_]
        if self.portal.standing(person).refusals or (flow.subscription and person.values.get(_OPTOUT) == "true"):
            return False
        self._count(id_, "mail", f"[{flow.track}]", at)
        self._humans[person.email or ""].mails.append((at, flow.track))
        return True

    def _mailed_by_mailchimp(self, id_: str, flow: Flow, at: datetime) -> bool:
        person = self.audience.people[id_]
        if person.values["status"] != "subscribed":
            return False
        self._humans[person.email or ""].mails.append((at, flow.track))
        return True

    def settle(self) -> None:
        for flows in (self.portal.flows_of, self.audience.flows_of):
            assert flows is not None
            flows.settle()
        for id_, _title in self.portal.tasks[self._tasks :]:
            person = self.portal.people.get(id_)
            if person is not None:
                self._humans[person.email or ""].tasks.append(self.now())
        self._tasks = len(self.portal.tasks)

    def seen(self, human: Human) -> Seen:
        contact, members = self._contact(human), list(self._members(human))
        values = contact.values if contact is not None else {}
        first = members[0].values if members else {}
        refused = {name for name in _REFUSALS if values.get(name) not in (None, "", "false")}
        refused |= {f"{one.values['status']} at Mailchimp" for one in members if one.values["status"] != "subscribed"}
        there = {"hubspot"} if contact is not None else set()
        there |= {"mailchimp"} if any(one.values["status"] == "subscribed" for one in members) else set()
        interest = values.get("industry") or first.get("merge_fields.INTEREST") or ""
        filled = (
            values.get("jobtitle") or first.get("merge_fields.JOBTITLE"),
            values.get("company") or first.get("merge_fields.COMPANY"),
            interest,
        )
        shown = [
            values.get("trellis_enrolled") or "",
            *(one.values.get("merge_fields.TRACKMARK") or "" for one in members),
        ]
        return Seen(
            there=frozenset(there),
            refused=frozenset(refused),
            refused_type=values.get(_OPTOUT) == "true",
            customer=values.get("lifecyclestage") in ("customer", "evangelist"),
            known=sum(1 for one in filled if one),
            interest=interest,
            score=values.get("trellis_score") or first.get("merge_fields.LEADSCORE") or "",
            stage=values.get("trellis_stage") or first.get("merge_fields.LEADSTAGE") or "",
            markers=markers(shown),
            segments=frozenset(self._segments(contact, members)),
        )

    def _segments(self, contact: Record | None, members: list[Record]) -> Iterator[str]:
        if contact is not None and contact.id in self.portal.members.get(SEGMENT_LIST, {}):
            yield SEGMENT_LIST
        if any(SEGMENT_TAG in (one.values.get("tags") or "").split(";") for one in members):
            yield SEGMENT_TAG

    def whose(self, email: str) -> Human | None:
        return self._humans.get(email)

    def people(self) -> Collection[Human]:
        return list(dict.fromkeys(self._humans.values()))

    def _contact(self, human: Human) -> Record | None:
        there = (one for one in self.portal.people.values() if one.email in human.addresses and not one.archived)
        return next(there, None)

    def _member(self, human: Human) -> Record | None:
        return next(self._members(human), None)

    def _members(self, human: Human) -> Iterator[Record]:
        return (one for one in self.audience.people.values() if one.email in human.addresses)


_NUMBERS = frozenset({"hs_email_click", "hs_email_replied", "hs_email_delivered"})

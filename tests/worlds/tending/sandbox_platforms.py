"""The pretend platforms as a world's: people act through their lives, and how they stand is read from their records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from tending.lives import Life, Step
from tending.rule_files import AUDIENCE, LIST, OWNERS, SEGMENT_LIST, SEGMENT_TAG, TAG
from tending.ruling import SUBSCRIPTION, Track
from tending.seen import Human, Seen, markers

from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.builtin import optout_property
from adapters.sandbox.hubspot.record import Record
from adapters.sandbox.mailchimp.member import Member

_PAGE = "https://www.brightledger.example/blog"
_REFUSALS = ("hs_email_optout", "hs_email_hard_bounce_reason_enum", "trellis_exclude")
_KNOWN = ("jobtitle", "company", "industry")


class SandboxPlatforms:
    """See `platforms.Platforms`. `sandbox` runs already, or its servers are never asked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.effects = sandbox, sandbox.effects
        self.hubspot, self.mailchimp = sandbox.hubspot, sandbox.mailchimp
        self._humans: dict[str, Human] = {}  # by address
        self._binned: dict[Human, str] = {}
        self._campaigns: dict[Human, str] = {}
        self._booked = 0
        self._tasks: set[int] = set()
        with self.hubspot.lock:
            for number, address in enumerate(OWNERS):
                self.hubspot.add_owner(address, f"Owner {number}", "Of The Team")
            self.hubspot.add_subscription_type(SUBSCRIPTION, "Marketing information")
            self.hubspot.lists.create(SEGMENT_LIST, "MANUAL")
        self.audience = self.mailchimp.add_audience("News", id=AUDIENCE)
        for tag in ("JOBTITLE", "COMPANY", "INTEREST"):
            self.audience.define(tag, tag.capitalize())

    # ------------------------------------------------------------ what the marketer does

    def crowd(self, number: int) -> None:
        for one in range(number):
            self.hubspot.life.add_contact({"email": f"silent{one}@crowd.example"})

    def listen(self, track: Track) -> None:
        mails = [f"[{track.name}] {number}" for number in range(1, track.mails + 1)]
        for way in track.ways:
            if way.kind == "tag":
                self._flow(track, mails, leavable=way.leavable)
                continue
            with self.hubspot.lock:
                if self.hubspot.workflows.find(track.name):
                    continue
                lists = self.hubspot.lists
                listened: dict[str, object] = {"property": "trellis_track", "values": (track.name,)}
                if way.kind == "list":
                    listened = {"list_id": lists.create(LIST.format(track.name), "MANUAL").id}
                self.hubspot.workflows.add(
                    track.name,
                    mails=mails,
                    days_between=track.lasts / track.mails,
                    leave=way.leavable,
                    subscription=SUBSCRIPTION if track.subscription else "",
                    **listened,  # type: ignore[arg-type]
                )

    def _flow(self, track: Track, mails: list[str], *, leavable: bool) -> None:
        if all(flow.name != track.name for flow in self.mailchimp.flows.all):
            self.mailchimp.add_flow(
                track.name,
                audience=self.audience,
                mails=mails,
                tag=TAG.format(track.name),
                reenter=True,
                every=timedelta(days=track.lasts) / track.mails,
                exit_on_tag_removed=leavable,
            )

    def switch(self, track: str, *, on: bool) -> None:
        with self.hubspot.lock:
            if (workflow := self.hubspot.workflows.find(track)) is not None:
                workflow.enabled = on
        with self.mailchimp.lock:
            for flow in self.mailchimp.flows.all:
                if flow.name == track:
                    flow.on = on

    # ------------------------------------------------------------ what people do

    def arrive(self, life: Life) -> Human:
        human = Human(life.key, [life.email])
        self._humans[life.email] = human
        if life.where != "hubspot":
            merges = {"FNAME": life.key, "JOBTITLE": life.title, "INTEREST": life.interest}
            self.mailchimp.life.subscribe(life.email, merge_fields=merges)
        if life.where != "mailchimp":
            values = {"firstname": life.key, "jobtitle": life.title, "industry": life.interest}
            self.hubspot.life.fill_form(life.email, "Newsletter", {name: one for name, one in values.items() if one})
            human.acts.append(("form_submit", self.sandbox.clock()))
        return human

    def happen(self, human: Human, step: Step, other: Human | None) -> None:
        record, member = self._record(human), self._member(human)
        if step.do == "merge":
            if record is not None and other is not None and other is not human and self._record(other) is not None:
                self.hubspot.life.merge(human.email, other.email)
                human.swallow(other)
                self._humans |= dict.fromkeys(other.addresses, human)
        elif step.do == "restore" and human in self._binned and record is None:
            self.hubspot.life.restore(self._binned.pop(human))
        elif record is not None and step.do in self._at_hubspot:
            kind = self._at_hubspot[step.do](self, human, record, step)
            human.acts += [(kind, self.sandbox.clock())] if kind else []
        elif member is not None and step.do in self._at_mailchimp:
            kind = self._at_mailchimp[step.do](self, human, member)
            human.acts += [(kind, self.sandbox.clock())] if kind else []
        if step.do in ("interest", "title") and member is not None:
            tag = {"interest": "INTEREST", "title": "JOBTITLE"}[step.do]
            self.mailchimp.life.edit_profile(member.email, {tag: step.what})

    # What happens at HubSpot; each tells the kind of act that it is, if any.

    def _form(self, human: Human, _record: Record, step: Step) -> str:
        self.hubspot.life.fill_form(human.email, step.what, {"company": f"{human.key} works"}, _PAGE)
        human.acts.append(("page_view", self.sandbox.clock()))
        return "form_submit"

    def _page(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.visit_page(human.email, _PAGE)
        return "page_view"

    def _click(self, human: Human, record: Record, _step: Step) -> str:
        if not record.values.get("hs_email_delivered"):
            return ""
        self.hubspot.life.click_mail(human.email, record.values.get("hs_email_last_email_name", ""))
        return "email_click"

    def _reply(self, human: Human, record: Record, _step: Step) -> str:
        if not record.values.get("hs_email_delivered"):
            return ""
        self.hubspot.life.reply_mail(human.email)
        return "email_reply"

    def _newsletter(self, human: Human, _record: Record, _step: Step) -> str:
        if self.hubspot.life.receive_mail(human.email, "Newsletter"):
            human.mails.append((self.sandbox.clock(), ""))
        return ""

    def _lose(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.lose_deal(human.email)
        return "deal_lost"

    def _win(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.win_deal(human.email)
        return "deal_won"

    def _archive(self, human: Human, record: Record, _step: Step) -> str:
        self._binned[human] = str(record.id)
        self.hubspot.life.archive(human.email)
        if (just_won := ("deal_won", self.sandbox.clock())) in human.acts:
            human.acts.remove(just_won)  # no pass has seen it, and nothing shows any more whose deal it was
        return ""

    def _erase(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.erase(human.email)
        human.gone = True
        return ""

    def _refuse(self, human: Human, _record: Record, step: Step) -> str:
        self.hubspot.life.unsubscribe(human.email, SUBSCRIPTION if step.do == "refuse type" else "")
        return ""

    def _bounce(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.hard_bounce(human.email)
        return ""

    def _call(self, human: Human, _record: Record, _step: Step) -> str:
        self.hubspot.life.contact_person(human.email)
        return "contacted"

    @staticmethod
    def _set(name: str, value: str | None = None) -> Callable[[SandboxPlatforms, Human, Record, Step], str]:
        def set_(self: SandboxPlatforms, human: Human, _record: Record, step: Step) -> str:
            self.hubspot.life.set_property(human.email, name, step.what if value is None else value)
            return ""

        return set_

    _at_hubspot: Mapping[str, Callable[[SandboxPlatforms, Human, Record, Step], str]] = {
        "form": _form,
        "page": _page,
        "click": _click,
        "reply": _reply,
        "campaign": _newsletter,
        "interest": _set("industry"),
        "title": _set("jobtitle"),
        "lose": _lose,
        "win": _win,
        "customer": _set("lifecyclestage", "customer"),
        "lead": _set("lifecyclestage", "lead"),
        "refuse": _refuse,
        "refuse type": _refuse,
        "bounce": _bounce,
        "exclude": _set("trellis_exclude", "true"),
        "include": _set("trellis_exclude", "false"),
        "archive": _archive,
        "erase": _erase,
        "call": _call,
        "verdict": _set("trellis_sales_verdict", "accepted"),
    }

    # What happens at Mailchimp.

    def _campaign(self, human: Human, member: Member) -> str:
        if member.status == "subscribed":
            title = f"Letter {len(self.mailchimp.campaigns)}"
            self._campaigns[human] = self.mailchimp.life.send_campaign(title, to=[member.email])
            human.mails.append((self.sandbox.clock(), ""))
        return ""

    def _click_letter(self, human: Human, member: Member) -> str:
        if human not in self._campaigns:
            return ""
        self.mailchimp.life.click(member.email, self._campaigns[human], _PAGE)
        return "email_click"

    def _buy(self, _human: Human, member: Member) -> str:
        self.mailchimp.life.buy(member.email, "99.00")
        return "order"

    def _unsubscribe(self, _human: Human, member: Member) -> str:
        self.mailchimp.life.unsubscribe(member.email)
        return "unsubscribe"

    def _complain(self, human: Human, member: Member) -> str:
        if human in self._campaigns:
            self.mailchimp.life.complain(member.email, self._campaigns[human])
        return ""

    def _bounce_letter(self, human: Human, member: Member) -> str:
        if human in self._campaigns:
            self.mailchimp.life.bounce(member.email, self._campaigns[human])
        return ""

    _at_mailchimp: Mapping[str, Callable[[SandboxPlatforms, Human, Member], str]] = {
        "campaign": _campaign,
        "click": _click_letter,
        "buy": _buy,
        "unsubscribe": _unsubscribe,
        "complain": _complain,
        "bounce": _bounce_letter,
    }

    # ------------------------------------------------------------ how they stand

    def settle(self) -> None:
        with self.hubspot.lock:
            self.hubspot.settle()
        self.mailchimp.settle()
        effects = list(self.effects)
        for effect in effects[self._booked :]:
            if effect.kind == "sent" and (human := self._humans.get(effect.email or "")) is not None:
                human.mails.append((effect.at, effect.flow_name))
        self._booked = len(effects)
        with self.hubspot.lock:
            for task in self.hubspot.shelves["tasks"].records.values():
                if task.id not in self._tasks:
                    self._tasks.add(task.id)
                    self._book_task(task)

    def _book_task(self, task: Record) -> None:
        for id_ in self.hubspot.associations.of("tasks", task.id, "contacts"):
            record = self.hubspot.contacts.records.get(id_)
            human = self._humans.get(record.values.get("email", "")) if record else None
            if human is not None:
                human.tasks.append(datetime.fromtimestamp(task.created / 1000, UTC))

    def seen(self, human: Human) -> Seen:
        record, members = self._record(human), list(self._members(human))
        values = record.values if record is not None else {}
        merges = [self.audience.merges_of(member) for member in members]
        shown = [values.get("trellis_enrolled", ""), *(str(one.get("TRACKMARK") or "") for one in merges)]
        first = merges[0] if merges else {}
        refused = {name for name in _REFUSALS if values.get(name, "") not in ("", "false")}
        refused |= {f"{one.status} at Mailchimp" for one in members if one.status in ("unsubscribed", "cleaned")}
        there = {"hubspot"} if record is not None else set()
        there |= {"mailchimp"} if any(one.status == "subscribed" for one in members) else set()
        filled = (
            values.get(name) or first.get(tag)
            for name, tag in zip(_KNOWN, ("JOBTITLE", "COMPANY", "INTEREST"), strict=True)
        )
        return Seen(
            there=frozenset(there),
            refused=frozenset(refused),
            refused_type=values.get(optout_property(SUBSCRIPTION)) == "true",
            customer=values.get("lifecyclestage") in ("customer", "evangelist"),
            known=sum(1 for one in filled if one),
            interest=values.get("industry") or str(first.get("INTEREST", "")),
            score=values.get("trellis_score") or str(first.get("LEADSCORE", "")),
            stage=values.get("trellis_stage") or str(first.get("LEADSTAGE", "")),
            markers=markers(shown),
            segments=frozenset(self._segments(record, members)),
        )  # fmt: skip

    def _segments(self, record: Record | None, members: list[Member]) -> Iterator[str]:
        warm = self.hubspot.lists.named(SEGMENT_LIST)
        if record is not None and warm is not None and record.id in warm.members:
            yield SEGMENT_LIST
        if any(SEGMENT_TAG in member.tags.values() for member in members):
            yield SEGMENT_TAG

    def whose(self, email: str) -> Human | None:
        return self._humans.get(email)

    def people(self) -> Collection[Human]:
        return list(dict.fromkeys(self._humans.values()))

    def _record(self, human: Human) -> Record | None:
        with self.hubspot.lock:
            found = (self.hubspot.contacts.find(one, by_email=True) for one in human.addresses)
            return next((one for one in found if one is not None), None)

    def _member(self, human: Human) -> Member | None:
        return next(self._members(human), None)

    def _members(self, human: Human) -> Iterator[Member]:
        found = (self.audience.find(one) for one in human.addresses)
        return (one for one in found if one is not None and one.status != "archived")

"""What grew becomes acts: each once, whatever a merge makes of the counters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Event, Record, Trust
from connector.rulebook.mapping import MAX_GROWTH, growth
from connector.rulebook.types import FieldsFile

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

FIELDS = FieldsFile.model_validate(
    {
        "version": 1,
        "fields": {"job_title": {"hubspot": "jobtitle"}},
        "events": {
            "form_submit": {"hubspot": {"count": "forms", "last": "forms_at", "asset": "form_name"}},
            "email_open": {"hubspot": {"count": "opens", "last": "opened_at"}, "mailchimp": "activity.open"},
            "list_joined": {"hubspot": {"lists": ["Visited pricing"]}},
            "verdict": {"hubspot": {"changed": "sales_says"}},
        },
    }
)


def hubspot(id_: str = "501", at: datetime = NOW, merged: tuple[str, ...] = (), **values: str | None) -> Record:
    return Record("hubspot", id_, None, values, at, merged_ids=merged)


def forms(count: object, at: datetime | None = NOW - timedelta(days=2), name: str | None = "Demo request") -> Record:
    raw = {
        "forms": None if count is None else str(count),
        "forms_at": at.isoformat() if at else None,
        "form_name": name,
    }
    return hubspot(**raw)


def told(before: Record | None, after: Record) -> list[str]:
    return [event.key for event in growth(before, after, FIELDS, NOW)]


def test_at_first_sight_the_last_act_is_known_at_its_own_time():
    (event,) = growth(None, forms(5), FIELDS, NOW)
    assert (event.kind, event.key, event.asset) == ("form_submit", "hubspot:501:form_submit:#5", "Demo request")
    assert event.happened_at == event.known_at == NOW - timedelta(days=2)
    assert (event.channel, event.trust) == ("hubspot", Trust.HUMAN)


def test_at_first_sight_nothing_without_a_date_or_an_act():
    assert told(None, forms(5, at=None)) == []
    assert told(None, forms(0)) == []
    assert told(None, forms(None)) == []
    assert told(None, forms("x")) == []


def test_growth_gives_each_new_act_known_now():
    acts = growth(forms(2), forms(4), FIELDS, NOW)
    assert [act.key for act in acts] == ["hubspot:501:form_submit:#3", "hubspot:501:form_submit:#4"]
    assert {act.known_at for act in acts} == {NOW}
    assert told(forms(None), forms(2)) == ["hubspot:501:form_submit:#1", "hubspot:501:form_submit:#2"]


def test_a_counter_mapped_since_is_seen_for_the_first_time():
    assert told(hubspot(jobtitle="CFO"), forms(5)) == ["hubspot:501:form_submit:#5"]


def test_growth_without_a_date_happened_by_the_records_own_modification():
    (event,) = growth(forms(1), forms(2, at=None), FIELDS, NOW + timedelta(hours=1))
    assert event.happened_at == NOW


def test_at_most_the_newest_fifty():
    assert told(forms(0), forms(1000)) == [f"hubspot:501:form_submit:#{n}" for n in range(951, 1001)]


def test_opens_are_unsure():
    record = hubspot(opens="1", opened_at="2026-11-01T00:00:00Z")
    assert [event.trust for event in growth(None, record, FIELDS, NOW)] == [Trust.UNSURE]


def test_mailchimp_has_no_counters():
    assert growth(None, replace(forms(3), source="mailchimp:main"), FIELDS, NOW) == ()


counts = st.lists(st.integers(0, 120) | st.none(), min_size=1, max_size=8)


@given(counts)
def test_a_history_told_twice_tells_no_new_act(history):
    """Whatever a counter does, its acts are those up to the highest count, and seeing the same again tells nothing."""
    sights = [forms(count) for count in history]
    keys = set(told(None, sights[0])).union(*(told(before, after) for before, after in pairwise(sights)))
    highest = max((count or 0 for count in history), default=0)
    assert keys <= {f"hubspot:501:form_submit:#{ordinal}" for ordinal in range(1, highest + 1)}
    assert [told(sight, sight) for sight in sights] == [[]] * len(sights)


@given(st.integers(0, 30), st.integers(0, 30))
def test_growth_is_told_once_in_one_step_or_two(first, more):
    """Reading in between changes when an act is known, never which acts there are."""
    start, middle, end = forms(3), forms(3 + first), forms(3 + first + more)
    steps = told(start, middle) + told(middle, end)
    assert len(steps) == len(set(steps)) == first + more
    assert told(start, end) == steps[-MAX_GROWTH:]


def test_two_records_of_one_person_each_count_for_themselves():
    assert told(forms(1), forms(2)) != told(*(replace(forms(count), id="502") for count in (1, 2)))


# ---------------------------------------------------------------- properties that change


def says(value: str | None, minute: int = 0, **more: str | None) -> Record:
    return hubspot(at=NOW + timedelta(minutes=minute), sales_says=value, **more)


def test_a_property_that_becomes_another_value_is_an_act_at_the_records_modification():
    (event,) = growth(says(None), says("accepted", 3), FIELDS, NOW + timedelta(hours=1))
    assert (event.kind, event.asset, event.channel, event.trust) == ("verdict", "accepted", "hubspot", Trust.HUMAN)
    assert event.happened_at == NOW + timedelta(minutes=3)
    assert event.known_at == NOW + timedelta(hours=1)
    assert event.key == "hubspot:501:verdict:accepted:2026-11-20T12:03:00+00:00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, says("accepted")),
        (hubspot(jobtitle="CFO"), says("accepted")),
        (says("accepted"), says("accepted", 5)),
        (says("accepted"), says(None, 5)),
        (says(None), replace(says("accepted", 5), merged_ids=("7",))),
    ],
)
def test_what_it_held_at_first_sight_or_has_by_a_merge_or_no_longer_is_no_act(before, after):
    assert growth(before, after, FIELDS, NOW) == ()


def test_the_same_value_may_come_again():
    steps = [says("accepted"), says("rejected", 1), says("accepted", 2)]
    keys = [event.key for pair in pairwise(steps) for event in growth(*pair, FIELDS, NOW)]
    assert len(set(keys)) == 2


# ---------------------------------------------------------------- merges (facts/hubspot.md §11.14)


def test_at_a_merge_only_a_last_act_that_is_later_than_any_known_is_told():
    before, after = forms(2), replace(forms(5), merged_ids=("502",))
    known = NOW - timedelta(days=2)
    assert growth(before, after, FIELDS, NOW, {"form_submit": known}) == ()
    (event,) = growth(before, after, FIELDS, NOW, {"form_submit": known - timedelta(seconds=1), "email_open": NOW})
    assert (event.happened_at, event.known_at) == (known, NOW)
    (event,) = growth(None, after, FIELDS, NOW)
    assert event.known_at == event.happened_at == known


@dataclass
class Portal:
    """Two records of one person as HubSpot counts what she does, until one swallows the other."""

    counts: str  # what a merge makes of the counters: sum | max | winner | loser
    new_id: bool
    acts: list[datetime] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=lambda: {"a": forms(None, None), "b": forms(None, None)})

    def act(self, which: str) -> None:
        which = which if which in self.records else next(iter(self.records))
        self.acts.append(NOW + timedelta(minutes=len(self.acts)))
        count = int(self.records[which].values["forms"] or 0) + 1
        self.records[which] = replace(forms(count, self.acts[-1]), merged_ids=self.records[which].merged_ids)

    def merge(self) -> None:
        winner, loser = self.records.pop("a"), self.records.pop("b")
        first, second = (int(one.values["forms"] or 0) for one in (winner, loser))
        count = {"sum": first + second, "max": max(first, second), "winner": first, "loser": second}[self.counts]
        last = max((one.values["forms_at"] for one in (winner, loser) if one.values["forms_at"]), default=None)
        raw = {"forms": str(count) if count else None, "forms_at": last, "form_name": None}
        self.records["c" if self.new_id else "a"] = hubspot(merged=("a", "b") if self.new_id else ("b",), **raw)


@dataclass
class Reader:
    """Us: what we saw last, and the acts that are known by their keys."""

    portal: Portal
    seen: dict[str, Record] = field(default_factory=dict)
    known: dict[str, Event] = field(default_factory=dict)

    def read(self) -> None:
        for id_, record in self.portal.records.items():
            present = replace(record, id=id_)
            before = self.seen.get(id_) or next(
                (self.seen[one] for one in present.merged_ids if one in self.seen), None
            )
            latest = {one.kind: one.happened_at for one in sorted(self.known.values(), key=lambda one: one.happened_at)}
            for event in growth(before, present, FIELDS, NOW, latest):
                self.known.setdefault(event.key, event)
            self.seen[id_] = present


flavors = st.builds(Portal, st.sampled_from(["sum", "max", "winner", "loser"]), st.booleans())
doings = st.lists(st.sampled_from("ab"), max_size=6)


@given(flavors, doings, doings)
def test_whatever_a_merge_makes_of_counters_no_act_is_told_twice_and_none_is_lost(portal, before, after):
    reader = Reader(portal)
    reader.read()
    for which in before:
        portal.act(which)
        reader.read()
    portal.merge()
    reader.read()
    reader.read()
    for which in after:
        portal.act(which)
        reader.read()
    assert sorted(event.happened_at for event in reader.known.values()) == portal.acts


@given(flavors, doings, doings, doings.filter(bool), doings)
def test_of_what_was_done_unseen_before_a_merge_the_last_is_told(portal, before, unseen, last, after):
    """Nothing that HubSpot no longer shows can be told; what is told is an act of hers, once, and the newest is there."""
    reader = Reader(portal)
    reader.read()
    for which in before:
        portal.act(which)
    reader.read()
    for which in (*unseen, *last):
        portal.act(which)
    portal.merge()
    reader.read()
    shown = portal.records[next(iter(portal.records))].values["forms"]
    told = [event.happened_at for event in reader.known.values()]
    assert set(told) <= set(portal.acts)
    assert len(told) <= len(portal.acts)
    assert portal.acts[-1] in told or not shown
    for which in after:
        portal.act(which)
    reader.read()
    assert len(reader.known) == len(told) + len(after)

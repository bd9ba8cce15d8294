"""Property histories become the acts and values of the time before first sight: none told twice, none made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Event, Record, Trust
from connector.rulebook.mapping import MAX_GROWTH, growth, past_acts, past_fields, past_values
from connector.rulebook.types import FieldsFile

START = datetime(2026, 3, 1, 9, tzinfo=UTC)

FIELDS = FieldsFile.model_validate(
    {
        "version": 1,
        "fields": {
            "job_title": {"hubspot": "jobtitle", "or": "title"},
            "lifecycle": {"hubspot": "lifecyclestage", "type": "stage"},
        },
        "events": {
            "form_submit": {"hubspot": {"count": "forms", "last": "forms_at", "asset": "form_name"}},
            "email_open": {"hubspot": {"count": "opens", "last": "opened_at"}},
            "verdict": {"hubspot": {"changed": "sales_says"}},
        },
        "write": {"lifecycle": {"hubspot": "lifecyclestage"}},
    }
)


@dataclass(frozen=True)
class Entry:
    value: str | None
    at: datetime


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def history(*entries: tuple[str | int | None, float]) -> Sequence[Entry]:
    """Entries as (value, day), oldest first here; newest first as platforms give them."""
    return tuple(Entry(None if value is None else str(value), day(at)) for value, at in reversed(entries))


def first(merged: tuple[str, ...] = (), **values: str | None) -> Record:
    return Record("hubspot", "501", None, values, day(50), merged_ids=merged)


def counted(count: int, last: float | None = 40.0) -> Record:
    return first(forms=str(count), forms_at=day(last).isoformat() if last else None, form_name="Last form")


def told(histories: dict[str, Sequence[Entry]], record: Record, known: float = 60) -> list[tuple[str, float]]:
    """Key without the common beginning, and day."""
    acts = past_acts(histories, record, day(known), FIELDS)
    assert all(act.known_at == act.happened_at for act in acts)
    return [(act.key.removeprefix("hubspot:501"), (act.happened_at - START) / timedelta(days=1)) for act in acts]


# ---------------------------------------------------------------- counters


def test_each_rise_is_the_acts_of_its_ordinals_and_the_last_one_was_told_at_first_sight():
    forms = history((None, 0), (1, 1), (3, 5), (4, 40))
    assert told({"forms": forms}, counted(4)) == [
        (":form_submit:#1", 1), (":form_submit:#2", 5), (":form_submit:#3", 5),
    ]  # fmt: skip
    assert told({"forms": forms}, counted(4, last=None))[-1] == (":form_submit:#4", 40)


def test_of_what_the_oldest_entry_counts_only_the_last_act_is_known():
    assert told({"forms": history((31, 1), (33, 2))}, counted(33)) == [(":form_submit:#31", 1), (":form_submit:#32", 2)]
    assert len(told({"forms": history((0, 1), (500, 2))}, counted(501))) == MAX_GROWTH


def test_a_fall_gives_nothing_and_growing_again_neither():
    forms = history((0, 0), (2, 1), (0, 2), (2, 3), (3, 4))
    assert told({"forms": forms}, counted(3)) == [(":form_submit:#1", 1), (":form_submit:#2", 1)]


def test_what_came_after_first_sight_is_told_by_growth():
    forms = history((0, 0), (1, 1), (2, 70))
    assert told({"forms": forms}, counted(1, last=None)) == [(":form_submit:#1", 1)]


def test_a_counter_that_was_never_read_tells_up_to_first_sight():
    assert told({"forms": history((0, 0), (1, 1), (2, 70))}, first(jobtitle="CFO")) == [(":form_submit:#1", 1)]


def test_an_act_is_of_what_was_named_with_it():
    second = 1 / 86400
    names = history(("Newsletter", 1 + second), ("Demo", 2), ("Webinar", 3 - second))
    forms = history((0, 0), (1, 1), (2, 2 + second), (3, 3), (4, 4))
    acts = past_acts({"forms": forms, "form_name": names}, counted(9), day(60), FIELDS)
    assert [act.asset for act in acts] == ["Newsletter", "Demo", "Webinar", "Webinar"]
    close = history((0, 0), (1, 1), (2, 1 + 10 * second))
    names = history(("Newsletter", 1 + second), ("Demo", 1 + 11 * second))
    acts = past_acts({"forms": close, "form_name": names}, counted(9), day(60), FIELDS)
    assert [act.asset for act in acts] == ["Newsletter", "Demo"]
    (act, *_) = past_acts({"forms": forms}, counted(9), day(60), FIELDS)
    assert (act.asset, act.channel, act.trust) == ("", "hubspot", Trust.HUMAN)


def test_opens_of_the_past_are_unsure():
    (act,) = past_acts({"opens": history((1, 1))}, first(opens="1"), day(60), FIELDS)
    assert act.trust is Trust.UNSURE


# ---------------------------------------------------------------- merges (facts/hubspot.md §11.14)


@pytest.mark.parametrize("jump", [5, 3, 2])
def test_what_a_merge_made_of_a_counter_is_no_act(jump):
    histories = {
        "forms": history((0, 0), (1, 1), (2, 2), (3, 3), (jump, 10), (jump + 1, 20), (jump + 2, 30)),
        "hs_merged_object_ids": history((None, 0), ("502", 10)),
    }
    record = replace(counted(jump + 2), merged_ids=("502",))
    assert told(histories, record) == [
        (":form_submit:#1", 1), (":form_submit:#2", 2), (":form_submit:#3", 3),
        (f"+1:form_submit:#{jump + 1}", 20),
    ]  # fmt: skip


def test_a_counter_that_a_merge_left_alone_grows_on():
    histories = {
        "forms": history((0, 0), (1, 1), (2, 20), (3, 30)),
        "hs_merged_object_ids": history(("502", 10)),
    }
    record = replace(counted(3), merged_ids=("502",))
    assert told(histories, record) == [(":form_submit:#1", 1), ("+1:form_submit:#2", 20)]


def test_where_nobody_knows_when_the_merge_was_no_counter_tells():
    record = replace(counted(3), merged_ids=("502", "503"))
    forms = history((0, 0), (1, 1), (3, 2))
    assert told({"forms": forms}, record) == []
    assert told({"forms": forms, "hs_merged_object_ids": history(("502", 1))}, record) == []


# ---------------------------------------------------------------- values


def test_a_property_that_became_another_value_is_an_act_of_its_own_time():
    says = history((None, 0), ("accepted", 1), ("accepted", 2), (None, 3), ("rejected", 4), ("accepted", 5))
    seen = first(sales_says="rejected")
    assert told({"sales_says": says}, seen) == [
        (":verdict:accepted:2026-03-02T09:00:00+00:00", 1), (":verdict:rejected:2026-03-05T09:00:00+00:00", 4),
    ]  # fmt: skip
    assert told({"sales_says": says}, first(sales_says="on hold")) == []


def test_values_come_by_the_moment_and_lead_to_what_was_seen():
    histories = {
        "jobtitle": history((None, 0), ("CFO", 1), ("CFO", 2), ("CEO", 3), ("COO", 61)),
        "title": history(("Ms", 1), (None, 3)),
        "lifecyclestage": history(("lead", 1), ("customer", 7)),
        "forms": history((1, 1)),
    }
    seen = first(jobtitle="CEO", title=None, lifecyclestage="opportunity", forms="1")
    assert past_values(histories, seen, day(60), past_fields(FIELDS)) == (
        (day(1), {"jobtitle": "CFO", "title": "Ms"}),
        (day(3), {"jobtitle": "CEO", "title": None}),
    )
    assert past_values(histories, first(), day(60), past_fields(FIELDS)) == ()


# ---------------------------------------------------------------- laws


@dataclass(frozen=True)
class Life:
    """What somebody did, when she was seen, and how many entries HubSpot keeps."""

    steps: tuple[tuple[int, str | None], ...]  # (how many forms at once, what sales says then)
    sights: tuple[int, ...]  # after so many steps
    kept: int

    def record(self, upto: int) -> Record:
        forms = [day(number) for number, (count, _) in enumerate(self.steps[:upto]) if count]
        verdicts = [says for _, says in self.steps[:upto]]
        return replace(
            first(
                forms=str(sum(count for count, _ in self.steps[:upto])) if forms else None,
                forms_at=forms[-1].isoformat() if forms else None,
                form_name="Form" if forms else None,
                sales_says=verdicts[-1] if verdicts else None,
            ),
            modified_at=day(max(upto - 1, 0)),
        )

    def histories(self, upto: int) -> dict[str, Sequence[Entry]]:
        forms, says = [], []
        for number, (count, value) in enumerate(self.steps[:upto]):
            if count:
                forms.append((self.record(number + 1).values["forms"], number))
            if value != (says[-1][0] if says else None):
                says.append((value, number))
        return {"forms": history(*forms)[: self.kept], "sales_says": history(*says)[: self.kept]}

    def seen_at(self, upto: int) -> datetime:
        return day(upto - 0.5)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    steps = draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, "yes", "no"])), max_size=8))
    sights = draw(st.lists(st.integers(0, len(steps)), min_size=1, max_size=4, unique=True).map(sorted))
    return Life(tuple(steps), tuple(sights), draw(st.sampled_from([2, 20])))


def grown(life: Life) -> list[Event]:
    """What the sights of a life tell."""
    acts, before = [], None
    for upto in life.sights:
        after = life.record(upto)
        acts += growth(before, after, FIELDS, life.seen_at(upto))
        before = after
    return acts


def remembered(life: Life, upto: int) -> list[Event]:
    """What its histories tell after so many steps."""
    seen = life.sights[0]
    return list(past_acts(life.histories(upto), life.record(seen), life.seen_at(seen), FIELDS))


@given(lives(), st.data())
def test_history_and_growth_tell_the_same_acts_in_any_order(life, data):
    """Whenever the histories are read after first sight, what they tell nothing else tells, so that no order matters."""
    early, late = sorted(data.draw(st.tuples(*[st.integers(life.sights[0], len(life.steps))] * 2)))
    news, past = grown(life), remembered(life, early)
    keys = [act.key for act in (*news, *past)]
    assert len(keys) == len(set(keys))
    if life.kept > len(life.steps):
        assert past == remembered(life, late)


@given(lives())
def test_acts_are_those_that_were_done(life):
    news, past = grown(life), remembered(life, life.sights[0])
    forms = [act for act in (*news, *past) if act.kind == "form_submit"]
    done = sum(count for count, _ in life.steps[: life.sights[-1]])
    whole = max((count for count, _ in life.steps[: life.sights[0]]), default=0) <= 1 and life.kept > len(life.steps)
    assert len(forms) == done if whole else len(forms) <= done
    assert all(act.happened_at <= act.known_at for act in forms)


@given(lives())
def test_every_verdict_that_histories_keep_is_told_at_its_own_time(life):
    seen = life.sights[0]
    entries = life.histories(seen)["sales_says"]
    acts = [act for act in remembered(life, len(life.steps)) if act.kind == "verdict"]
    if life.kept > len(life.steps):
        assert [(act.asset, act.happened_at) for act in acts] == [
            (entry.value, entry.at) for entry in reversed(entries) if entry.value
        ]


@given(lives())
def test_values_of_the_past_end_with_what_was_seen(life):
    """Also when entries are missing, and when more came before the histories were read."""
    seen = life.sights[0]
    values = past_values(life.histories(len(life.steps)), life.record(seen), life.seen_at(seen), ["sales_says"])
    assert [at for at, _ in values] == sorted({at for at, _ in values})
    if values:
        assert values[-1][1]["sales_says"] == life.record(seen).values["sales_says"]
        assert values[-1][0] <= life.seen_at(seen)

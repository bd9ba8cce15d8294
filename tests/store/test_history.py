"""The time machine's ledger: somebody as of a moment is what was seen of her by then, whatever came later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import companies, judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement, Move
from connector.store.ledger import Person

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
MAIN = "mailchimp:main"
HOUR = timedelta(hours=1)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def hubspot(id_: str, number: int, email: str | None = None, *, merged: str = "", **values: str | None) -> Record:
    told = {"email": email, **values} if email else values
    return Record("hubspot", id_, email, told, day(number), merged_ids=tuple(filter(None, merged.split(";"))))


def take_in(conn: Connection, number: int, *records: Record) -> int:
    """Take in on a day; the contact of the first record."""
    writer_lock(conn)
    ledger.take_in(conn, records, day(number))
    return ledger.contacts_of(conn, records[0].source, [records[0].id])[records[0].id]


def as_of(conn: Connection, contact: int, number: float, known_by: float | None = None) -> Person:
    known = None if known_by is None else START + timedelta(days=known_by)
    person = ledger.person_as_of(conn, contact, START + timedelta(days=number), known)
    assert person is not None
    return person


def values(person: Person, source: str = "hubspot") -> Mapping[str, str]:
    return {name: value for name, value in person.records[source].values.items() if value is not None}


def assert_history_ends_with_the_present(conn: Connection, contact: int) -> None:
    (now,) = ledger.load_people(conn, [contact])
    then = as_of(conn, contact, 10_000)
    for source, record in now.records.items():
        assert values(then, source) == values(now, source)
        assert (then.records[source].archived, then.records[source].id) == (record.archived, record.id)
    assert then.records.keys() == now.records.keys()
    assert then.changed == now.changed
    assert (then.events, then.episodes, then.company) == (now.events, now.episodes, now.company)
    assert then.markers == now.markers


def test_values_are_those_that_had_been_read_by_then(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1, jobtitle="CFO", phone=None))
    take_in(conn, 3, hubspot("501", 3, jobtitle="CEO", phone="1", city="Vic"))
    take_in(conn, 5, hubspot("501", 5, jobtitle="CEO", phone=None, city="Vic"))
    assert ledger.person_as_of(conn, maria, day(0)) is None
    assert values(as_of(conn, maria, 2)) == {"jobtitle": "CFO"}
    assert values(as_of(conn, maria, 3)) == {"jobtitle": "CEO", "phone": "1", "city": "Vic"}
    assert values(as_of(conn, maria, 9)) == {"jobtitle": "CEO", "city": "Vic"}
    assert as_of(conn, maria, 2).changed == {}
    assert as_of(conn, maria, 4).changed == {("hubspot", "jobtitle"): day(3), ("hubspot", "phone"): day(3)}
    assert as_of(conn, maria, 9).changed == {("hubspot", "jobtitle"): day(3), ("hubspot", "phone"): day(5)}
    assert_history_ends_with_the_present(conn, maria)


def test_what_was_not_known_by_a_day_does_not_count(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1, jobtitle="CFO"))
    take_in(conn, 3, hubspot("501", 3, jobtitle="CEO"))
    assert values(as_of(conn, maria, 9, known_by=2)) == {"jobtitle": "CFO"}
    assert ledger.person_as_of(conn, maria, day(9), day(0)) is None


def test_an_act_told_late_counts_from_when_it_happened_or_from_when_it_was_known(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1))
    late, soon = Event("order", day(2), day(6), "late", "cart"), Event("order", day(4), day(4), "soon", "cart")
    ledger.add_events(conn, [(maria, late), (maria, soon)])
    assert [act.happened_at for act in as_of(conn, maria, 3).events] == [day(2)]
    assert [act.happened_at for act in as_of(conn, maria, 5).events] == [day(2), day(4)]
    assert [act.happened_at for act in as_of(conn, maria, 5, known_by=5).events] == [day(4)]
    assert as_of(conn, maria, 3, known_by=5).events == ()
    assert_history_ends_with_the_present(conn, maria)


def test_a_record_that_goes_and_comes_back_was_away_in_between(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1, jobtitle="CFO"))
    writer_lock(conn)
    assert ledger.mark_archived(conn, "hubspot", ["501", "none"], day(3)) == 1
    assert_history_ends_with_the_present(conn, maria)
    take_in(conn, 5, hubspot("501", 5, jobtitle="CFO"))
    away = [as_of(conn, maria, number).records["hubspot"].archived for number in (2, 4, 6)]
    assert away == [False, True, False]
    assert as_of(conn, maria, 9).changed == {}
    assert_history_ends_with_the_present(conn, maria)


def test_a_record_first_met_when_it_was_gone_already_says_so(conn: Connection) -> None:
    maria = take_in(conn, 1, replace(hubspot("501", 1), archived=True))
    assert as_of(conn, maria, 2).records["hubspot"].archived
    assert_history_ends_with_the_present(conn, maria)


def test_the_company_is_the_one_that_she_had_with_its_values_of_then(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1, associatedcompanyid="77"))
    companies.keep(conn, {"77": {"numberofemployees": "50", "industry": "X"}, "78": {"numberofemployees": "9"}}, day(2))
    companies.keep(conn, {"77": {"numberofemployees": "80", "industry": None}}, day(4))
    take_in(conn, 6, hubspot("501", 6, associatedcompanyid="78"))
    seen = {number: dict(as_of(conn, maria, number).company) for number in (1, 3, 5, 7)}
    assert seen == {
        1: {},
        3: {"numberofemployees": "50", "industry": "X"},
        5: {"numberofemployees": "80", "industry": None},
        7: {"numberofemployees": "9"},
    }
    assert as_of(conn, maria, 7, known_by=3).company == {"numberofemployees": "50", "industry": "X"}
    assert_history_ends_with_the_present(conn, maria)


def test_a_merge_ends_in_the_record_that_is_left_and_both_pasts_stay(conn: Connection) -> None:
    keep = take_in(conn, 1, hubspot("1", 1, "maria@acme.example", jobtitle="CFO", fax=None))
    gone = take_in(conn, 2, hubspot("2", 2, "m@acme.example", jobtitle="COO", fax="5", city="Vic"))
    take_in(conn, 3, hubspot("2", 3, "m@acme.example", jobtitle="COO", fax="6", city="Vic"))
    take_in(conn, 5, hubspot("1", 5, "maria@acme.example", merged="2", jobtitle="CFO", fax=None))
    assert ledger.load_people(conn, [gone]) == []
    assert values(as_of(conn, keep, 1)) == {"email": "maria@acme.example", "jobtitle": "CFO"}
    assert values(as_of(conn, keep, 4))["fax"] == "6"
    assert values(as_of(conn, keep, 6)) == {"email": "maria@acme.example", "jobtitle": "CFO"}
    assert_history_ends_with_the_present(conn, keep)
    take_in(conn, 7, hubspot("1", 7, "maria@acme.example", merged="2", jobtitle="CEO", fax="7"))
    assert_history_ends_with_the_present(conn, keep)


def test_of_a_merge_in_which_two_members_stay_each_keeps_her_own_past(conn: Connection) -> None:
    for number, email in ((1, "a@acme.example"), (2, "b@acme.example")):
        member = Record(MAIN, f"m{number}", email, {"email_address": email, "status": "subscribed"}, day(number))
        take_in(conn, number, hubspot(str(number), number, email, jobtitle=f"title {number}"), member)
    keep = take_in(conn, 5, hubspot("3", 5, "a@acme.example", merged="1;2", jobtitle="CFO"))
    other = ledger.contacts_of(conn, MAIN, ["m2"])["m2"]
    assert_history_ends_with_the_present(conn, keep)
    assert_history_ends_with_the_present(conn, other)
    assert as_of(conn, other, 9).records.keys() == {MAIN}


def test_our_own_writes_of_facts_stand_in_the_history(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1, lifecyclestage="lead", trellis_score=None))
    ours = {"501": {"lifecyclestage": "marketingqualifiedlead", "trellis_score": "57"}}
    for number in (3, 4):
        ledger.wrote(conn, "hubspot", ours, day(number), facts={"lifecyclestage"})
    take_in(conn, 5, hubspot("501", 5, lifecyclestage="marketingqualifiedlead", trellis_score="57"))
    assert values(as_of(conn, maria, 2)) == {"lifecyclestage": "lead"}
    assert values(as_of(conn, maria, 4)) == {"lifecyclestage": "marketingqualifiedlead"}
    (now,) = ledger.load_people(conn, [maria])
    assert as_of(conn, maria, 9).changed == now.changed == {("hubspot", "lifecyclestage"): day(3)}


def test_stage_and_episodes_are_those_of_then(conn: Connection) -> None:
    maria = take_in(conn, 1, hubspot("501", 1))
    state.activate(conn, "r", {}, day(1))
    way = {"source": "hubspot", "key": "hubspot:property:t", "segment": False}
    for number, before, after in ((2, None, "new"), (4, "new", "hot")):
        (person,) = ledger.load_people(conn, [maria])
        enters = (Entering("t", 1, (way,), None, day(number), ""),) if after == "hot" else ()
        row = Judgement(
            maria, person.position, person.revision, day(number).date(), "r", "m", 1, 1, after, day(number).date(),
            None, None, None, b"", move=Move(before, after, "score", rise=after == "hot"), enters=enters,
        )  # fmt: skip
        judgement.save_judgements(conn, [row], day(number))
    (intent,) = outbox.claim_enrollments(conn, 10, 55, day(4), 500)
    outbox.mark_sending(conn, {intent.id: "hubspot:property:t"}, day(5))
    assert (as_of(conn, maria, 4).episodes, len(as_of(conn, maria, 5).episodes)) == ((), 1)
    outbox.accept_enrollment(conn, intent.id, "hubspot:property:t", day(5))
    outbox.end_episode(conn, maria, "t", 1, day(8))
    assert (as_of(conn, maria, 1).stage, as_of(conn, maria, 1).since) == (None, None)
    assert (as_of(conn, maria, 3).stage, as_of(conn, maria, 3).stage_rose) == ("new", None)
    assert as_of(conn, maria, 4).episodes == ()
    (on_it,) = as_of(conn, maria, 7).episodes
    assert (on_it.entered_at, on_it.left_at, as_of(conn, maria, 7).markers) == (day(5), None, {"t": 1})
    (left,) = as_of(conn, maria, 8).episodes
    assert left.left_at == day(8)
    assert as_of(conn, maria, 8).stage_rose == date(2026, 3, 5)
    assert_history_ends_with_the_present(conn, maria)


def test_of_who_was_erased_nothing_is_left_and_assets_only_if_others_did_them_too(conn: Connection) -> None:
    noor = take_in(conn, 1, hubspot("501", 1, "noor@acme.example", associatedcompanyid="77"))
    brian = take_in(conn, 1, hubspot("502", 1, "brian@acme.example", associatedcompanyid="77"))
    companies.keep(conn, {"77": {"numberofemployees": "50"}}, day(1))
    both, hers = "https://acme.example/pricing", "https://acme.example/?email=noor"
    acts = {asset: Event("page_view", day(2), day(2), asset, asset) for asset in (both, hers, "")}
    ledger.add_events(conn, [*((noor, act) for act in acts.values()), (brian, acts[both])])
    ledger.wrote(conn, "hubspot", {"501": {"email": "noor@new.example"}}, day(3), facts={"email"})
    assert ledger.forget(conn, noor, day(4))
    assert ledger.person_as_of(conn, noor, day(9)) is None
    assert set(conn.scalars(text("SELECT text FROM asset"))) == {"", both}
    assert as_of(conn, brian, 9).company == {"numberofemployees": "50"}
    assert conn.scalar(text("SELECT count(*) FROM sighting WHERE contact = :id"), {"id": noor}) == 0


told = st.dictionaries(st.sampled_from(["jobtitle", "phone", "city"]), st.sampled_from([None, "a", "b"]))


def lives(*ids: str) -> st.SearchStrategy[list[Record | str]]:
    """Readings of records with these ids, and the ids of those that are found gone."""
    readings = st.builds(
        lambda id_, values, archived: replace(hubspot(id_, 0, **values), archived=archived),
        st.sampled_from(ids),
        told,
        st.booleans(),
    )
    return st.lists(readings | st.sampled_from(ids), max_size=5)


def live(conn: Connection, number: int, step: Record | str) -> None:
    """A record is read on a day, or found gone."""
    if isinstance(step, Record):
        take_in(conn, number, replace(step, modified_at=day(number)))
    else:
        writer_lock(conn)
        ledger.mark_archived(conn, "hubspot", [step], day(number))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.tuples(told, told, told), lives("1", "2"), lives("1"))
def test_whatever_happens_history_ends_with_the_present(
    conn: Connection, three: tuple[dict[str, str], ...], before: list[Record | str], after: list[Record | str]
) -> None:
    """Two records live, one swallows the other, and life goes on."""
    trial = conn.begin_nested()
    merged = [hubspot("1", 0, **three[2]), *after]
    for number, step in enumerate([hubspot("1", 0, **three[0]), hubspot("2", 0, **three[1]), *before]):
        live(conn, number, step)
    for number, step in enumerate(merged, start=20):
        live(conn, number, replace(step, merged_ids=("2",)) if isinstance(step, Record) else step)
    (contact,) = {*ledger.contacts_of(conn, "hubspot", ["1", "2"]).values()}
    assert_history_ends_with_the_present(conn, contact)
    trial.rollback()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(lives("1", "2"))
def test_every_moment_of_the_past_is_what_was_the_present_then(conn: Connection, steps: list[Record | str]) -> None:
    trial = conn.begin_nested()
    kept: list[tuple[int, Person]] = []
    for number, step in enumerate(steps):
        live(conn, number, step)
        contacts = sorted(ledger.contacts_of(conn, "hubspot", ["1", "2"]).values())
        kept += [(number, person) for person in ledger.load_people(conn, contacts)]
    for number, present in kept:
        then = as_of(conn, present.contact, number)
        assert values(then) == values(present)
        assert then.changed == present.changed
        assert then.records["hubspot"].archived == present.records["hubspot"].archived
    trial.rollback()

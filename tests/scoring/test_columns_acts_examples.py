"""What columns must not get wrong about acts: ties, mixed trust, bursts among many clicks, and more than fits a line."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Contact, Event, Trust
from connector.rulebook.conditions import Did, asset_holds
from connector.rulebook.parse import parse_text_test
from connector.rulebook.types import Engagement, Phase
from connector.scoring.columns.acts import ActTable
from connector.scoring.columns.crowd import HUMAN, MACHINE, UNKNOWN, UNSURE
from connector.scoring.columns.engagement import engagement
from connector.scoring.columns.phase import phase
from connector.scoring.columns.topics import topics
from connector.scoring.rules import Ref, RuleList

TODAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
RULES = RuleList((Ref("m", "engagement", "clicks"), Ref("m", "phase", "first"), Ref("m", "phase", "second")))

LINEAR = {"linear": "100d"}


def mail(kind, second, asset="", *, channel="hubspot", trust=Trust.HUMAN, key=""):
    moment = START + timedelta(seconds=second)
    return Event(kind, moment, moment, key or f"{second}:{asset}", asset, channel, trust)


def days_ago(days, trust=Trust.HUMAN, asset=""):
    moment = START - timedelta(days=days)
    return Event("email_click", moment, moment, str(days), asset, trust=trust)


@pytest.fixture
def table_of(rulebook_with, crowd_of):
    """The acts of some people, each given as her events or as a contact, under these doubts."""

    def make(*people, doubts=None):
        rulebook = rulebook_with(lambda files: files["model"]["trust"].update(doubts=doubts or {}))
        contacts = [one if isinstance(one, Contact) else Contact(1, events=tuple(one)) for one in people]
        return ActTable(crowd_of(contacts, rulebook), TODAY, None, rulebook.models[0], rulebook.fields)

    return make


def clicks(table, decay=LINEAR, **rule):
    """The block of one rule for clicks."""
    rule = {"id": "clicks", "event": "email_click", "points": 10, **rule}
    group = {"max": 20, "decay": decay, "rules": [rule]}
    [(most, block)] = engagement(table, Engagement.model_validate({"max": 25, "groups": {"g": group}}), RULES, "m")
    assert most == 20_000
    return block


def test_of_more_clicks_than_count_those_stay_that_give_most(table_of):
    mixed = [days_ago(1, Trust.MACHINE), days_ago(2, Trust.UNSURE), days_ago(10), days_ago(60), days_ago(70)]
    certain = [days_ago(1), days_ago(2), days_ago(10)]
    block = clicks(table_of(mixed, certain, []), max_times=2)
    assert block.points[0].tolist() == [9000 + 4900, 9900 + 9800, 0]
    assert block.withheld[0].tolist() == [5000, 0, 0]
    assert block.day[0].tolist() == [TODAY.toordinal() - 2, TODAY.toordinal() - 1, 0]
    assert block.there[0].tolist() == [True, True, False]


def test_an_act_that_a_machine_did_stands_in_the_receipt_and_counts_for_nothing(table_of):
    block = clicks(table_of([days_ago(0, Trust.MACHINE)]))
    assert (block.there[0, 0], block.points[0, 0], block.withheld[0, 0]) == (True, 0, 10_000)


def test_who_did_more_than_a_line_can_hold_is_not_counted_wrongly(table_of):
    busy = [mail("email_click", 0, key=str(number)) for number in range(2148)]
    assert clicks(table_of(busy[1:]), points=1000).points[0, 0] == 2_147_000_000
    with pytest.raises(OverflowError, match="clicks counts 2148 acts"):
        clicks(table_of([], busy), points=1000)


def test_a_cliff_and_a_window_include_their_last_day(table_of):
    table = table_of([days_ago(5)], [days_ago(6)])
    for window in ({"decay": {"cliff": "5d"}}, {"within": "5d"}, {"within": "5d", "decay": {"cliff": "5d"}}):
        assert clicks(table, **window).there[0].tolist() == [True, False]


def test_an_act_that_names_nothing_leaves_no_asset_in_its_line(table_of):
    block = clicks(table_of([days_ago(1, asset="Offer"), days_ago(3)], [days_ago(1)]))
    assert block.asset[0].tolist() == [0, UNKNOWN]


def test_what_is_told_more_than_a_day_late_is_marked(table_of):
    act = days_ago(5)
    known = [act.happened_at + timedelta(days=1, microseconds=late) for late in (0, 1)]
    block = clicks(table_of(*([dataclasses.replace(act, known_at=moment)] for moment in known)))
    assert block.late[0].tolist() == [False, True]


def test_the_newest_of_equally_strong_signals_speaks_and_a_tie_of_phases_goes_to_the_later(table_of):
    signals = [{"event": "email_click"}, {"event": "page_view"}]
    phases = {name: {"points": points, "signals": signals} for name, points in (("first", 6), ("second", 5))}
    both = [mail("page_view", 2, "Page"), mail("email_click", 1, "Mail")]
    model = Phase.model_validate({"max": 5, "half_life": "1d", "phases": phases})
    block, found = phase(table_of(both, both[:1], [], [days_ago(4)]), model, RULES, "m")
    assert found.tolist() == [1, 1, UNKNOWN, UNKNOWN]
    assert block.asset[1].tolist() == [0, 0, UNKNOWN, UNKNOWN]
    assert (block.points[:, 0].tolist(), block.capped[:, 0].tolist()) == ([0, 5000], [0, 0])


def test_a_phase_lasts_until_less_than_half_a_point_is_left(table_of):
    phases = {"first": {"points": 1, "signals": [{"event": "email_click"}]}}
    model = Phase.model_validate({"max": 25, "half_life": "30d", "phases": phases})
    block, found = phase(table_of([days_ago(30)], [days_ago(31)]), model, RULES, "m")
    assert (found.tolist(), block.points[0].tolist()) == ([0, UNKNOWN], [500, 0])


def test_equal_topics_stand_by_their_newest_act_that_gives_something(rulebook, crowd_of):
    tests = {"a": {"contains": "alpha"}, "b": {"contains": "beta"}, "any": {"is_not": "x"}}
    trust = rulebook.models[0].trust.model_validate({"unsure": 0})
    people = [
        [days_ago(1, asset="beta"), days_ago(1 / 4, asset="alpha")],
        [days_ago(1 / 4, asset="beta"), days_ago(1 / 3, asset="alpha")],
        [days_ago(1 / 4, asset="beta"), days_ago(1 / 3, asset="alpha"), days_ago(1 / 5, Trust.UNSURE, "alpha")],
        [days_ago(1 / 4), days_ago(1 / 3, asset="beta")],
        [days_ago(1 / 4)],
    ]
    model = rulebook.models[0].model_copy(
        update={"topics": {name: parse_text_test(test) for name, test in tests.items()}, "trust": trust}
    )
    crowd = crowd_of([Contact(1, events=tuple(events)) for events in people], rulebook)
    ranking = topics(ActTable(crowd, TODAY, None, model, rulebook.fields), model)
    assert ranking.T.tolist() == [[2, 0, 1], [2, 1, 0], [2, 1, 0], [1, 2, UNKNOWN], [UNKNOWN] * 3]


def test_what_was_asked_of_one_asset_is_no_answer_for_another(table_of):
    table = table_of([days_ago(1, asset="1")], [days_ago(1, asset="true")], [days_ago(1)])
    answers = [
        table.did(Did("email_click", test and parse_text_test(test), None, 1)).tolist()
        for test in ({"is": 1}, {"is": True}, {"is": 1}, None)
    ]
    asked_anew = [
        [asset_holds(parse_text_test(test), asset) for asset in ("1", "true", "")] for test in ({"is": 1}, {"is": True})
    ]
    assert answers == [*asked_anew, asked_anew[0], [True, True, True]]


@pytest.mark.parametrize("sent_key", ["a", "z"])
def test_an_open_is_held_against_the_last_mail_before_it_whichever_key_comes_first(table_of, sent_key):
    opens = [mail("email_open", second, key=f"m{second}") for second in (-1, 0, 10, 11)]
    other = mail("email_open", 5, channel="mailchimp:main")
    first, second = mail("email_sent", 0, key=sent_key), mail("email_sent", -100, key="earlier")
    alone = [mail("email_open", 5)]
    table = table_of(alone, [*opens, other, first, second], alone, doubts={"prefetch": {"within": "10s"}})
    grades = [HUMAN, MACHINE, HUMAN, MACHINE, HUMAN]
    assert table.trust[table.places("email_open")].tolist() == [HUMAN, *grades, HUMAN]


def test_a_burst_is_found_among_the_clicks_of_many(table_of):
    def on(*links, **told):
        return [mail("email_click", second, link, **told) for second, link in enumerate(links)]

    bursts = [{"links": 3, "within": "2s", "is": "machine"}, {"links": 2, "within": "1s", "is": "unsure"}]
    table = table_of(
        on("a", "b", "c", "a"),
        on("a", "a", "a", "a"),
        [*on("a", "b"), mail("email_click", 2, "c", channel="mailchimp:main")],
        on("a", "", "b"),
        [*on("a", "b"), mail("email_click", 60, "c")],
        on("a", "b", "c", trust=Trust.UNSURE),
        on("a"),
        [mail("email_click", -second, link) for second, link in enumerate("abc")],
        doubts={"bursts": bursts},
    )
    places = table.places("email_click")
    oldest_first = [table.trust[places[table.acts.row[places] == row]][::-1].tolist() for row in range(table.people)]
    assert oldest_first == [
        [MACHINE, MACHINE, MACHINE, MACHINE],
        [HUMAN, HUMAN, HUMAN, HUMAN],
        [UNSURE, UNSURE, HUMAN],
        [HUMAN, HUMAN, HUMAN],
        [UNSURE, UNSURE, HUMAN],
        [MACHINE, MACHINE, MACHINE],
        [HUMAN],
        [MACHINE, MACHINE, MACHINE],
    ]


def test_who_is_behind_a_gateway_is_told_by_the_domain_or_else_by_the_address(table_of):
    known = ({"email_domain": "Mail.Gate.example"}, {"email_domain": "acme.example", "email": "a@gate.example"})
    people = [*known, {"email": "a@gate.example"}, {"email": "a@investigate.example"}, {}]
    contacts = [
        Contact(number, fields=values, events=(mail("email_open", 0), mail("email_click", 1), mail("page_view", 2)))
        for number, values in enumerate(people)
    ]
    table = table_of(*contacts, doubts={"gateways": {"domains": ["gate.example"]}})
    assert table.trust[table.places("email_open")].tolist() == [UNSURE, HUMAN, UNSURE, HUMAN, HUMAN]
    assert table.trust[table.places("email_click")].tolist() == [UNSURE, HUMAN, UNSURE, HUMAN, HUMAN]
    assert not table.trust[table.places("page_view")].any()


def test_doubts_leave_the_crowd_as_it_was_told(table_of, crowd_of, rulebook):
    crowd = crowd_of([Contact(1, events=(mail("email_click", 0),))], rulebook)
    doubted = rulebook.models[0].model_copy(
        update={
            "trust": rulebook.models[0].trust.model_validate({"doubts": {"unsourced": {"events": ["email_click"]}}})
        }
    )
    table = ActTable(crowd, TODAY, None, doubted, rulebook.fields)
    assert (table.trust.tolist(), crowd.acts.trust.tolist()) == ([UNSURE], [HUMAN])

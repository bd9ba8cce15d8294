"""What a plan says on a terminal, from plans made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector.change.plan.plan import SCORES, Because, Cost, Move, Passage, Plan, Spread, Waiting
from connector.cli.plan_bars import Pair, bars
from connector.cli.plan_people import FIRST, View
from connector.cli.plan_text import plan_lines
from connector.rulebook.read import read_rulebook
from connector.steps.newly_mapped import NewlyMapped

MAPPINGS = Path(__file__).parents[2] / "mappings"
RULEBOOK = read_rulebook(MAPPINGS)
PEOPLE = {1: "Maria Soler, Acme", 2: "Brian Gray, Rival", 3: "Noor noor@acme.example"}


def spread(scores: dict[int, int], **stages: int) -> Spread:
    return Spread(tuple(scores.get(score, 0) for score in range(SCORES)), 1, stages)


MARIA = Move(1, "nurture", "qualified", True, 46, 64, Because("finance-title", 18000))

PLAN = Plan(
    made_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
    day=date(2026, 11, 22),
    rulebook="a" * 64,
    active="b" * 64,
    position=77,
    contacts=10,
    before=spread({20: 5, 46: 4}, new=5, nurture=4, customer=1),
    after=spread({20: 5, 64: 4}, new=5, qualified=4, customer=1),
    moves=(MARIA,),
    enters=(Passage(1, "finance-consideration", "es el que corresponde"),),
    leaves=(Passage(2, "gone-track", "ya no existe"),),
    handovers=(3,),
    creates=("HubSpot: would create property trellis_topic (Tema)",),
    newly_read=NewlyMapped(("annualrevenue",), 10, 1),
    cost=Cost({"hubspot": 9, "mailchimp:main": 2}, {"hubspot": 3, "mailchimp": 1}, 75.2),
    held={"beyond the guard": 3, "no listener": 5},
)

QUIET = replace(
    PLAN,
    after=PLAN.before,
    moves=(),
    enters=(),
    leaves=(),
    handovers=(),
    creates=(),
    newly_read=None,
    cost=Cost({}, {}, 0.0),
    held={},
)


def shown(plan: Plan, width: int = 200, most: int | None = FIRST, rulebooks: tuple = (RULEBOOK,)) -> str:
    view = View(
        "the files", "release 7", rulebooks, lambda people: {k: PEOPLE[k] for k in people if k in PEOPLE}, width, most
    )
    return "\n".join(plan_lines(plan, view))


def test_a_whole_plan_reads_so() -> None:
    assert shown(PLAN, 80) == (
        """\
10 contacts as of 2026-11-22, judged by the files (rulebook aaaaaaaaaaaa) and by
release 7 (bbbbbbbbbbbb).

On the platforms:
  HubSpot: would create property trellis_topic (Tema)

Read for the first time: annualrevenue was never read from HubSpot; values come
  with each contact's next change. `trellis sync --full` reads all 10 contacts
  at once, in about 1 call.

Scores    before                              after
  0–9     0   0 %                             0   0 %
  10–19   0   0 %                             0   0 %
  20–29   5  50 % ██████████████████████████  5  50 % ██████████████████████████
  30–39   0   0 %                             0   0 %
  40–49   4  40 % ████████████████████▊       0   0 %
  50–59   0   0 %                             0   0 %
  60–69   0   0 %                             4  40 % ████████████████████▊
  70–79   0   0 %                             0   0 %
  80–89   0   0 %                             0   0 %
  90–100  0   0 %                             0   0 %
  none    1  10 % █████▎                      1  10 % █████▎
  mean 31.6 → 39.6, median 20 → 20

Stages       before                            after
  new        5  50 % ████████████████████████  5  50 % ████████████████████████
  nurture    4  40 % ███████████████████▎      0   0 %
  qualified  0   0 %                           4  40 % ███████████████████▎
  hot        0   0 %                           0   0 %
  customer   1  10 % ████▊                     1  10 % ████▊

1 contact would move stage, 1 of them up.

nurture → qualified: 1
  #1   46 → 64  Maria Soler, Acme · finance-title +18: Finanzas firma la mayoría
                  de nuestras ventas

1 contact would enter finance-consideration (Finanzas, consideración)
  #1  Maria Soler, Acme · es el que corresponde

1 contact would leave gone-track
  #2  Brian Gray, Rival · ya no existe

1 contact would be handed to sales
  #3  Noor noor@acme.example

Records to write: 9 at hubspot, 2 at mailchimp:main. Calls: 3 to HubSpot, 1 to
  Mailchimp; at least 1 min 15 s as the quota allows.

Held for you, 8 contacts in all:
  5  no listener
  3  beyond the guard"""
    )


def test_kinds_of_moves_stand_by_their_number_and_people_by_their_new_score() -> None:
    up = [Move(n, "new", "nurture", True, 10, n, Because("clicks", 10_000)) for n in range(1, 31)]
    fallen = Move(99, "hot", "suppressed", False, 90, None, Because("consent"))
    told = shown(replace(PLAN, moves=(fallen, *up)))
    assert told.index("new → nurture: 30") < told.index("hot → suppressed: 1")
    assert told.index("#30 ") < told.index("#29 ") < told.index("#11 ")
    assert "#10 " not in told
    assert f"and {30 - FIRST} more: trellis plan --all, or -o FILE" in told
    assert "31 contacts would move stage, 30 of them up." in told
    everybody = shown(replace(PLAN, moves=(fallen, *up)), most=None)
    assert all(f"#{number} " in everybody for number in range(1, 31))
    assert "more:" not in everybody


@pytest.mark.parametrize(
    ("because", "told"),
    [
        (Because("finance-title", -18_000), "finance-title -18: Finanzas firma la mayoría de nuestras ventas"),
        (Because("consent"), "· no se le puede escribir"),
        (Because("faded", -3_250), "· ha perdido puntos con el tiempo"),
        (Because("", ladder="qualified"), "· stages.yaml: qualified"),
        (
            Because("finance-title", 7_000, ladder="qualified"),
            "· stages.yaml: qualified; finance-title +7: Finanzas firma la mayoría de nuestras ventas",
        ),
        (Because("decision", 25_000), "decision +25: Fase decisión"),
        (Because("gone", -400), "gone -0,4"),
    ],
)
def test_the_rule_is_told_with_its_points_and_why(because: Because, told: str) -> None:
    move = replace(MARIA, because=because)
    line = next(line for line in shown(replace(PLAN, moves=(move,))).splitlines() if "#1 " in line)
    assert line.endswith(told)


def test_a_rule_that_goes_away_is_told_in_the_words_that_it_had() -> None:
    fit = RULEBOOK.models[0].factors.fit
    bare = RULEBOOK.models[0].model_copy(
        update={
            "factors": RULEBOOK.models[0].factors.model_copy(update={"fit": fit.model_copy(update={"personas": {}})})
        }
    )
    without = RULEBOOK.model_copy(update={"models": (bare, *RULEBOOK.models[1:])})
    lost = replace(PLAN, moves=(replace(MARIA, because=Because("finance-title", -18_000)),))
    assert "Finanzas firma" not in shown(lost, rulebooks=(without,))
    assert "finance-title -18: Finanzas firma" in shown(lost, rulebooks=(without, RULEBOOK))


def test_what_could_not_be_asked_is_said_and_is_no_empty_plan() -> None:
    told = shown(replace(QUIET, uncreated="HubSpot cannot be reached: no answer."))
    assert "What is to be created is not known: HubSpot cannot be reached: no answer." in told
    assert QUIET.is_empty
    assert not replace(QUIET, uncreated="HubSpot cannot be reached: no answer.").is_empty


def test_who_waits_to_enter_is_counted_until_when_in_the_time_of_the_team() -> None:
    friday, monday = datetime(2026, 11, 27, 8, tzinfo=UTC), datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    told = shown(replace(PLAN, waiting=Waiting(1_200, friday, monday))).splitlines()
    assert told[-1] == (
        "Waiting to enter, for calendar or pace: 1,200, the first from Fri 2026-11-27 09:00, the last from Mon"
        " 2026-11-30 09:30 on (Europe/Madrid)."
    )
    assert "pace: 3, from Fri 2026-11-27 09:00 on" in shown(replace(QUIET, waiting=Waiting(3, friday, friday)))


def test_who_is_gone_by_now_has_no_name() -> None:
    assert "#9   46 → 64  (not known any more) · finance-title" in shown(
        replace(PLAN, moves=(replace(MARIA, contact=9),))
    )


@pytest.mark.parametrize(
    ("change", "head"),
    [
        ({"active": None}, "judged by the files (rulebook aaaaaaaaaaaa); no rulebook is active yet."),
        ({"active": "a" * 64}, "judged by the files (rulebook aaaaaaaaaaaa): the active rulebook already."),
        ({"versus": "c" * 64}, "judged by the files (rulebook aaaaaaaaaaaa) and by release 7 (cccccccccccc)."),
        ({"versus": "a" * 64}, "judged by the files (rulebook aaaaaaaaaaaa): one rulebook with release 7 already."),
    ],
)
def test_the_head_says_what_is_held_against_what(change: dict, head: str) -> None:
    assert shown(replace(PLAN, **change)).splitlines()[0].endswith(head)


def test_a_comparison_tells_no_cost_and_where_nothing_shifts_nothing_is_drawn() -> None:
    assert "Calls:" not in shown(replace(PLAN, versus="c" * 64, held={}))
    assert shown(QUIET).splitlines()[1:] == ["", "Scores and stages are spread as before."]
    assert "the first `trellis sync` reads everybody" in shown(replace(QUIET, contacts=0))


def test_bars_have_one_scale_and_what_is_there_is_seen() -> None:
    _, few, many = bars("Stages", [Pair("few", 1, 0), Pair("many", 10_000, 5_000)], 80)
    before, after = many.count("█", 0, many.index("5,000")), many.count("█", many.index("5,000"))
    assert 0 <= before - 2 * after <= 1
    assert "1   1 % ▏" in few
    assert few.endswith("0 %")
    assert "10,000  99 %" in many

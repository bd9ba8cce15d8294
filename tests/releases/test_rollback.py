"""Taking a release back: the rulebook from before decides, values and standings are as they were, and nobody enters by it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connector.change.rollback import foresee
from connector.change.undoable import CannotUndo, target_of
from connector.store import ledger, outbox
from connector.store.engine import writer_lock
from connector.store.retention import prune


def with_closer() -> dict[str, Any]:
    """Tracks of which the second takes whoever is warm or hot into a list, and mails on whoever leaves it."""
    welcome = {
        "aim": "win",
        "when": {"stage": "warm"},
        "enroll": [{"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"}],
        "mails": {"count": 3, "name": {"starts_with": "[W]"}},
        "lasts": "21d",
    }
    way = {"hubspot": {"list": "Trellis: closer"}, "listener": "confirmed", "exit": "none"}
    closer = {**welcome, "when": {"stage": {"in": ["warm", "hot"]}}, "enroll": [way], "priority": 90}
    return {"welcome": welcome, "closer": closer}


def test_what_a_release_wrote_and_moved_is_as_before(town):
    maria, carla = town.id_of("maria"), town.id_of("carla")
    before, stood, entered = town.values(), town.standing(), town.entered()
    done = town.apply(town.rules("richer", title=40, when="both"))
    assert done.done
    assert town.standing()[carla][0] == "hot"
    now = town.values()[carla]
    assert (now["lifecyclestage"], now["hubspot_owner_id"]) == ("marketingqualifiedlead", "7001")
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    assert back.done
    assert town.values() == before
    assert town.standing() == stood
    assert town.on_track() == {(maria, "welcome")}
    assert Counter(foreseen.values) == Counter(back.values)
    assert back.values["put back"] == sum(back.values.values()) > 0
    assert (foreseen.moved, foreseen.left_behind) == (back.moved, back.left_behind)
    assert back.left_behind.tasks == 1
    town.settle()
    assert town.values() == before
    assert town.entered() == entered
    assert [flip.cause for flip in town.flips(carla)][-1] == "rolled_back"


def test_what_somebody_has_changed_since_stays(town):
    carla = town.id_of("carla")
    done = town.apply(town.rules("richer", title=40))
    town.change(carla, lifecyclestage="salesqualifiedlead", hubspot_owner_id="9009")
    back = town.rollback(done.release)
    now = town.values()[carla]
    assert (now["lifecyclestage"], now["hubspot_owner_id"]) == ("salesqualifiedlead", "9009")
    assert back.values["changed since"] == 2
    assert (now["trellis_stage"], now["trellis_score"]) == ("warm", "25")


def test_who_waited_by_the_release_waits_no_more_and_is_counted_before_and_after(town):
    nobody = {"stage_moves": {"share": "100%", "count": 1000}, "enrollments": 0}
    done = town.apply(town.rules("closer-held", tracks=with_closer(), guard=nobody))
    held = town.rows("SELECT count(*) AS n FROM intent WHERE kind = 'enroll' AND state = 'held'")[0].n
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    assert foreseen.withdrawn == back.withdrawn == held > 0


def test_whom_only_the_release_enrolled_leaves_and_whom_the_earlier_rulebook_enrolls_too_stays(town):
    maria, carla, dora = (town.id_of(key) for key in ("maria", "carla", "dora"))
    done = town.apply(town.rules("closer", tracks=with_closer()))
    town.settle()
    assert town.on_track() >= {(carla, "closer")}
    for _ in range(2):
        town.fill_form(dora)
    town.settle()
    assert (dora, "closer") in town.on_track()
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    assert town.on_track() == {(maria, "welcome")}
    assert {one.track for one in back.taken_out} == {"closer"}
    assert set(foreseen.taken_out) == {*back.taken_out}
    assert set(back.mailed_on) == set(back.taken_out), "the list's workflow mails on"
    entered = town.entered()
    town.settle()
    assert town.entered() == entered, "Dora matches the earlier track by now, and would enter it by the rollback"
    assert town.baseline_of(dora, "welcome") is True


def test_who_came_on_a_track_of_both_rulebooks_stays_on_it(town):
    dora = town.id_of("dora")
    done = town.apply(town.rules("slightly", title=22))
    for _ in range(2):
        town.fill_form(dora)
    town.settle()
    assert (dora, "welcome") in town.on_track()
    back = town.rollback(done.release)
    town.settle()
    assert (dora, "welcome") in town.on_track()
    assert back.taken_out == []


def test_whom_the_earlier_rulebook_would_have_handed_over_too_stays_with_sales(town):
    dora = town.id_of("dora")
    done = town.apply(town.rules("slightly", title=22))
    for _ in range(3):
        town.fill_form(dora, "demo")
    town.settle()
    assert town.values()[dora]["hubspot_owner_id"] == "7001"
    tasks = len(town.portal.tasks)
    back = town.rollback(done.release)
    town.settle()
    assert town.values()[dora]["hubspot_owner_id"] == "7001"
    assert back.values["kept"] == 1
    assert len(town.portal.tasks) == tasks
    stage, _, handed_over, _ = town.standing()[dora]
    assert (stage, handed_over) == ("hot", True)


def test_what_is_held_of_a_release_is_withdrawn(town):
    none_may = {"stage_moves": {"share": "0%", "count": 0}, "enrollments": 500}
    carla, before = town.id_of("carla"), town.values()
    done = town.apply(town.rules("held", title=40, guard=none_may))
    assert done.summary.tally["held"]
    assert town.values()[carla] == before[carla]
    town.rollback(done.release)
    with town.store.engine.connect() as conn:
        assert outbox.list_held(conn) == []
    assert town.values() == before


def test_a_rollback_can_be_rolled_back(town):
    carla = town.id_of("carla")
    done = town.apply(town.rules("richer", title=40))
    applied, stood = town.values(), town.standing()
    back = town.rollback(done.release)
    again = town.rollback(back.release)
    assert again.done
    assert town.values() == applied
    assert town.standing()[carla][0] == stood[carla][0] == "hot"
    assert len(town.portal.tasks) == 1
    town.rollback(done.release)
    assert town.values()[carla]["trellis_stage"] == "warm"


def test_what_cannot_be_taken_back_says_why(town):
    done = town.apply(town.rules("richer", title=40))
    with town.store.engine.connect() as conn:
        for number, why in ((1, "before it, nobody"), (99, "there is no release 99")):
            with pytest.raises(CannotUndo, match=why):
                target_of(conn, number, town.at)
        with pytest.raises(CannotUndo, match="kept for 90 days"):
            target_of(conn, done.release, town.at + timedelta(days=90))
    kept = town.rows("SELECT (SELECT count(*) FROM undo) AS values, (SELECT count(*) FROM stood) AS people")[0]
    assert min(kept) > 0
    dropped = prune(town.store.engine, town.at + timedelta(days=91))
    assert (dropped["overwritten"], dropped["standings"]) == tuple(kept)


def test_the_forgotten_are_put_back_nowhere_and_two_who_are_one_stand_where_they_are(town):
    carla, brian = (town.contact(key) for key in ("carla", "brian"))
    done = town.apply(town.rules("richer", title=40))
    number = town.id_of("carla")
    with town.store.engine.begin() as conn:
        writer_lock(conn)
        ledger.forget(conn, carla, town.at)
    assert (
        town.rows("SELECT FROM undo WHERE contact = :id UNION ALL SELECT FROM stood WHERE contact = :id", id=carla)
        == []
    )
    with town.store.engine.begin() as conn:
        writer_lock(conn)
        ledger.unite(conn, town.contact("dora"), brian, source="hubspot", at=town.at)
    assert (
        town.rows("SELECT FROM undo WHERE contact = :id UNION ALL SELECT FROM stood WHERE contact = :id", id=brian)
        == []
    )
    hers = town.values()[number]
    town.rollback(done.release)
    assert town.values()[number] == hers

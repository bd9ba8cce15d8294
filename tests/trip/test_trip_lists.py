"""Lists as event sources: a membership is told once, the news cost one call, and nobody who joined is missed."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.steps.reading.lists import read_lists
from connector.steps.reading.records import read_records
from connector.store import ledger, state
from connector.store.engine import writer_lock

VISITED = "Came to the fair"
EDIT = {
    "fields.yaml": (
        '  # list_joined: {hubspot: {lists: ["Visited pricing"]}}',
        f"  list_joined: {{hubspot: {{lists: [{VISITED}]}}}}",
    )
}


@pytest.fixture
def listed(make_world):
    """A world whose contacts are read, and whose list is not yet."""

    def before(sandbox, population):
        for key in ("maria", "brian"):
            sandbox.hubspot.life.join_list(population.person(key).address, VISITED)

    world = make_world(count=4, edits=EDIT, webhooks=False, baseline=False, before=before)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    return world


def read(world, **options):
    """Read the lists; how many acts were new, and the calls it took."""
    world.forget_calls()
    added = read_lists(world.parts, world.parts.hubspot, **options)
    return added, sum(count for route, count in world.calls()["hubspot"].items() if "memberships" in route)


def joined(world, email):
    statement = (
        "SELECT happened_at, known_at FROM event JOIN word ON word.id = kind"
        " WHERE contact = :id AND word.text = 'list_joined'"
    )
    return [tuple(row) for row in world.rows(statement, id=world.contact(email))]


def crowd(world, count):
    """So many more contacts, known to us and on the list; one joins each second."""
    emails = [f"p{number}@crowd.example" for number in range(count)]
    for email in emails:
        world.sandbox.hubspot.life.add_contact({"email": email})
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    for email in emails:
        join(world, email)
    return emails


def join(world, email):
    world.sandbox.clock.advance(timedelta(seconds=1))
    world.sandbox.hubspot.life.join_list(email, VISITED)


def leave(world, email):
    world.sandbox.hubspot.life.leave_list(email, VISITED)


def test_what_the_list_holds_at_first_is_history_and_who_joins_later_is_news(listed):
    began = listed.sandbox.clock()
    listed.pass_time(hours=1)
    assert read(listed) == (2, 1)
    assert joined(listed, listed.email("maria")) == [(began, began)]
    listed.pass_time(hours=1)
    laia = listed.email("laia")
    join(listed, laia)
    at = listed.sandbox.clock()
    listed.pass_time(minutes=5)
    assert read(listed) == (1, 1)
    assert joined(listed, laia) == [(at, listed.sandbox.clock())]
    assert read(listed) == (0, 1)


def test_who_leaves_and_joins_again_has_joined_once(listed):
    read(listed)
    brian = listed.email("brian")
    leave(listed, brian)
    join(listed, brian)
    assert read(listed) == (0, 1)
    assert len(joined(listed, brian)) == 1


def test_a_long_list_is_read_whole_once_and_then_from_its_last_page(listed):
    crowd(listed, 600)
    assert read(listed) == (602, 3)
    assert read(listed) == (0, 1)
    join(listed, listed.email("laia"))
    assert read(listed) == (1, 1)
    assert read(listed, full=True) == (0, 3)


@pytest.mark.parametrize("leaving", [1, 100, 101, 102, 103, 200, 352, 602])
def test_nobody_who_joins_is_missed_while_others_leave(listed, leaving):
    """A token may be a place in the list, and places move up when somebody before them leaves."""
    emails = [listed.email("maria"), listed.email("brian"), *crowd(listed, 600)]
    read(listed)
    for email in emails[:leaving]:
        leave(listed, email)
    fresh = crowd(listed, 0)
    for key in ("laia", "jordi", "marta", "biel"):
        fresh.append(listed.email(key))
        join(listed, fresh[-1])
    assert read(listed)[0] == 4
    assert all(len(joined(listed, email)) == 1 for email in fresh)
    assert read(listed)[0] == 0


def test_who_left_and_came_back_proves_nothing(listed):
    """As many leave as join, so the last page is there still; of whom it shows, we know one who came back."""
    emails = [listed.email("maria"), listed.email("brian"), *crowd(listed, 600)]
    fresh = [f"new{number}@crowd.example" for number in range(150)]
    for email in fresh:
        listed.sandbox.hubspot.life.add_contact({"email": email})
    read_records(listed.parts, "hubspot", listed.parts.hubspot, full=True)
    read(listed)
    for email in emails[:150]:
        leave(listed, email)
    for email in fresh[:149]:
        join(listed, email)
    join(listed, emails[0])
    assert read(listed)[0] == 149


def test_a_token_that_is_refused_costs_one_whole_reading(listed):
    crowd(listed, 300)
    read(listed)
    with listed.store.engine.begin() as conn:
        stream = next(row.stream for row in listed.rows("SELECT stream FROM cursor WHERE stream LIKE 'list:%'"))
        state.set_cursor(conn, "hubspot", stream, "no such token", listed.sandbox.clock())
    join(listed, listed.email("laia"))
    assert read(listed)[0] == 1
    assert read(listed) == (0, 1)


def test_a_stranger_who_joined_is_told_when_her_contact_is_found(listed):
    """The search index lags: she is on the list before she is among the contacts, and others join meanwhile."""
    crowd(listed, 200)
    read(listed)
    known = [f"known{number}@crowd.example" for number in range(300)]
    for email in known:
        listed.sandbox.hubspot.life.add_contact({"email": email})
    read_records(listed.parts, "hubspot", listed.parts.hubspot, full=True)
    late = "late@crowd.example"
    listed.sandbox.hubspot.life.add_contact({"email": late})
    for email in (late, *known):
        join(listed, email)
    assert read(listed) == (300, 3)
    assert read(listed) == (0, 3), "her page is read again"
    read_records(listed.parts, "hubspot", listed.parts.hubspot, full=True)
    assert read(listed)[0] == 1
    assert len(joined(listed, late)) == 1
    assert read(listed) == (0, 1)


def test_a_stranger_nobody_finds_holds_nothing_up(listed):
    """Who was forgotten here stays on the list there: her page is not read again for ever, nor the whole list for her."""
    emails = crowd(listed, 499)
    read(listed)
    with listed.store.engine.begin() as conn:
        writer_lock(conn)
        for email in (emails[0], emails[-1]):
            ledger.forget(conn, ledger.find_contact(conn, email), listed.sandbox.clock())
    assert read(listed) == (0, 4), "nobody whom we know is on the last page: it proves nothing"
    listed.pass_time(days=2)
    assert read(listed) == (0, 3), "who was forgotten on the first page might still have come until now"
    assert read(listed) == (0, 2)
    join(listed, listed.email("laia"))
    assert read(listed) == (1, 2)
    assert read(listed) == (0, 1)


def test_nobody_enters_by_what_cannot_be_read_and_somebody_may_be_kept_out_by(make_world):
    """Without the scope of lists nobody knows who joined: of whom that would keep out, none enters until it is read."""
    asked = "when: {stage: nurture, persona: finance_lead}"
    kept_out = (
        f"when: {{stage: nurture, persona: finance_lead, not: {{did: {{event: list_joined, asset: {VISITED}}}}}}}"
    )

    def before(sandbox, population):
        sandbox.hubspot.life.join_list(population.person("maria").address, VISITED)

    world = make_world(count=4, edits={**EDIT, "tracks.yaml": (asked, kept_out)}, webhooks=False, before=before)
    settings, forget = world.sandbox.hubspot.settings, "DELETE FROM portal_cache WHERE key = 'hubspot:lists'"
    every, settings.scopes = settings.scopes, settings.scopes - {"crm.lists.read"}
    with world.store.engine.begin() as conn:
        conn.execute(text(forget))
    carla = world.new_lead("carla")
    world.pass_time(minutes=1)
    assert [one.stream for one in world.sync().unread] == ["lists", "lists of segments"]
    ((state_, reason),) = world.intents(carla)
    assert (state_, world.entered(carla)) == ("pending", [])
    assert reason.startswith(
        "list_joined may keep her out and cannot be read: the token lacks the scope crm.lists.read"
    )
    settings.scopes = every
    summary = world.next_pass()
    assert (list(summary.unread), len(world.entered(carla))) == ([], 1)


def test_one_list_may_be_a_source_of_two_kinds(make_world):
    kinds = f"  list_joined: {{hubspot: {{lists: [{VISITED}]}}}}\n  warm: {{hubspot: {{lists: [{VISITED}]}}}}"

    def before(sandbox, population):
        sandbox.hubspot.life.join_list(population.person("maria").address, VISITED)

    edits = {"fields.yaml": (EDIT["fields.yaml"][0], kinds)}
    world = make_world(count=4, edits=edits, webhooks=False, baseline=False, before=before)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    assert read(world) == (2, 2)
    assert read(world) == (0, 2)

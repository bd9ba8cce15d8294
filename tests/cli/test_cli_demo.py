"""`trellis demo`: the five people of its story, by what the pretend platforms did to them; then how it is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import make_url

from adapters.sandbox.people_story import FIVE
from connector.assembly import Store
from connector.cli.demo_story import tell
from connector.cli.demo_world import Demo, demo_world, first_monday
from connector.store.engine import connect

SUNDAY_NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
MON, TUE, WED, THU, FRI, SAT, SUN = range(1, 8)


@dataclass(frozen=True)
class Told:
    """The demo after its story, and what it printed."""

    world: Demo
    out: str

    def steps(self, key: str) -> list[tuple[int, int, str, str]]:
        """Week, day, kind and name of what the platforms did to one of the five, mails and endings of their own apart."""
        email = self.world.population.person(key).email
        return [
            (*self.day(one.at), one.kind, one.flow_name)
            for one in self.world.sandbox.effects.of(email=email)
            if one.kind != "sent" and one.why != "finished"
        ]

    def mails(self, key: str) -> list[tuple[int, int, str]]:
        """Week, day and the beginning of each mail of a workflow or flow that reached her."""
        email = self.world.population.person(key).email
        sent = self.world.sandbox.effects.of(kind="sent", email=email)
        return [(*self.day(one.at), " ".join((one.mail or "").split()[:2])) for one in sent]

    def record(self, key: str) -> dict[str, str]:
        """Her record at HubSpot."""
        return dict(self.world.sandbox.hubspot.life.person(self.world.population.person(key).email).values)

    def day(self, moment: datetime) -> tuple[int, int]:
        """Week and day of the story."""
        days = (moment.astimezone(ZoneInfo("Europe/Madrid")).date() - self.world.begins.date()).days
        return days // 7 + 1, days % 7 + 1


@pytest.fixture(scope="module")
def told(postgres_url: str) -> Iterator[Told]:
    """The story, told once for all tests of this file."""
    name = f"demo_{os.getpid()}"
    with psycopg.connect(postgres_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE trellis_template")  # type: ignore[arg-type]
        url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        engine, out = connect(url), StringIO()
        with demo_world(40, Store(engine, url), SUNDAY_NOON) as world, redirect_stdout(out):
            tell(world)
            yield Told(world, out.getvalue())
        engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


# ---------------------------------------------------------------- the five, by the effect ledger


def test_maria_is_reminded_while_she_is_held_then_nurtured_handed_over_and_closed(told):
    assert told.steps("maria") == [
        (1, THU, "entered", "Price reminder"),
        (2, TUE, "entered", "Finance: consideration"),
        (3, MON, "left", "Finance: consideration"),
        (4, TUE, "entered", "Closing"),
    ]
    assert told.mails("maria") == [
        (1, THU, "[PRICE] 1"),
        (2, TUE, "[FIN] 1"),
        (2, FRI, "[FIN] 2"),
        (4, TUE, "[CLOSE] 1"),
        (4, FRI, "[CLOSE] 2"),
    ]


def test_maria_is_handed_over_once_with_an_owner_a_task_and_a_brief_and_sales_accepts(told):
    hubspot, maria = told.world.sandbox.hubspot, told.record("maria")
    ((task, values),) = [
        (one.id, one.values) for one in hubspot.shelves["tasks"] if "Maria" in one.values["hs_task_subject"]
    ]
    assert values["hs_task_subject"] == "Llamar a Maria"
    assert "Finance Manager" in values["hs_task_body"]
    assert hubspot.owners[maria["hubspot_owner_id"]].email in {"ana@team.example", "biel@team.example"}
    assert values["hubspot_owner_id"] == maria["hubspot_owner_id"]
    assert task in hubspot.associations.of("contacts", hubspot.life.person(maria["email"]).id, "tasks")
    assert maria["trellis_sales_verdict"] == "accepted"
    assert maria["lifecyclestage"] == "salesqualifiedlead"


def test_laia_changes_over_from_mailchimp_to_hubspot_and_again_with_her_interest(told):
    assert told.steps("laia") == [
        (1, WED, "entered", "Warm-up"),
        (2, MON, "left", "Warm-up"),
        (3, MON, "entered", "Finance treasury"),
        (3, FRI, "left", "Finance treasury"),
        (3, FRI, "entered", "Finance: consideration"),
    ]
    mails = [mail for _, _, mail in told.mails("laia")]
    assert mails == ["[WARM] 1", "[WARM] 2", "[TES] 1", "[TES] 2", "[FIN] 1", "[FIN] 2", "[FIN] 3", "[FIN] 4"]


def test_joan_who_never_answers_rests_and_nobody_mails_him_any_more(told):
    assert told.steps("joan") == [(1, MON, "entered", "Operations: consideration")]
    assert told.mails("joan")[-1] == (2, WED, "[OPS] 4")
    assert "En descanso hasta el 02/12/2026" in told.record("joan")["trellis_next"]
    assert not told.record("joan").get("trellis_track")


def test_brian_leaves_as_he_buys_and_is_a_customer_who_is_never_won_again(told):
    assert told.steps("brian") == [
        (1, MON, "entered", "Finance: consideration"),
        (2, TUE, "left", "Finance: consideration"),
        (2, TUE, "entered", "Customer tips"),
    ]
    assert [mail for _, _, mail in told.mails("brian") if mail.startswith("[FIN]")] == ["[FIN] 1", "[FIN] 2", "[FIN] 3"]
    brian = told.record("brian")
    assert (brian["lifecyclestage"], brian["trellis_stage"]) == ("customer", "customer")
    assert "hubspot_owner_id" not in brian


def test_noor_is_never_enrolled_whatever_she_does(told):
    assert told.world.sandbox.effects.of(email=told.world.population.person("noor").email) == []
    noor = told.record("noor")
    assert int(noor["trellis_score"]) >= 20  # enough for the tracks of finance people
    assert noor["trellis_stage"] == "suppressed"
    assert "baja del correo" in noor["trellis_next"]


def test_nobody_enters_on_a_weekend_or_before_the_baseline_is_over(told):
    entered = [told.day(one.at) for one in told.world.sandbox.effects.of(kind="entered")]
    assert entered
    assert {day for _, day in entered} <= {MON, TUE, WED, THU, FRI}
    assert told.world.sandbox.effects.of(kind="not_sent") == []


# ---------------------------------------------------------------- how it is told


def test_each_of_the_five_is_told_of_with_the_reasons_that_trellis_gives(told):
    for key in FIVE:
        assert f" {key} " in told.out
    text = " ".join(told.out.split())
    for reason in (
        "En espera tras subir de etapa hasta el 25/10/2026: solo recordatorios",
        "out of “Finance treasury”: le interesa otra cosa",
        "por ahora ya se le ha escrito o llamado bastante",
        "ya es cliente",
        "Sin nutrición: baja del correo",
    ):
        assert reason in text


def test_the_story_can_be_read_at_one_sitting(told):
    lines = told.out.splitlines()
    assert len(lines) < 115
    assert [line for line in lines if len(line) > 100] == []
    assert lines[-2] == "sync: 0 writes; calls: HubSpot 2, Mailchimp 3."


@pytest.mark.parametrize("hours", range(0, 24 * 14, 7))
def test_four_weeks_from_a_monday_are_over_whenever_it_is_told(hours):
    zone = ZoneInfo("Europe/Madrid")
    now = SUNDAY_NOON + timedelta(hours=hours)
    begins = first_monday(now, zone)
    assert begins.weekday() == 0
    last = begins + timedelta(days=27, hours=1)
    assert timedelta(hours=1) < now - last < timedelta(days=8)

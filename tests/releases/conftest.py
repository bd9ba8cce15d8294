"""A small portal and audience in memory, a store of its own, and rulebooks that differ in one thing: cheap enough to kill often."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

sys.path.append(str(Path(__file__).parent))  # `port_that_dies` is what these tests share

from port_that_dies import Fate, Mortal

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import Definition, Option, Owner, Record
from connector.assembly import Platforms, Store, make_parts
from connector.change.apply import Applied, apply
from connector.change.plan.figure import figure
from connector.change.plan.plan import Plan
from connector.change.rollback import RolledBack, rollback
from connector.rulebook.read import read_rulebook, rulebook_from_source
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
from connector.steps import portal
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.round import Summary
from connector.steps.sync import sync
from connector.store import ledger, state
from connector.store.engine import connect
from connector.store.judgement import Flip, flips_of

BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "customer")
COUNTERS = ("num_conversion_events", "recent_conversion_date", "recent_conversion_event_name")

#: What a rulebook says unless a test says otherwise.
TRACKS: Mapping[str, Any] = {
    "welcome": {
        "aim": "win",
        "when": {"stage": "warm"},
        "enroll": [{"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"}],
        "mails": {"count": 3, "name": {"starts_with": "[W]"}},
        "lasts": "21d",
    }
}


def files(
    folder: Path,
    *,
    title: int = 20,
    hot: int = 45,
    tracks: Mapping[str, Any] = TRACKS,
    when: str = "forward",
    guard: Mapping[str, Any] | None = None,
    language: str = "en",
    write: Mapping[str, Any] | None = None,
    audiences: Mapping[str, Any] | None = None,
) -> Rulebook:
    """A rulebook: `title` are the points for a title of finance, `hot` is where that stage begins, `when` the direction of
    lifecycle stages; `write` and `audiences` come on top of what is written, and of the one audience.
    """
    folder.mkdir(parents=True)
    act = {"count": COUNTERS[0], "last": COUNTERS[1], "asset": COUNTERS[2]}
    why = {"why": "Drawn"}
    traits = [{"id": "finance", "when": {"job_title": {"contains_any": ["cfo"]}}, "points": title, **why}]
    group = {
        "max": 25,
        "decay": {"half_life": "21d"},
        "rules": [{"id": "forms", "event": "form_submit", "points": 10, "max_times": 3, **why}],
    }
    phases = {"decision": {"points": 25, "signals": [{"event": "form_submit", "asset": {"contains": "demo"}}]}}
    content = {
        "fields": {
            "version": 1,
            "language": language,
            "timezone": "Europe/Madrid",
            "audiences": {"main": {"list": "abc123"}, **(audiences or {})},
            "fields": {
                "email": {"hubspot": "email", "mailchimp": "email_address"},
                "first_name": {"hubspot": "firstname", "mailchimp": "merge_fields.FNAME"},
                "job_title": {"hubspot": "jobtitle"},
                "company": {"hubspot": "company"},
                "lifecycle": {"hubspot": "lifecyclestage", "type": "stage"},
            },
            "events": {"form_submit": {"hubspot": act}},
            "write": {
                "score": {"hubspot": "trellis_score", "mailchimp": "LEADSCORE", "min_change": 3, "at_least": "7d"},
                "stage": {"hubspot": "trellis_stage", "mailchimp": "LEADSTAGE"},
                "enrolled": {"hubspot": "trellis_enrolled", "mailchimp": "TRACKMARK"},
                "lifecycle": {
                    "hubspot": "lifecyclestage",
                    "when": when,
                    "owner": "platform" if when == "forward" else "trellis",
                },
                **(write or {}),
            },
        },
        "model": {
            "version": 1,
            "model": "acquisition",
            "applies_to": {"lifecycle": {"not_in": ["customer"]}},
            "minimum_evidence": {"any": [{"known": 1, "of": ["job_title", "company"]}]},
            "factors": {
                "fit": {"max": 40, "personas": {"somebody": {"label": "Somebody", "traits": traits}}},
                "phase": {"max": 25, "half_life": "30d", "phases": phases},
                "engagement": {"max": 25, "groups": {"intent": group}},
                "reaction": {"max": 5, "points": {"clicked": 5}},
                "profile": {"max": 5, "completeness": {"company": 2, "job_title": 3}},
            },
        },
        "stages": {
            "version": 1,
            "states": {"customer": {"when": {"lifecycle": {"in": ["customer"]}}}},
            "stages": [
                {"id": "new"},
                {"id": "warm", "enter": {"score": {"at_least": 20}}, "leave_below": 10},
                {
                    "id": "hot",
                    "enter": {"score": {"at_least": hot}},
                    "leave_below": hot - 15,
                    "lifecycle": "marketingqualifiedlead",
                    "handover": True,
                },
            ],
        },
        "tracks": {
            "version": 1,
            "tracks": dict(tracks),
            "handover": {"owner": {"round_robin": ["ana@team.example"]}, "task": {"title": "Call {name}", "due": "1d"}},
            "guard": guard or {"stage_moves": {"share": "100%", "count": 1000}, "enrollments": 500},
        },
    }
    for name, one in content.items():
        (folder / f"{name}.yaml").write_text(json.dumps(one))
    return read_rulebook(folder)


@dataclass
class Portal(HubSpotMemory):
    """One that takes a lower lifecycle stage only where there is none: it answers success, and changes nothing
    (facts/hubspot.md §8).
    """

    def set(self, id_: str, values: Mapping[str, str | None]) -> None:
        """See `Memory`."""
        present, wanted = self.person(id_).values.get("lifecyclestage"), values.get("lifecyclestage")
        back = present and wanted and STAGES.index(wanted) < STAGES.index(present)
        super().set(id_, {name: one for name, one in values.items() if not (back and name == "lifecyclestage")})


@dataclass
class Town:
    """The platforms, the store and the clock. `parts` are those of the active rulebook."""

    store: Store
    folder: Path
    portal: Portal = field(default_factory=Portal)
    audience: MailchimpMemory = field(default_factory=MailchimpMemory)
    at: datetime = BEGAN
    made: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.portal.now = self.audience.now = lambda: self.at
        self.portal.users = (Owner("7001", "ana@team.example"),)
        kinds = dict.fromkeys(("email", "firstname", "jobtitle", "company", "hubspot_owner_id", COUNTERS[2]), "string")
        kinds |= {COUNTERS[0]: "number", COUNTERS[1]: "datetime", "notes_last_contacted": "datetime"}
        self.portal.known |= {name: Definition(name, name, kind) for name, kind in kinds.items()}
        options = tuple(Option(one, one) for one in STAGES)
        self.portal.known["lifecyclestage"] = Definition("lifecyclestage", "Stage", "enumeration", options=options)
        self.audience.known["FNAME"] = Definition("FNAME", "First name", "text")

    # ------------------------------------------------------------ people

    def id_of(self, key: str) -> str:
        """The id at HubSpot of somebody."""
        return next(id_ for id_, one in self.portal.people.items() if one.values["firstname"] == key)

    def person(self, key: str, *, title: str | None = None, stage: str = "lead", **values: str) -> str:
        """Somebody at HubSpot and Mailchimp; returns her id at HubSpot."""
        number, email = str(500 + len(self.portal.people)), f"{key}@{key}.example"
        held = {"email": email, "firstname": key, "jobtitle": title, "company": "Acme", "lifecyclestage": stage}
        self.portal.add(Record("hubspot", number, email, {**dict.fromkeys(COUNTERS), **held, **values}, self.at))
        member = {"email_address": email, "status": "subscribed", "subscriber_hash": key, "merge_fields.FNAME": key}
        self.audience.add(Record("mailchimp:main", f"m{number}", email, member, self.at))
        return number

    def fill_form(self, number: str, name: str = "Newsletter") -> None:
        """She fills in a form."""
        count = int(self.portal.people[number].values.get(COUNTERS[0]) or 0) + 1
        self.change(number, **{COUNTERS[0]: str(count), COUNTERS[1]: self.at.isoformat(), COUNTERS[2]: name})

    def change(self, number: str, **values: str) -> None:
        """Somebody else changes values of hers at HubSpot."""
        self.portal.set(number, values)

    def values(self) -> dict[str, dict[str, str]]:
        """All that both platforms hold of everybody, but for what stands nowhere."""
        every = {**self.portal.people, **self.audience.people}
        return {id_: {name: value for name, value in one.values.items() if value} for id_, one in every.items()}

    # ------------------------------------------------------------ Trellis

    def rules(self, name: str, **options: Any) -> Rulebook:
        """The files of this name, written when they are first asked for."""
        folder = self.folder / name
        return read_rulebook(folder) if folder.exists() else files(folder, **options)

    def parts(self, rulebook: Rulebook | None = None) -> Parts:
        """By a rulebook, else by the active one."""
        settings = read_settings({"HUBSPOT_ACCESS_TOKEN": "token", "MAILCHIMP_API_KEY": "key-us1"})
        made = make_parts(
            settings, self.store, rulebook or self.active(), clients=Platforms(None, None), now=lambda: self.at
        )
        return replace(
            made, hubspot=self.portal, mailchimp={self.audience.source: self.audience}, calls=lambda: Counter(self.made)
        )

    def active(self) -> Rulebook:
        """The one that decides."""
        with self.store.engine.connect() as conn:
            kept = state.active(conn)
        assert kept is not None
        return rulebook_from_source(kept.source, kept.hash)

    def begin(self, rulebook: Rulebook) -> None:
        """Everything is created, the baseline taken, and time has gone by."""
        with self.store.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, self.at)
        provision(self.parts(rulebook), dry_run=False, webhook_url=None)
        assert self.sync().baseline
        self.wait(minutes=10)

    def sync(self) -> Summary:
        """A pass that must not fail."""
        summary = sync(self.parts())
        assert summary.errors == []
        return summary

    def settle(self) -> None:
        """Passes until nothing is left to do."""
        for _ in range(2):
            self.wait(minutes=5)
            self.sync()

    def wait(self, **delta: float) -> None:
        """The clock goes on."""
        self.at += timedelta(**delta)

    def plan(self, rulebook: Rulebook) -> Plan:
        """What it would change by now."""
        parts = self.parts(rulebook)
        creates = provision(parts, dry_run=True, webhook_url=None).lines
        return figure(parts, self.active(), creates=creates, reading=portal.look(parts))

    def apply(self, rulebook: Rulebook, fate: Fate | None = None) -> Applied:
        """Make it the active one, and carry it out."""
        return apply(self.mortal(self.parts(rulebook), fate), self.plan(rulebook))

    def rollback(self, number: int, fate: Fate | None = None) -> RolledBack:
        """Take back a release and all later ones."""
        return rollback(self.mortal(self.before(number), fate), number)

    def mortal(self, parts: Parts, fate: Fate | None) -> Parts:
        """The same, over ports at which the process may die."""
        if fate is None:
            return parts
        audiences = {source: cast("MailchimpPort", Mortal(port, fate)) for source, port in parts.mailchimp.items()}
        return replace(parts, hubspot=cast("HubSpotPort", Mortal(self.portal, fate)), mailchimp=audiences)

    def come_back(self) -> None:
        """Time for what a dead process held: leases run on the database's clock, which no test can turn."""
        with self.store.engine.begin() as conn:
            conn.execute(text("UPDATE intent SET lease_until = clock_timestamp() - interval '1 second'"))
        self.wait(minutes=5)

    def before(self, number: int) -> Parts:
        """By the rulebook from before a release."""
        hash_ = self.rows("SELECT rulebook FROM release WHERE id < :id ORDER BY id DESC LIMIT 1", id=number)[0].rulebook
        with self.store.engine.connect() as conn:
            kept = state.kept_rulebook(conn, hash_)
        assert kept is not None
        return self.parts(rulebook_from_source(kept.source, kept.hash))

    def rows(self, statement: str, **values: object) -> list[Any]:
        """Rows of the store."""
        with self.store.engine.connect() as conn:
            return list(conn.execute(text(statement), values))

    def standing(self) -> dict[str, tuple[object, ...]]:
        """How everybody stands in the store: stage, since, handed over, what she matches."""
        rows = self.rows(
            "SELECT platform_id, word.text AS stage, since, handed_over, (SELECT array_agg((track, matched, matched_since,"
            "  at_baseline)::text ORDER BY track) FROM track_state WHERE track_state.contact = verdict.contact) AS tracks"
            " FROM verdict JOIN word ON word.id = stage JOIN record USING (contact) WHERE source = 'hubspot'"
        )
        return {row.platform_id: (row.stage, row.since, row.handed_over, row.tracks) for row in rows}

    def on_track(self) -> set[tuple[str, str]]:
        """Who is on which track by the store."""
        rows = self.rows(
            "SELECT platform_id, track FROM episode JOIN record USING (contact)"
            " WHERE record.source = 'hubspot' AND left_at IS NULL"
        )
        return {(row.platform_id, row.track) for row in rows}

    def contact(self, key: str) -> int:
        """Our own number of somebody."""
        (row,) = self.rows(
            "SELECT contact FROM identity WHERE source = 'hubspot' AND platform_id = :id", id=self.id_of(key)
        )
        return int(row.contact)

    def flips(self, number: str) -> list[Flip]:
        """The moves of somebody."""
        with self.store.engine.connect() as conn:
            return flips_of(conn, ledger.contacts_of(conn, "hubspot", [number])[number])

    def baseline_of(self, number: str, track: str) -> bool | None:
        """Whether somebody counts as having matched a track at the baseline."""
        rows = self.rows(
            "SELECT at_baseline FROM track_state JOIN identity USING (contact)"
            " WHERE source = 'hubspot' AND platform_id = :id AND track = :track",
            id=number,
            track=track,
        )
        return rows[0].at_baseline if rows else None

    def entered(self) -> int:
        """How often anybody entered any track so far."""
        return int(self.rows("SELECT count(*) AS n FROM intent WHERE kind = 'enroll' AND sending_at IS NOT NULL")[0].n)


@pytest.fixture(scope="session")
def settled(new_lasting_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Maria is warm and on her track. Brian is a customer, Noor may not be mailed. Carla is a CFO, and warm since the baseline;
    40 points for her title would make her hot. Dora is new.
    """
    url = new_lasting_database()
    town = Town(Store(connect(url), url), tmp_path_factory.mktemp("rules"))
    maria = town.person("maria")
    town.person("brian", title="CFO", stage="customer")
    town.person("noor", title="CFO", hs_email_optout="true")
    town.person("carla", title="CFO")
    town.person("dora")
    town.begin(town.rules("a"))
    for _ in range(2):
        town.fill_form(maria)
    town.sync()
    town.wait(minutes=5)
    town.sync()
    assert town.on_track() == {(maria, "welcome")}
    town.store.engine.dispose()
    return town


@pytest.fixture
def make_town(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Callable[[], Town]]:
    """Makes towns that nobody lives in yet."""
    engines = []

    def make() -> Town:
        url = new_database()
        engines.append(connect(url))
        return Town(Store(engines[-1], url), tmp_path)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def copy_of_town(settled: Town, new_database: Callable[..., str]) -> Iterator[Callable[[], Town]]:
    """Makes towns that are all as `settled`."""
    engines = []

    def make() -> Town:
        url = new_database(settled.store.url)
        engines.append(connect(url))
        store = Store(engines[-1], url)
        return Town(store, settled.folder, deepcopy(settled.portal), deepcopy(settled.audience), settled.at)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def town(copy_of_town: Callable[[], Town]) -> Town:
    """One that is as `settled`."""
    return copy_of_town()

"""`trellis init` as it is typed: what it refuses, what options and a file of answers say, and a whole afternoon on an unknown portal."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.definitions import Definition, Option
from adapters.sandbox.hubspot.settings import ALL_SCOPES
from connector import assembly, cli
from connector.rulebook.read import read_rulebook
from connector.settings import VARIABLES
from connector.starter.looking import MOST_CALLS

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Type = Callable[..., Ran]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Type]:
    """Types a command in an empty folder, with this environment and no other; nobody is at the terminal."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, environ: Mapping[str, str] | None = None) -> Ran:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        assembly.settings.cache_clear()
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.run(arguments)
        return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    yield run
    assembly.settings.cache_clear()


def test_without_a_platform_it_writes_for_any_portal_and_never_twice(typed: Type, tmp_path: Path) -> None:
    ran = typed("init", "mine", "--language", "ca", "--capacity", "7")
    assert (ran.code, ran.err) == (
        0,
        "No platform has credentials, so the files are written for what every HubSpot portal has.\n",
    )
    assert "  export MAPPINGS_DIR=mine       # and the same line into .env, without export\n" in ran.out
    folder = tmp_path / "mine"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        *("fields.yaml", "model.yaml", "stages.yaml", "tracks.yaml", "cases/start.yaml", ".env.example"),
        *(f"schema/{name}.json" for name in ("fields", "model", "stages", "tracks", "cases")),
    }
    assert read_rulebook(folder).fields.language == "ca"
    assert typed("test", environ={"MAPPINGS_DIR": "mine"}).code == 0
    environment = (folder / ".env.example").read_text()
    assert all(f"\n#{name}=" in environment or f"\n{name}=" in environment for name in VARIABLES)
    assert "\nMAPPINGS_DIR=mine\n" in environment

    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = typed("init", "mine")
    assert again.code == 2
    assert again.err.startswith("mine/fields.yaml is there already, and nothing is written over; name another folder")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--field", "cargo"], '--field takes NAME=PROPERTY, such as job_title=cargo, and not "cargo"'),
        (["--field", "job_titel=jobtitle"], 'there is no field "job_titel"; did you mean job_title?'),
        (["--field", "job_title=jobtitel"], 'there is no property "jobtitel"; did you mean jobtitle?'),
        (["--timezone", "Madrid"], 'there is no time zone "Madrid"; did you mean'),
        (["--capacity", "0"], "a capacity of 0 leads a week is none; write 1 or more"),
        (["--hubspot"], "--hubspot needs HUBSPOT_ACCESS_TOKEN"),
        (["--answers", "gone.yaml"], "gone.yaml: cannot be read"),
        (
            ["--answers", "answers.yaml"],
            'answers.yaml:2 capacty: there is no key "capacty" here; did you mean capacity?',
        ),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    typed: Type, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "answers.yaml").write_text("language: es\ncapacty: 5\n")
    ran = typed("init", "mine", *arguments)
    lines = ran.err.replace(
        "No platform has credentials, so the files are written for what every HubSpot portal has.\n", ""
    )
    assert ran.code == 2
    assert told in lines
    assert len(lines.splitlines()) == 1
    assert not (tmp_path / "mine").exists()


def test_a_file_of_answers_says_what_the_interview_would_ask(typed: Type, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text(
        "language: es\n"
        "fields: {phone: none, job_title: jobtitle}\n"
        "customers: [customer]\n"
        "qualified: none\n"
        "markets: [Portugal, ES]\n"
        "buyers:\n"
        "  - {label: Tesorería, titles: [tesorer, treasur], employees: [200]}\n"
        "  - {label: 'On', titles: [controller], employees: [50, 1000]}\n"
    )
    assert typed("init", "mine", "--answers", "answers.yaml").code == 0
    rulebook = read_rulebook(tmp_path / "mine")
    personas = rulebook.models[0].factors.fit.personas
    assert list(personas) == ["tesoreria", "on_buyer"]
    assert [persona.label for persona in personas.values()] == ["Tesorería", "On"]
    assert "phone" not in rulebook.fields.fields
    assert rulebook.fields.write.lifecycle is None
    assert [override.id for override in rulebook.models[0].overrides] == ["hand-raiser", "out-of-market", "student"]


TITLES = ["Director financiero", "CFO", "Contable", "Jefa de operaciones", "Gerente", "Estudiante", "Recepcionista"]
SIZES = ["1-10", "11-50", "51-200", "201-1000", "1000+"]
COUNTRIES = ["España", "España", "España", "Portugal", "Noruega"]


@pytest.fixture
def unknown() -> Iterator[Sandbox]:
    """A portal with names of its own, in Spanish, stages of its own, and a plan without workflows; 130 people."""
    with Sandbox() as sandbox:
        portal = sandbox.hubspot
        portal.settings.search_lag = 0.0
        portal.settings.scopes = ALL_SCOPES - {"automation", "crm.objects.companies.read", "crm.schemas.companies.read"}
        defined = portal.definitions["contacts"]
        for name, label, options in (
            ("cargo", "Cargo", []),
            ("empresa_1", "Nombre de la empresa", []),
            ("tamano", "Tamaño de la empresa", SIZES),
            ("pais_1", "País", sorted({*COUNTRIES, "Francia"})),
        ):
            kind = ("enumeration", "select") if options else ("string", "text")
            listed = tuple(Option(one, one, order) for order, one in enumerate(options))
            defined.put(Definition(name, label, *kind, "contactinformation", options=listed))
        stages = {
            "subscriber": "Suscriptor",
            "lead": "Lead",
            "41": "Lead cualificado",
            "42": "Cliente potencial",
            "43": "Cliente",
        }
        portal.admin.replace_options("lifecyclestage", stages)
        _fill(sandbox, random.Random(3))
        yield sandbox


def _fill(sandbox: Sandbox, chance: random.Random) -> None:
    for number in range(130):
        address = f"p{number}@empresa{number % 40}.example"
        values = {
            "email": address,
            "lifecyclestage": chance.choice(["subscriber", "lead", "41", "43"]),
            "cargo": chance.choice([*TITLES, ""]),
            "empresa_1": f"Empresa {number % 40}",
            "tamano": chance.choice([*SIZES, ""]),
            "pais_1": chance.choice(COUNTRIES),
        }
        sandbox.hubspot.life.add_contact(values, at=NOW - timedelta(days=100))
        for _ in range(chance.choice([0, 1, 2])):
            at = NOW - timedelta(days=chance.uniform(0, 40))
            sandbox.hubspot.life.fill_form(address, chance.choice(["Newsletter", "Solicitar demo", "Guía"]), at=at)


def test_from_an_unknown_portal_to_people_scored(
    typed: Type, unknown: Sandbox, new_database: Callable[[], str], tmp_path: Path
) -> None:
    environ = {
        "HUBSPOT_BASE_URL": unknown.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": unknown.hubspot.settings.token,
        "DATABASE_URL": new_database(),
        "MAPPINGS_DIR": "mine",
    }
    ran = typed("init", "--capacity", "5", environ=environ)
    assert ran.code == 0, ran.err
    assert "job_title ← cargo\n" in ran.out
    assert "customers ← 43 (Cliente); qualified → 41 (Lead cualificado)\n" in ran.out
    calls = unknown.hubspot_server.calls
    assert calls.total <= MOST_CALLS
    assert {call.method for call in calls.calls if not call.template.endswith(("/search", "/batch/read"))} == {"GET"}
    assert not any("@empresa" in file.read_text() for file in (tmp_path / "mine").rglob("*.yaml"))

    rulebook = read_rulebook(tmp_path / "mine")
    assert rulebook.fields.language == "es"
    assert rulebook.fields.fields["country"].values["noruega"] == "NO"
    assert rulebook.fields.fields["lifecycle"].values == {"43": "customer"}
    assert all(way.is_segment for track in rulebook.tracks.tracks.values() for way in track.enroll)
    standing = next(line for line in ran.out.splitlines() if line.startswith("Of 130 people"))
    assert " 0 " not in f" {standing}"  # every stage is reached by somebody

    assert typed("provision", environ=environ).code == 0
    checked = typed("check", environ=environ)
    assert (checked.code, checked.out.splitlines()[-1][:8]) == (0, "0 errors")
    assert typed("test", environ=environ).code == 0
    synced = typed("sync", environ=environ)
    assert (synced.code, "nobody is enrolled" in synced.out, "Judged 130 contacts" in synced.out) == (0, True, True)
    scored = [one.values.get("trellis_stage") for one in unknown.hubspot.contacts.records.values()]
    assert {"new", "nurture", "qualified", "hot", "customer"} <= set(scored)
    assert not any(one.values.get("trellis_enrolled") for one in unknown.hubspot.contacts.records.values())

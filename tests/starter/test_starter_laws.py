"""Whatever a portal is like: the files are a rulebook without a flaw, its golden people hold, and nobody is mailed by it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ports import Definition, ListInfo, Option, Record
from connector.rulebook.content_gap import content_gap
from connector.rulebook.folding import fold
from connector.rulebook.idle_tracks import idle_tracks
from connector.rulebook.opens import opens_alone
from connector.settings import VARIABLES
from connector.starter.answers import Given, answered
from connector.starter.buyers import Buyer
from connector.starter.environment_text import environment_text
from connector.starter.files import Starter, starter
from connector.starter.looking import MOST_CALLS
from connector.starter.meanings import MEANINGS
from connector.starter.seen import Seen
from connector.starter.shelf import put
from connector.starter.standard import standard
from connector.starter.yaml_text import writable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

_TYPES = ("string", "enumeration", "number", "date", "bool", "datetime")
_LABELS = (
    "Cargo",
    "Position",
    "País",
    "Company size",
    "Sector",
    "Teléfono",
    "Unternehmen",
    "Nombre",
    "on",
    "Fecha: hoy",
    "#1",
)
_VALUES = (
    "CFO",
    "no",
    "NO",
    "España",
    "Norway",
    "yes: no",
    "1-10",
    "1000+",
    "'",
    '"',
    "[FIN]",
    "{a}",
    "",
    " x ",
    "\u2028",
    "ß",
    "50",
)
_STAGES = ("Lead", "Cliente", "Customer", "Cliente potencial", "MQL", "on", "{x}", "Null", "a, b")

texts = st.sampled_from(_VALUES) | st.text(max_size=12)
labels = st.sampled_from(_LABELS) | st.text(min_size=1, max_size=20)
names = st.from_regex(r"\A[a-z][a-z0-9_]{0,12}\Z")


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    kind = draw(st.sampled_from(_TYPES))
    options = draw(st.lists(texts.filter(bool), max_size=4, unique=True)) if kind == "enumeration" else []
    return Definition(draw(names), draw(labels), kind, options=tuple(Option(one, one) for one in options))


@st.composite
def portals(draw: st.DrawFn) -> Seen:
    """HubSpot's properties or some of them, others besides, and people who hold anything."""
    usual = standard().properties
    kept = draw(st.sets(st.sampled_from(sorted(usual))) | st.just(set(usual)))
    others = draw(st.lists(definitions(), max_size=5))
    properties = {**{name: usual[name] for name in sorted(kept)}, **{one.name: one for one in others}}
    stages = draw(
        st.lists(
            st.tuples(st.sampled_from(["lead", "customer", "11", "12", "13"]), st.sampled_from(_STAGES)), max_size=5
        )
    )
    if "lifecyclestage" in properties:
        options = tuple(Option(value, label) for value, label in dict(stages).items())
        properties["lifecyclestage"] = Definition("lifecyclestage", "Stage", "enumeration", options=options)
    audiences = tuple(ListInfo(one, one, "audience") for one in draw(st.lists(names, max_size=2, unique=True)))
    mailchimp = bool(audiences)
    hubspot = not mailchimp or draw(st.booleans())
    fields = {one.id: {"merge_fields.FNAME": Definition("merge_fields.FNAME", "Name", "text")} for one in audiences}
    return Seen(
        hubspot=hubspot,
        mailchimp=mailchimp,
        properties=properties if hubspot else {},
        audiences=audiences,
        merge_fields=fields,
        source="hubspot" if hubspot else "mailchimp:main",
        sample=draw(people(sorted(properties))) if hubspot else (),
        total=draw(st.integers(0, 10_000)),
        lately=draw(st.none() | st.integers(0, 500)),
        lists=draw(st.none() | st.just((ListInfo("1", "Visited: pricing", "DYNAMIC"), ListInfo("2", "{x}", "MANUAL")))),
        workflows=draw(st.booleans()),
        forms=draw(st.none() | st.just(("Demo", "Presupuesto"))),
        timezone=draw(st.sampled_from(["", "Europe/Madrid", "us/nowhere"])),
    )


@st.composite
def people(draw: st.DrawFn, known: list[str]) -> tuple[Record, ...]:
    count = draw(st.sampled_from([0, 1, 3, 12, 30]))
    pools = {name: draw(st.lists(texts, min_size=1, max_size=3)) for name in known if name not in _OF_ACTS}
    acts = draw(st.booleans())
    return tuple(
        _person(number, {**{name: pool[number % len(pool)] for name, pool in pools.items()}, **_acts(number, acts)})
        for number in range(count)
    )


_OF_ACTS = frozenset(name for name, one in standard().properties.items() if one.read_only)


def _acts(number: int, acts: bool) -> dict[str, str]:
    at = (NOW - timedelta(days=number)).isoformat()
    if not acts or number % 2:
        return {}
    form = ("Demo", "Newsletter", "Precios")[number % 3]
    return {"num_conversion_events": "1", "recent_conversion_date": at, "recent_conversion_event_name": form}


def _person(number: int, values: dict[str, str]) -> Record:
    return Record("hubspot", str(number), None, values, NOW)


said = st.builds(
    Given,
    language=st.sampled_from([None, "en", "es", "ca"]),
    markets=st.sampled_from([None, (), ("ES",), ("Norway", "PT")]),
    buyers=st.none()
    | st.lists(
        st.builds(
            Buyer,
            labels.filter(writable),
            st.lists(st.sampled_from(["cfo", "finan", "jefa de", "yes", "cap d'", "ß"]), max_size=3).map(tuple),
            st.sampled_from([None, (50, 1000), (200, None), (0, 0)]),
        ),
        max_size=3,
        unique_by=lambda buyer: fold(buyer.label),
    ).map(tuple),
    capacity=st.sampled_from([None, 1, 15, 10_000]),
)


def written(made: Starter, folder: Path) -> Path:
    put({**made.texts, ".env.example": environment_text(VARIABLES, str(folder))}, folder)
    return folder


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(seen=portals(), said=said)
def test_whatever_the_portal_the_files_have_no_flaw(seen: Seen, said: Given) -> None:
    made = starter(seen, answered(seen, said), NOW)
    with tempfile.TemporaryDirectory() as parent:
        written(made, Path(parent) / "mine")  # reads it all back, and judges its golden people
    rulebook = made.rulebook
    assert opens_alone(rulebook) == ()
    assert [idle for idle in idle_tracks(rulebook) if idle.behind is None] == []
    ways = [way for track in rulebook.tracks.tracks.values() for way in track.enroll]
    assert all(way.listener == "verified" or way.is_segment for way in ways)
    if not rulebook.stages.states:  # nobody knows who is a customer
        assert all(way.is_segment for way in ways)


def test_what_people_hold_stands_in_no_file(portal: Callable[..., Seen]) -> None:
    """Countries are translated; nothing else that anybody holds is written down."""
    held = {
        "email": "maria@secret.example",
        "firstname": "Maria-Jo",
        "cargo": "Chief Beekeeper",
        "company": "Hives & Co",
    }
    seen = portal({"cargo": "Cargo"}, [{**held, "phone": "+34 600 111 222", "country": "España"}] * 30)
    texts = "".join(starter(seen, answered(seen, Given()), NOW).texts.values())
    assert "España: ES" in texts
    assert [value for value in (*held.values(), "Beekeeper", "secret.example", "600 111") if value in texts] == []


def test_a_name_that_a_portal_gives_a_stage_adds_no_line_to_a_file(portal: Callable[..., Seen]) -> None:
    """Some tools take U+2028 for the end of a line, and a comment would end there."""
    value = "12\u2028  invented: {hubspot: invented}\u2028"
    for stage in (value, "null", "1e3", "NO", "a: b #c", '"', "- x"):
        seen = portal(stages={"lead": "Lead", stage: "Cliente\u2028"})
        made = starter(seen, answered(seen, Given()), NOW)
        assert set(made.rulebook.fields.fields) <= {*MEANINGS, "email", "email_domain", "lifecycle"}
        assert made.rulebook.stages.states, "they are customers"
        assert "\u2028" not in "".join(made.texts.values())


def test_the_folder_s_name_is_a_word_to_a_shell() -> None:
    folder = "my $(touch ran); 'mine'"
    (line,) = (one for one in environment_text(VARIABLES, folder).splitlines() if one.startswith("MAPPINGS_DIR="))
    assert shlex.split(line) == [f"MAPPINGS_DIR={folder}"]


def test_a_folder_that_is_there_is_written_from_inside(tmp_path: Path) -> None:
    """As a volume of a container is: nothing can be moved there from beside it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    seen = standard()
    written(starter(seen, answered(seen, Given()), NOW), folder)
    assert sorted(one.name for one in folder.iterdir()) == [
        ".env.example",
        "cases",
        "fields.yaml",
        "model.yaml",
        "schema",
        "stages.yaml",
        "tracks.yaml",
    ]


def test_no_more_is_asked_than_is_said() -> None:
    assert MOST_CALLS <= 100


def test_a_starter_without_a_portal_covers_its_persona() -> None:
    seen = standard()
    rulebook = starter(seen, answered(seen, Given()), NOW).rulebook
    assert content_gap(rulebook).forgotten == ()
    assert [stage.id for stage in rulebook.stages.stages] == ["new", "nurture", "qualified", "hot"]

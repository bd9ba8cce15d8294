"""Who hears what our tracks put into HubSpot, and what `check` and nurturing are told of it; without any platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapters.ports import Flow, Meets, Trigger
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.steps.listening.listener_findings import listening
from connector.steps.listening.listeners import hearing_of, lets_in
from connector.steps.listening.workflow_findings import platform_free, unread_workflows, workflow_findings

MAPPINGS = Path(__file__).parents[2] / "mappings"
TRACK = "trellis_track"
LISTS = {"Warm": "12", "Hot": "13", "Paused by Trellis": "7"}
BY_PROPERTY = {"hubspot": {"property": TRACK}}
BY_LIST = {"hubspot": {"list": "Warm"}}
BY_CALL = {"hubspot": {"workflow": 60001}}
PROPERTY_KEY = ("tips", f"hubspot:property:{TRACK}")


@pytest.fixture
def files(tmp_path: Path):
    """Makes rulebooks whose only track, `tips`, has these ways; `more` stands in tracks.yaml beside it."""

    def make(*ways: Mapping[str, Any], track: Mapping[str, Any] | None = None, **more: Any) -> Rulebook:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name in ("fields.yaml", "model.yaml", "stages.yaml"):
            (folder / name).write_text((MAPPINGS / name).read_text())
        for other in MAPPINGS.glob("model*.yaml"):
            (folder / other.name).write_text(other.read_text())
        tips = {"aim": "win", "when": {"stage": "nurture"}, "lasts": "14d", "enroll": list(ways), **(track or {})}
        with (folder / "tracks.yaml").open("w") as file:
            YAML().dump({"version": 1, "tracks": {"tips": tips}, **more}, file)
        return read_rulebook(folder)

    return make


def flow(*triggers: Trigger, name: str = "Tips", **more: Any) -> Flow:
    """A switched-on workflow that lets in again and takes out, unless told otherwise."""
    told: dict[str, Any] = {"id": name, "enabled": True, "again": triggers, "leaves": True, **more}
    return Flow(name=name, triggers=triggers, **told)


def of_value(value: str = "tips", **more: Any) -> Trigger:
    return Trigger("property", TRACK, Meets.AMONG, (value,), **more)


WARM = Trigger("list", "12")
TIPS = flow(of_value())


def lines(rulebook: Rulebook, flows: Sequence[Flow]) -> list[str]:
    return [str(one) for one in listening(rulebook, flows, LISTS)]


# ---------------------------------------------------------------- who listens


@pytest.mark.parametrize(
    ("way", "heard"),
    [(BY_PROPERTY, flow(of_value())), (BY_LIST, flow(WARM)), (BY_CALL, flow(name="any", id="5", old_id="60001"))],
)
def test_a_way_that_is_heard_is_not_deaf(files, way, heard):
    rulebook = files({**way, "listener": "verified", "exit": "verified"})
    assert hearing_of(rulebook, [heard], LISTS).deaf == frozenset()
    assert hearing_of(rulebook, [heard], LISTS).runs_on == frozenset()
    ((track, _),) = hearing_of(rulebook, [flow(of_value("other"), name="other")], LISTS).deaf
    assert track == "tips"


@pytest.mark.parametrize(
    ("flows", "deaf"),
    [
        ([], True),
        ([TIPS], False),
        ([flow(of_value(), enabled=False)], True),
        ([flow(of_value(), enabled=None)], True),  # whether it is on is not told
        ([flow(of_value("other"))], True),
        ([flow(Trigger("property", TRACK, Meets.ANY))], False),
        ([flow(Trigger("property", TRACK, Meets.UNCLEAR))], True),  # in doubt nobody enters
        ([flow(opaque=True)], True),
        ([flow(of_value(), enabled=False), flow(of_value(), name="B")], False),
        ([flow(of_value(alone=False))], False),
    ],
)
def test_what_is_verified_is_deaf_unless_a_workflow_was_seen_to_hear(files, flows, deaf):
    verified, confirmed = (
        files({**BY_PROPERTY, "listener": "verified"}),
        files({**BY_PROPERTY, "listener": "confirmed"}),
    )
    assert hearing_of(verified, flows, LISTS).deaf == ({PROPERTY_KEY} if deaf else frozenset())
    assert hearing_of(confirmed, flows, LISTS).deaf == frozenset()


def test_where_nobody_could_look_nothing_is_verified(files):
    rulebook = files({**BY_PROPERTY, "listener": "verified", "exit": "verified"})
    hearing = hearing_of(rulebook, None, {})
    assert (hearing.deaf, hearing.runs_on) == ({PROPERTY_KEY}, {PROPERTY_KEY})


def test_a_list_that_is_not_made_yet_is_heard_by_nobody(files):
    rulebook = files({**BY_LIST, "listener": "verified"})
    assert hearing_of(rulebook, [flow(Trigger("list", ""))], {}).deaf == {("tips", "hubspot:list:Warm")}


@pytest.mark.parametrize(
    ("flows", "runs_on"),
    [
        ([TIPS], False),
        ([flow(of_value(), leaves=False)], True),
        ([flow(of_value(), leaves=None)], True),
        ([flow(of_value(everywhere=False))], True),  # she may be in it for another reason
        ([TIPS, flow(of_value(), name="B", leaves=False)], True),
        ([TIPS, flow(of_value(), name="B", leaves=False, enabled=False)], False),
        ([flow(of_value(), leaves=False, enabled=False)], True),  # somebody may switch it on again
        ([flow(of_value(), enabled=False)], False),
    ],
)
def test_an_exit_that_is_verified_runs_on_unless_it_was_seen_to_end(files, flows, runs_on):
    verified = files({**BY_PROPERTY, "listener": "confirmed", "exit": "verified"})
    confirmed = files({**BY_PROPERTY, "listener": "confirmed", "exit": "confirmed"})
    assert hearing_of(verified, flows, LISTS).runs_on == ({PROPERTY_KEY} if runs_on else frozenset())
    assert hearing_of(confirmed, flows, LISTS).runs_on == frozenset()


def test_an_exit_of_mailchimp_cannot_be_verified(files):
    tag = {"mailchimp": {"audience": "main", "tag": "tips"}, "listener": "confirmed", "exit": "verified"}
    assert hearing_of(files(tag), [TIPS], LISTS).runs_on == {("tips", "mailchimp:main:tag:tips")}
    (only,) = platform_free(files(tag))
    assert only.level == "error"
    assert only.what == "track tips: `exit: verified` cannot be verified here"


# ---------------------------------------------------------------- what check says

HEARD = f'advice: track tips: {TRACK} = tips is heard by "Tips"'
BOTH = "(lets people in again, takes out who leaves)"
LOOK = "Write `listener: verified`, and Trellis looks every hour."


@pytest.mark.parametrize(
    ("way", "flows", "said"),
    [
        ({"listener": "confirmed", "exit": "confirmed"}, [TIPS], [f"{HEARD} {BOTH}. {LOOK}"]),
        (
            {"listener": "verified", "exit": "verified"},
            [TIPS],
            [f"{HEARD} {BOTH}. Trellis looks again every hour."],
        ),
        (
            {"listener": "confirmed", "exit": "confirmed"},
            [flow(of_value(alone=False), again=None, has_goal=True)],
            [
                (
                    f"{HEARD} (not to be told if it lets people in again, takes out who leaves, asks for more than that,"
                    f" has a goal). {LOOK}"
                )
            ],
        ),
        (
            {"listener": "confirmed", "exit": "confirmed"},
            [flow(of_value(), enabled=False)],
            [f'warning: track tips: what listens to {TRACK} = tips is switched off, "Tips". Switch it on.'],
        ),
        (
            {"listener": "verified"},
            [],
            [f"warning: track tips: no workflow listens to {TRACK} = tips. Build it; nobody enters before."],
        ),
        (
            {"listener": "confirmed"},
            [],
            [f"warning: track tips: no workflow listens to {TRACK} = tips. Build it, or set `listener: none`."],
        ),
        (
            {"listener": "verified"},
            [flow(opaque=True)],
            [
                (
                    f'error: track tips: whether {TRACK} = tips is heard by "Tips" cannot be told.'
                    " Look yourself, and write `listener: confirmed`."
                )
            ],
        ),
        (
            {"listener": "confirmed"},
            [flow(opaque=True)],
            [
                (
                    f'advice: track tips: whether {TRACK} = tips is heard by "Tips" cannot be told.'
                    " What the file confirms is trusted."
                )
            ],
        ),
        (
            {"listener": "confirmed", "exit": "confirmed"},
            [TIPS, flow(of_value(), name="Copy")],
            [
                f'{HEARD}, "Copy" {BOTH}. {LOOK}',
                (
                    f'warning: track tips: {TRACK} = tips is heard by 2 workflows, and each mails: "Tips", "Copy".'
                    " Let one of them listen."
                ),
            ],
        ),
        (
            {"listener": "confirmed", "exit": "confirmed"},
            [flow(of_value(), leaves=False)],
            [
                f"{HEARD} (lets people in again, takes nobody out). {LOOK}",
                (
                    f'warning: track tips is entry only: who leaves {TRACK} = tips is not taken out by "Tips".'
                    " Let the workflow unenroll who stops matching, or take out `exit`."
                ),
            ],
        ),
        (
            {"listener": "confirmed", "exit": "verified"},
            [flow(of_value(), leaves=None)],
            [
                f"{HEARD} (lets people in again, not to be told if it takes out who leaves). {LOOK}",
                (
                    "error: track tips: `exit: verified` cannot be verified here."
                    " Look yourself, and write `exit: confirmed`."
                ),
            ],
        ),
        (
            {"listener": "confirmed"},
            [TIPS],
            [
                f"{HEARD} {BOTH}. {LOOK}",
                f'advice: track tips: who leaves {TRACK} = tips is taken out by "Tips". Write `exit: verified`.',
            ],
        ),
    ],
)
def test_one_line_for_each_way_and_one_for_each_doubt(files, way, flows, said):
    assert lines(files({**BY_PROPERTY, **way}), flows) == said


def test_a_second_episode_that_would_not_be_mailed_is_told_where_there_may_be_one(files):
    way, once = {**BY_PROPERTY, "listener": "confirmed", "exit": "confirmed"}, flow(of_value(), again=())
    assert len(lines(files(way), [once])) == 1
    assert lines(files(way, track={"reenter_after": "90d"}), [once])[1] == (
        'warning: track tips: a second episode would not be mailed, nobody is let in twice by "Tips".'
        " Switch on re-enrollment, or take out `reenter_after`."
    )
    unclear = flow(of_value(), again=None)
    assert len(lines(files(way, track={"reenter_after": "90d"}), [unclear])) == 1


def test_a_segment_that_somebody_hears_is_an_error(files):
    """Whoever is put there would be mailed, and nobody counted it."""
    hot = {"when": {"stage": "hot"}, "hubspot": {"list": "Hot"}}
    rulebook = files({**BY_LIST, "listener": "none"}, segments={"hot": hot})
    assert lines(rulebook, [flow(Trigger("list", "14"))]) == []
    track, segment = lines(rulebook, [flow(WARM, Trigger("list", "13"))])
    assert track.startswith('error: track tips is a segment, and list "Warm" is heard by "Tips".')
    assert segment.startswith('error: segment hot is a segment, and list "Hot" is heard by "Tips".')
    off = flow(WARM, enabled=False)
    assert lines(rulebook, [off, flow(opaque=True)]) == []
    doubtful = files({**BY_PROPERTY, "listener": "none"})
    (only,) = lines(doubtful, [flow(Trigger("property", TRACK, Meets.UNCLEAR))])
    assert only.startswith(f'warning: track tips is a segment, and {TRACK} = tips may be heard by "Tips".')


def test_a_workflow_by_its_number_is_there_on_or_wrong(files):
    rulebook = files({**BY_CALL, "listener": "confirmed"})
    assert lines(rulebook, []) == [
        "error: track tips: HubSpot has no workflow 60001. Correct the number in tracks.yaml."
    ]
    assert lines(rulebook, [flow(name="By hand", id="60001")]) == [
        f'advice: track tips: workflow 60001 is heard by "By hand". {LOOK}'
    ]
    assert lines(rulebook, [flow(id="9", old_id="60001", enabled=False)]) == [
        'warning: track tips: what listens to workflow 60001 is switched off, "Tips". Switch it on.'
    ]
    (only,) = platform_free(rulebook)
    assert "ends in September 2027" in only.what


def test_a_workflow_that_hears_any_value_hears_every_track(files):
    rulebook = files({**BY_PROPERTY, "listener": "confirmed"})
    greedy = flow(Trigger("property", TRACK, Meets.ANY), name="Greedy")
    (only,) = workflow_findings(rulebook, [TIPS, greedy], LISTS)
    assert str(only) == (
        f'warning: any value of {TRACK} is heard by "Greedy": every track fires it.'
        " Let it listen to the value of one track."
    )


def test_who_is_paused_is_kept_out_where_the_admin_said_so(files):
    rulebook = files({**BY_PROPERTY, "listener": "confirmed"}, dosing={"paused_list": "Paused by Trellis"})
    without, kept = workflow_findings(rulebook, [TIPS, flow(of_value(), name="B", keeps_out=("7",))], LISTS)
    assert str(without) == (
        'warning: those on list "Paused by Trellis" are mailed all the same by "Tips".'
        " Add it to the suppression lists of each."
    )
    assert str(kept) == 'advice: those on list "Paused by Trellis" are kept out by "B". Nothing is to be done.'
    assert list(workflow_findings(rulebook, [TIPS], {})) == []  # not made yet


def test_what_is_written_about_everybody_and_heard_is_told(files):
    score = Trigger("property", "trellis_score", Meets.ABOVE, ("70",))
    rulebook = files({**BY_PROPERTY, "listener": "confirmed"})
    (only,) = workflow_findings(
        rulebook, [flow(score, name="Call them"), flow(score, name="Old", enabled=False)], LISTS
    )
    assert str(only) == (
        'advice: trellis_score, which Trellis writes, is heard by "Call them".'
        " Such writes count in the guard like enrollments; beyond it they wait for a person."
    )


def test_where_workflows_may_not_be_read_what_is_verified_is_an_error(files):
    confirmed = files({**BY_PROPERTY, "listener": "confirmed", "exit": "confirmed"})
    assert [one.level for one in unread_workflows(confirmed)] == ["advice"]
    verified = files({**BY_PROPERTY, "listener": "verified", "exit": "verified"})
    advice, *errors = map(str, unread_workflows(verified))
    assert advice.startswith("advice: workflows cannot be read with this token or plan.")
    assert errors == [
        f"error: track tips: `{key}: verified` cannot be verified here. Look yourself, and write `{key}: confirmed`."
        for key in ("listener", "exit")
    ]


# ---------------------------------------------------------------- what the guard counts

OVER_70 = Trigger("property", "trellis_score", Meets.ABOVE, ("70",))


@pytest.mark.parametrize(
    ("heard", "before", "value", "counts"),
    [
        (flow(OVER_70, again=()), "60", "75", True),
        (flow(OVER_70, again=()), "", "75", True),
        (flow(Trigger("property", "trellis_score", Meets.NOT_AMONG, ("0",)), again=()), "", "75", False),
        (flow(Trigger("property", "trellis_score", Meets.NOT_AMONG, ("0",)), again=()), None, "75", True),
        (flow(OVER_70, again=()), "75", "78", False),  # it noticed her before
        (flow(OVER_70, again=()), "75", "60", False),
        (flow(OVER_70), "75", "78", True),  # it lets in again
        (flow(OVER_70, again=None), "75", "78", True),  # or may
        (flow(OVER_70, again=(), by_events=True), "75", "78", True),  # each change is one
        (flow(Trigger("property", "trellis_score", Meets.UNCLEAR), again=()), "75", "78", True),
        (flow(Trigger("property", "trellis_stage"), again=()), "60", "75", False),
        (flow(Trigger("property", "trellis_stage"), opaque=True), "60", "75", False),
    ],
)
def test_a_write_lets_in_whom_a_workflow_has_not_noticed_before(heard, before, value, counts):
    assert lets_in(heard, "trellis_score", value, before) is counts

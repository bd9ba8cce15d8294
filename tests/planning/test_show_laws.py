"""Laws of any plan: a file holds all of it, a broken file is one line, and a terminal of 60 columns is enough."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean as mean_of
from statistics import median_low

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.change.plan.file import PlanFileError, as_data, load, save
from connector.change.plan.plan import SCORES, Because, Cost, Move, Passage, Plan, Spread, Waiting
from connector.cli.plan_people import View
from connector.cli.plan_spread import spread_lines
from connector.cli.plan_text import plan_lines
from connector.cli.visible import visible
from connector.rulebook.read import read_rulebook
from connector.steps.newly_mapped import NewlyMapped

RULEBOOK = read_rulebook(Path(__file__).parents[2] / "mappings")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
IDS = st.text(st.characters(codec="ascii", categories=["L", "N", "Pd"]), min_size=1, max_size=30)
CONTACTS = st.integers(1, 2**63 - 1)
COUNTS = st.integers(0, 9_999_999)
COUNTED = st.dictionaries(IDS, COUNTS, max_size=4)
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
SCORED = st.none() | st.integers(0, 100)
BECAUSES = st.builds(Because, IDS | st.just("score"), st.integers(-100_000, 100_000), st.just("") | IDS)
MOVES = st.builds(Move, CONTACTS, st.none() | IDS, IDS, st.booleans(), SCORED, SCORED, BECAUSES)
PASSAGES = st.lists(st.builds(Passage, CONTACTS, IDS, TEXTS), max_size=4).map(tuple)
SCORES_OF = st.dictionaries(st.integers(0, SCORES - 1), COUNTS, max_size=4).map(
    lambda some: tuple(some.get(score, 0) for score in range(SCORES))
)
SPREADS = st.builds(Spread, SCORES_OF, COUNTS, COUNTED)
MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1), max_value=datetime(9998, 12, 31))  # noqa: DTZ001
PLANS = st.builds(
    Plan,
    made_at=MOMENTS,
    day=st.dates(),
    rulebook=HASHES,
    active=st.none() | HASHES,
    position=COUNTS,
    contacts=COUNTS,
    before=SPREADS,
    after=SPREADS,
    moves=st.lists(MOVES, max_size=6).map(tuple),
    enters=PASSAGES,
    leaves=PASSAGES,
    handovers=st.lists(CONTACTS, max_size=3).map(tuple),
    creates=st.lists(TEXTS, max_size=3).map(tuple),
    newly_read=st.none() | st.builds(NewlyMapped, st.lists(IDS, min_size=1, max_size=3).map(tuple), COUNTS, COUNTS),
    cost=st.builds(Cost, COUNTED, COUNTED, st.floats(0, 1e9)),
    held=COUNTED,
    versus=st.none() | HASHES,
    uncreated=TEXTS,
    waiting=st.none() | st.builds(Waiting, COUNTS, MOMENTS, MOMENTS),
)


def shown(plan: Plan, width: int, names: str = "Maria Soler, Acme") -> list[str]:
    view = View("the files", "release 7", (RULEBOOK,), lambda people: dict.fromkeys(people, names), width)
    return list(plan_lines(plan, view))


@given(scores=st.lists(st.integers(0, 100), max_size=40), unscored=st.integers(0, 9))
def test_mean_median_and_shares_are_those_of_the_people(scores: list[int], unscored: int) -> None:
    counted = tuple(scores.count(score) for score in range(SCORES))
    before, after = Spread(counted, unscored, {}), Spread((0,) * SCORES, 1, {})
    lines = list(spread_lines(before, after, RULEBOOK, 100))
    told = next((line for line in lines if "mean" in line), "")
    if not told:
        assert before == after
        return
    mean, median = (f"{mean_of(scores):.1f}", median_low(scores)) if scores else ("–", "–")
    assert told == f"  mean {mean} → –, median {median} → –"
    drawn = [line.split() for line in lines if re.match(r"  \d|  none", line)]
    shares = {label: (int(count), int(percent)) for label, count, percent, *_ in drawn}
    assert sum(count for count, _ in shares.values()) == len(scores) + unscored
    for count, percent in shares.values():
        exact = 100 * count / (len(scores) + unscored) if count else 0
        assert abs(percent - exact) <= 1
        assert (percent in (0, 100)) <= (exact in (0, 100))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@given(plan=PLANS)
def test_a_file_holds_the_whole_plan(folder: Path, plan: Plan) -> None:
    save(plan, folder / "plan.json")
    assert load(folder / "plan.json") == plan
    assert [one.name for one in folder.iterdir()] == ["plan.json"]


@given(plan=PLANS, width=st.integers(60, 110), names=TEXTS)
def test_every_plan_can_be_shown_within_the_width_and_steers_no_terminal(plan: Plan, width: int, names: str) -> None:
    lines = shown(plan, width, names)
    assert [line for line in lines if len(line) > width] == []
    told = [visible(line) for line in lines]
    assert not {"Cc", "Cf", "Cs"} & {unicodedata.category(sign) for line in told for sign in line}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def refused(path: Path, content: bytes) -> None:
    """A file of that content is either a plan that can be shown, or one line that names the file and a cure."""
    path.write_bytes(content)
    try:
        plan = load(path)
    except PlanFileError as error:
        said = str(error)
    else:
        assert json.loads(content) == as_data(plan)
        assert shown(plan, 60)
        return
    assert said.startswith(f"{path}: ")
    assert len(said.splitlines()) == 1
    assert said.endswith("; make a new one with `trellis plan -o FILE`")


@given(content=st.binary(max_size=60) | ANY_JSON.map(lambda one: json.dumps(one).encode()))
@example(content=b"[" * 100_000)
@example(content=b'{"version": ' + b"9" * 5000 + b"}")
@example(content=b'\xef\xbb\xbf{"version": 1}')
def test_whatever_is_no_plan_is_one_line_with_its_cure(folder: Path, content: bytes) -> None:
    refused(folder / "other.json", content)


@given(plan=PLANS, data=st.data())
def test_a_plan_with_anything_changed_in_it_is_one_line_or_another_whole_plan(
    folder: Path, plan: Plan, data: st.DataObject
) -> None:
    kept = json.loads(json.dumps(as_data(plan)))
    place = kept
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(ANY_JSON | st.sampled_from([-1, 10**19, 1e999, "9" * 64, True, 1.0, "1"]))
            break
        place = place[key]
    refused(folder / "changed.json", json.dumps(kept).encode())


@given(plan=PLANS, share=st.floats(0, 1, exclude_max=True))
def test_half_a_file_is_no_plan(folder: Path, plan: Plan, share: float) -> None:
    save(plan, folder / "half.json")
    content = (folder / "half.json").read_bytes()
    (folder / "half.json").write_bytes(content[: int(len(content.rstrip()) * share)])
    with pytest.raises(PlanFileError, match="only a part of one"):
        load(folder / "half.json")

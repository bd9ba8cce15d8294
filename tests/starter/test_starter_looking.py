"""How much of a large portal is looked at: those changed last, then others, and no more pages than that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.ports import CredentialsRefused, Definition, ListInfo, Page, Record, ScopeMissing
from connector.starter.looking import MOST, MOST_CALLS, Doors, look

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Silent:
    def step(self, what: str, done: int, total: int | None = None) -> None:
        """Nobody wants to know."""


class Portal:
    """5,000 contacts, one changed each minute, the highest id last; it may not be asked for what `closed` names."""

    def __init__(self, closed: Sequence[str] = (), error: Exception | None = None) -> None:
        self.closed = closed
        self.error = error or ScopeMissing("hubspot", "not yours")
        self.asked: Counter[str] = Counter()
        self.people = [
            Record("hubspot", str(number), None, {"jobtitle": "CFO"}, NOW - timedelta(minutes=5000 - number))
            for number in range(5000)
        ]

    def __getattr__(self, name: str):
        answers = {
            "definitions": {"jobtitle": Definition("jobtitle", "Job Title", "string")},
            "company_definitions": {"name": Definition("name", "Name", "string")},
            "lists": {"VIP": ListInfo("1", "VIP", "MANUAL")},
            "flows": (),
            "forms": {"1": "Demo"},
            "portal": {"timeZone": "Europe/Madrid"},
            "count": 5000,
        }

        def ask():
            self.asked[name] += 1
            if name in self.closed:
                raise self.error
            return answers[name]

        return ask

    def changed(self, since: datetime, until: datetime) -> Iterator[Page]:
        self.asked["changed"] += 1
        there = [one for one in reversed(self.people) if since <= one.modified_at <= until]
        yield Page(tuple(there[:200]), total=len(there))
        raise AssertionError("only the first page of a window shows who was changed last")

    def all(self) -> Iterator[Page]:
        for start in range(0, 5000, 100):
            self.asked["all"] += 1
            yield Page(tuple(self.people[start : start + 100]))


def seen(portal: Portal):
    return look(Doors(lambda own, companies: portal, None, None), NOW, Silent())


def test_those_changed_last_and_some_others_by_few_calls() -> None:
    portal = Portal()
    found = seen(portal)
    ids = [int(record.id) for record in found.sample]
    assert (len(ids), len(set(ids)), found.total, found.lately) == (MOST, MOST, 5000, 5000)
    assert set(ids[:990]) == set(range(4010, 5000))
    assert min(ids) == 0  # and others from the beginning
    assert portal.asked.total() <= MOST_CALLS / 3  # pages may be under way ahead of those given


def test_what_may_not_be_looked_at_is_absent() -> None:
    found = seen(Portal(closed=("company_definitions", "lists", "flows", "forms", "portal")))
    assert (found.lists, found.workflows, found.forms, found.timezone) == (None, False, None, "")
    assert set(found.properties) == {"jobtitle"}
    assert seen(Portal()).workflows


def test_a_withdrawn_token_is_no_poor_plan() -> None:
    with pytest.raises(CredentialsRefused):
        seen(Portal(closed=("flows",), error=CredentialsRefused("hubspot", "withdrawn", status=401)))

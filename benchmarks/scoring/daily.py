"""A year of fading, day by day: how many contacts are woken, and how many scores are written, in a portal of 100,000.

`python benchmarks/scoring/daily.py [--people N]`. The people are made up, always the same, and judged with the shipped
rulebook. N of them (2,000) live through a year; the figures are scaled to 100,000. Nobody is judged but on a day that
brings something new of her, and on the day that `outlook.due` gave her last. For one in forty every day is judged as
well, to see that the very same writes are made.

- 20 % are active: a visit every 18 days on average, of one to four pages; a mail a week, of which they open a third and
  click in a tenth; a form every 120 days, a third of them for a demo. Their first year is over when the count begins.
- 40 % were so once, and did nothing for between 30 days and two years. The other 40 % never did anything.
- Half of all have a job title, most a company; a tenth are customers; for a fifth of the values the day is known on
  which they last changed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.scoring.decay import day_of
from connector.scoring.outlook.due import Told, due
from connector.scoring.placing import place
from connector.scoring.score import judge
from connector.scoring.verdict import Place, Step, Verdict
from connector.steps.difference import Held, Texts, for_hubspot

PORTAL = 100_000
START = date(2026, 1, 1)
DAYS = 365
COMPARED = 40  # one in so many is judged every day as well

TITLES = (
    "CFO",
    "Controller",
    "Head of Operations",
    "Directora financiera",
    "Developer",
    "Estudiante",
    "COO",
    "Consultant",
)
COUNTRIES = ("ES", "ES", "ES", "PT", "FR", "DE", "MX")
PAGES = ("/", "/blog/cierre-contable", "/blog/stock", "/pricing", "/docs/api", "/compare/erp", "/blog/cash-forecast")
FORMS = ("Newsletter", "Guide: month-end closing", "Request a demo")
MAILS = ("[WARM] 1", "[WARM] 2", "[FIN] 1", "Newsletter 12")
TEXTS = Texts("why", "next", "brief")


def main() -> int:
    """Live through the year and print what it took."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=2_000, help="how many are made up (2000); figures are scaled")
    people = arguments.parse_args().people
    rulebook = read_rulebook(Path(__file__).resolve().parents[2] / "mappings")
    total: Counter[str] = Counter()
    took: Counter[str] = Counter()
    differing = 0
    for number in range(people):
        contact = person(number)
        life = Life(rulebook, contact, took)
        total += life.of_due_days()
        if number % COMPARED == 0:
            every_day = Life(rulebook, contact, Counter()).of_all_days()
            differing += life.written != every_day
    report(people, total, took, differing)
    return 1 if differing else 0


def report(people: int, total: Counter[str], took: Counter[str], differing: int) -> None:
    """Print all figures, per day of a portal of 100,000."""
    daily = PORTAL / people / DAYS
    judged = total["news"] + total["wakes"]
    judging, looking = took["judging"] / judged, took["looking"] / judged
    print(f"{people} people for {DAYS} days, scaled to {PORTAL:,}; differing from judging everybody daily: {differing}")
    for what, told in (
        ("news", "judged a day, as something new came"),
        ("wakes", "woken a day by their due day"),
        ("wakes of active", "  of these active"),
        ("in vain", "  of these with nothing to show"),
    ):
        print(f"{total[what] * daily:12,.0f} {told}")
    of_active = total["wakes of active"] / max(1, total["active"])
    print(f"{total['wakes'] / people:12.1f} wakes a contact and year; {of_active:.1f} of an active one")
    print(f"{total['asleep'] / people:12.1%} are never due by themselves when the year ends")
    print(
        f"{total['writes by news'] * daily:12,.0f} writes a day by news, {total['writes by fading'] * daily:,.0f} by fading"
    )
    print(f"{judging * 1e6:12,.0f} µs to judge and place one, {looking * 1e6:,.0f} µs for her due day")
    seconds = total["wakes"] * daily * (judging + looking)
    print(f"{seconds:12,.1f} s of the daily pass, besides loading; everybody daily: {PORTAL * judging:,.1f} s")


class Life:
    """One contact's year."""

    def __init__(self, rulebook: Rulebook, contact: Contact, took: Counter[str]) -> None:
        self.rulebook = rulebook
        self.contact = contact
        self.took = took
        self.place: Place | None = None
        self.held: dict[str, str] = {}
        self.since: date | None = None
        self.written: list[tuple[date, dict[str, str]]] = []
        zone = ZoneInfo(rulebook.fields.timezone)
        self.days = [day_of(event.happened_at, zone) for event in contact.events]

    def of_due_days(self) -> Counter[str]:
        """Judge on days with news and on due days; count."""
        seen: Counter[str] = Counter()
        news = sorted({day for day in self.days if START < day < START + timedelta(days=DAYS)})
        active = bool(news)
        verdict, placed = self.judged(START)
        self.write(verdict, placed)
        waking = self.looked(verdict, placed)
        for day in each_day(START + timedelta(days=1)):
            if day not in news and day != waking:
                continue
            why = "news" if day in news else "wakes"
            place, phase = self.place, verdict.phase
            verdict, placed = self.judged(day)
            wrote = self.write(verdict, placed)
            seen[why] += 1
            seen["wakes of active"] += why == "wakes" and active
            seen["in vain"] += why == "wakes" and not wrote and place == self.place and phase == verdict.phase
            seen["writes by news" if why == "news" else "writes by fading"] += wrote
            waking = self.looked(verdict, placed)
        seen["asleep"] = waking is None
        seen["active"] = active
        return seen

    def of_all_days(self) -> list[tuple[date, dict[str, str]]]:
        """Judge on every day; everything that was written."""
        for day in (START, *each_day(START + timedelta(days=1))):
            self.write(*self.judged(day))
        return self.written

    def judged(self, day: date) -> tuple[Verdict, Step]:
        began = time.process_time()
        contact = self.as_of(day)
        verdict = judge(contact, self.rulebook, day)
        placed = place(self.place, verdict, contact, self.rulebook, day)
        self.place = placed.after
        self.took["judging"] += time.process_time() - began
        return verdict, placed

    def looked(self, verdict: Verdict, placed: Step) -> date | None:
        began = time.process_time()
        day = due(self.as_of(verdict.day), verdict, placed, self.rulebook, verdict.day, told=self.told())
        self.took["looking"] += time.process_time() - began
        return day

    def write(self, verdict: Verdict, placed: Step) -> bool:
        writes = for_hubspot(verdict, placed, lambda: TEXTS, Held(self.held, self.since), self.rulebook, None)
        self.held |= writes
        if writes:
            self.since = verdict.day
            self.written.append((verdict.day, dict(writes)))
        return bool(writes)

    def told(self) -> Told:
        write = self.rulebook.fields.write
        each = {model: (self.shown(target.hubspot),) for model, target in write.scores.items()}
        return Told((self.shown(write.score.hubspot),), self.since, each)

    def shown(self, name: str) -> int | None:
        text = self.held.get(name)
        return int(text) if text else None

    def as_of(self, day: date) -> Contact:
        known = tuple(event for event, happened in zip(self.contact.events, self.days, strict=True) if happened <= day)
        return replace(self.contact, events=known)


def each_day(first: date) -> Iterator[date]:
    """The days of the year from `first` on."""
    return (first + timedelta(days=ahead) for ahead in range((START + timedelta(days=DAYS) - first).days))


def person(number: int) -> Contact:
    """The n-th person; always the same."""
    chance = random.Random(number)
    fields: dict[str, str | int] = {
        "email": f"p{number}@acme{number % 900}.example",
        "email_domain": f"acme{number % 900}.example",
    }
    for name, share, choice in (
        ("job_title", 0.5, TITLES),
        ("company", 0.7, ("Acme", "Bolt", "Cala")),
        ("phone", 0.3, ("600",)),
        ("employees", 0.4, (12, 80, 240, 900, 4000)),
        ("country", 0.6, COUNTRIES),
    ):
        if chance.random() < share:
            fields[name] = chance.choice(choice)
    fields["lifecycle"] = "customer" if chance.random() < 0.1 else "lead"
    changed = {name: START - timedelta(days=chance.randrange(400)) for name in fields if chance.random() < 0.2}
    kind = chance.random()
    until = START + timedelta(days=DAYS) if kind < 0.2 else START - timedelta(days=chance.randrange(30, 730))
    events = tuple(sorted(acts(chance, until), key=lambda one: one.happened_at)) if kind < 0.6 else ()
    return Contact(number, fields=fields, changed=changed, events=events)


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that is done every so many days on average."""

    kind: str
    every: float
    assets: tuple[str, ...]
    most: int = 1


HABITS = (
    Habit("page_view", 18, PAGES, 4),
    Habit("email_open", 21, MAILS),
    Habit("email_click", 70, MAILS),
    Habit("form_submit", 120, FORMS),
)


def acts(chance: random.Random, until: date) -> Iterator[Event]:
    """What somebody does in the two years before `until`."""
    for habit in HABITS:
        at = datetime(until.year, until.month, until.day, tzinfo=UTC) - timedelta(
            days=730 - chance.expovariate(1 / habit.every)
        )
        count = 0
        while at.date() < until:
            for _ in range(chance.randint(1, habit.most)):
                count += 1
                moment = at + timedelta(minutes=count)
                yield Event(habit.kind, moment, moment, f"{habit.kind}:{count}", chance.choice(habit.assets), "hubspot")
            at += timedelta(days=chance.expovariate(1 / habit.every))


if __name__ == "__main__":
    raise SystemExit(main())

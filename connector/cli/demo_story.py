"""What the demo tells: a baseline, four weeks of five people, and what the marketer sees at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.console import Console

from connector.cli.demo_calls import calls_of_first_pass, reset_calls, servers
from connector.cli.demo_days import Day, days, one_pass
from connector.cli.demo_tables import mail_table, record, stage_table, stages
from connector.cli.demo_watch import Seen, look, what_became

if TYPE_CHECKING:
    from adapters.sandbox.effects import Effect
    from connector.cli.demo_world import Demo

_WIDTH = 100
#: Whose records are shown at the end.
_SHOWN = ("maria", "noor")


def tell(world: Demo) -> None:
    """Run the story and print it. Raises what the steps raise."""
    from adapters.sandbox.people_story import FIVE

    console = Console(highlight=False, soft_wrap=True)
    _baseline(console, world)
    before, story = stages(world), _Story(console, world, FIVE)
    for day in days(world):
        story.tell(day)
    _title(console, "Four weeks later")
    console.print(stage_table(world, before, stages(world)))
    _title(console, "Mails that the five got, of workflows, flows and campaigns together")
    console.print(mail_table(world, FIVE))
    _title(console, "What the marketer now sees in HubSpot")
    for line in chain.from_iterable(record(world, key) for key in _SHOWN):
        _say(console, line)
    _quiet(console, world)


class _Story:
    """The four weeks: each day is compared with the one before, for each of the five."""

    def __init__(self, console: Console, world: Demo, five: Sequence[str]) -> None:
        self._console = console
        self._world = world
        self._five = {world.population.person(key).email: key for key in five}
        self._seen = {key: look(world, email) for email, key in self._five.items()}
        self._stands: dict[str, str] = {}
        self._told = len(world.sandbox.effects)
        self._mails: defaultdict[str, list[str]] = defaultdict(list)
        self._others: Counter[str] = Counter()
        self._deliveries = 0

    def tell(self, day: Day) -> None:
        """Print what happened on one day, and why."""
        if day.date.weekday() == 0:
            _title(self._console, f"Week {day.week}")
            self._stands.clear()
        fresh = self._world.sandbox.effects.of(since=self._told)
        self._told += len(fresh)
        for email, key in self._five.items():
            self._person(day, key, look(self._world, email), [one for one in fresh if one.email == email])
        of_five = ((self._five[one.email], one) for one in fresh if one.kind == "sent" and one.email in self._five)
        for key, one in of_five:
            self._mails[key].append(f"{' '.join((one.mail or '').split()[:2])} {day.date:%a}")
        self._others.update(one.flow_name for one in fresh if one.kind == "entered" and one.email not in self._five)
        self._deliveries += day.deliveries
        if day.date.weekday() == 6:
            self._end_of_week()

    def _person(self, day: Day, key: str, now: Seen, effects: Sequence[Effect]) -> None:
        before, self._seen[key] = self._seen[key], now
        happened = "; ".join(deed.told for deed in day.deeds if deed.who == key)
        did = [*what_became(self._world, before, now, effects)]
        if happened and len(now.flips) == len(before.flips):
            did.insert(0, f"{now.stage} ({now.score})")
        if now.stands != before.stands or (happened and now.stands != self._stands.get(key)):
            self._stands[key] = now.stands
            entered = any(one.kind == "entered" for one in effects)  # which is told already, with its reason
            did += [now.stands] if now.stands and not entered else []
        if did:
            self._say(day, f"{key:<6}", " → ".join(filter(None, (happened, " · ".join(did)))))

    def _end_of_week(self) -> None:
        mails = "; ".join(f"{key} {', '.join(some)}" for key, some in self._mails.items())
        others = ", ".join(f"“{name}” {count}" for name, count in sorted(self._others.items()))
        for told in (
            f"Mails: {mails or 'none'}.",
            f"Webhook deliveries: {self._deliveries}. Everybody else entered: {others or 'nothing'}.",
        ):
            for line in wrap(told, _WIDTH, subsequent_indent="  "):
                _say(self._console, line)
        self._mails.clear()
        self._others.clear()
        self._deliveries = 0

    def _say(self, day: Day, head: str, text: str) -> None:
        begin = f"{day.date:%a %d} {head} "
        for line in wrap(text, _WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin)):
            _say(self._console, line)


def _baseline(console: Console, world: Demo) -> None:
    from adapters.sandbox.people import exclude
    from connector.steps.provision import provision

    people = len(world.population.people)
    _say(
        console,
        f"{people} people on pretend HubSpot and Mailchimp; their clock says {world.begins:%A %d %B %Y, %H:%M}.",
    )
    language = world.parts.rulebook.fields.language
    _say(console, f"Reasons are told in the team's language (`language: {language}` in mappings/fields.yaml).")
    hook = f"{world.settings.public_url}/webhooks/mailchimp/{world.settings.mailchimp_webhook_token}"
    made = provision(world.parts, dry_run=False, webhook_url=hook)
    for error in made.errors:
        raise error
    _say(
        console, f"provision: {len(made.lines)} things made (property group, properties, lists, merge fields, webhook)."
    )
    exclude(world.sandbox, world.population)
    _title(console, "The first pass is a baseline")
    reset_calls(world)
    summary = one_pass(world)
    _say(console, f"{summary.tally['contacts']} contacts judged, {summary.tally['written']} records written.")
    entered = sum(effect.kind == "entered" for effect in world.sandbox.effects)
    _say(console, f"Nobody was enrolled: {entered} entries in the platforms' workflows and flows.")
    _say(console, calls_of_first_pass(world))


def _quiet(console: Console, world: Demo) -> None:
    _title(console, "And when nothing changed")
    for minutes in (6, 5):  # to the present; then our own echoes are read, as HubSpot's search index lags
        world.turn_to(world.ends - timedelta(minutes=minutes))
        one_pass(world)
    world.turn_to(world.ends - timedelta(minutes=2))
    reset_calls(world)
    summary = one_pass(world)
    calls = ", ".join(f"{name} {server.calls.total}" for name, server in servers(world).items())
    _say(console, f"sync: {summary.tally['written']} writes; calls: {calls}.\n")


def _title(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False)

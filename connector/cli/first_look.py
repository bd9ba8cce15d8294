"""What `trellis init` does once its options are known: look, ask, write, and say what comes next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from connector.assembly import doors, settings
from connector.cli.interview import interview
from connector.cli.session import drawn_progress
from connector.cli.visible import visible
from connector.settings import VARIABLES, Settings
from connector.starter.answers import NONE, Answers, Given, answered
from connector.starter.answers_file import read_answers
from connector.starter.environment_text import environment_text
from connector.starter.files import Starter, starter
from connector.starter.languages import LANGUAGES
from connector.starter.lifecycle import stages_of
from connector.starter.looking import MOST, MOST_CALLS, look
from connector.starter.seen import Seen
from connector.starter.shelf import ENVIRONMENT, put, refuse_what_is_there
from connector.starter.standard import standard


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line; None: not given."""

    folder: Path | None
    hubspot: bool | None
    mailchimp: bool | None
    language: str | None
    timezone: str | None
    fields: tuple[str, ...]
    capacity: int | None
    answers: Path | None


def begin(options: Options) -> Sequence[str]:
    """Write the files; what to say of them. Raises AlreadyThereError, AnswerError, RulebookError, PlatformError, OSError,
    and click.Abort where a person stops: then nothing was written.
    """
    environment = settings()
    into = options.folder or environment.mappings_dir
    refuse_what_is_there(into)
    said = _said(options)
    seen = _seen(_switched(environment, hubspot=options.hubspot, mailchimp=options.mailchimp))
    if sys.stdin.isatty():
        said = interview(seen, said)
    answers = answered(seen, said)
    made = starter(seen, answers, datetime.now(UTC))
    put({**made.texts, ENVIRONMENT: environment_text(VARIABLES, str(into))}, into)
    return [*_mapped(seen, answers), *_standing(made), *map(visible, made.notes), *_next(into, environment)]


def _said(options: Options) -> Given:
    """What the options say, over what the file of answers does."""
    given = read_answers(options.answers) if options.answers is not None else Given()
    for field in options.fields:
        if "=" not in field:
            raise click.UsageError(f'--field takes NAME=PROPERTY, such as job_title=cargo, and not "{field}"')
    named = dict(field.partition("=")[::2] for field in options.fields)
    return replace(
        given,
        language=next((one for one in LANGUAGES if one == options.language), given.language),
        timezone=options.timezone or given.timezone,
        fields={**given.fields, **{name: said or NONE for name, said in named.items()}},
        capacity=given.capacity if options.capacity is None else options.capacity,
    )


def _switched(environment: Settings, *, hubspot: bool | None, mailchimp: bool | None) -> Settings:
    """The environment, without the platforms that somebody wants to do without."""
    if hubspot and not environment.hubspot_on:
        raise click.UsageError("--hubspot needs HUBSPOT_ACCESS_TOKEN")
    if mailchimp and not environment.mailchimp_on:
        raise click.UsageError("--mailchimp needs MAILCHIMP_API_KEY")
    if hubspot is False:
        environment = replace(environment, hubspot_access_token="")
    if mailchimp is False:
        environment = replace(environment, mailchimp_api_key="", mailchimp_access_token="")
    return environment


def _seen(environment: Settings) -> Seen:
    """What the platforms show; without any, what every HubSpot portal has."""
    on = [
        name for name, is_on in (("HubSpot", environment.hubspot_on), ("Mailchimp", environment.mailchimp_on)) if is_on
    ]
    if not on:
        click.echo("No platform has credentials, so the files are written for what every HubSpot portal has.", err=True)
        return standard()
    click.echo(
        f"Looking at {' and '.join(on)}: what is defined there, and up to {MOST:,} people. "
        f"At most {MOST_CALLS} calls; nothing is changed there.",
        err=True,
    )
    with doors(environment) as ways, drawn_progress() as progress:
        return look(ways, datetime.now(UTC), progress)


def _mapped(seen: Seen, answers: Answers) -> Iterator[str]:
    for name, place in answers.fields.items():
        where = [one for one in (place.hubspot, place.second, place.mailchimp) if one]
        yield f"{name} ← {', '.join(where)}"
    called = {one.value: f"{one.value} ({visible(one.label)})" for one in stages_of(seen)}
    customers = ", ".join(called.get(one, one) for one in answers.customers)
    qualified = called.get(answers.qualified, answers.qualified) if answers.qualified else "no lifecycle stage"
    yield f"customers ← {customers or 'nobody'}; qualified → {qualified}"
    yield f"who buys: {', '.join(buyer.label for buyer in answers.buyers) or 'nobody in particular'}"


def _standing(made: Starter) -> Iterator[str]:
    """Where the people who were looked at would stand, from the top of the ladder down."""
    if not made.looked:
        return
    ladder = [stage.id for stage in reversed(made.rulebook.stages.stages)]
    beside = sorted(set(made.standing) - set(ladder))
    told = (f"{made.standing.get(stage, 0):,} {stage}" for stage in (*ladder, *beside))
    yield f"Of {made.looked:,} people: {', '.join(told)}."


def _next(into: Path, environment: Settings) -> Iterator[str]:
    yield f"Written to {into}. Read it: every line says what it is for. Nothing is decided yet, and nobody is mailed. Next:"
    if into != environment.mappings_dir:
        yield f"  export MAPPINGS_DIR={shlex.quote(str(into))}       # and the same line into .env, without export"
    if not environment.hubspot_on and not environment.mailchimp_on:
        yield f"  cp {shlex.quote(str(into / ENVIRONMENT))} .env    # and fill in a key; then: set -a; . ./.env; set +a"
    yield "  trellis provision              # our properties, lists and merge fields; --dry-run says which"
    yield "  trellis check                  # what is wrong or missing, each with its cure"
    yield "  trellis test                   # the golden people of cases/"
    yield "  trellis sync                   # the baseline: scores and stages, and nothing else"
    yield "  trellis explain ADDRESS        # why somebody has the score that she has"
    yield "From then on, `trellis plan` says whom a change of the files would move, by name: docs/going-live.md, step 7."

"""A round: take in → judge → deliver. A pass after a ring is one, and so is each pause of a long reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from adapters.ports import Deadline, PlatformError
from connector.steps.deliver import deliver
from connector.steps.how_far import note_how_far
from connector.steps.judge import judge_again, judge_all
from connector.steps.met import Met
from connector.steps.parts import HUBSPOT
from connector.steps.reading.submissions import read_rung
from connector.steps.reading.unread import Unread
from connector.steps.taking_in import take_in_deliveries
from connector.steps.tally import Tally
from connector.steps.undoing.go_on import go_on
from connector.steps.watch import Watch
from connector.store import inbox, ledger, outbox

#: For so long, a round goes on taking in.
_MOST_S = 120


@dataclass(slots=True)
class Summary:
    """What one pass did; `errors` are platforms that failed, the others went on, and `unread` what else could not be read.

    `ready`: after a baseline, who stands on a stage for sales already though nobody may have noticed, the best first.
    `met`: whom its rounds have judged; each is counted once.
    """

    baseline: bool
    ready: tuple[int, ...] = ()
    unread: Sequence[Unread] = ()
    tally: Tally = field(default_factory=Counter)
    errors: list[PlatformError] = field(default_factory=list)
    met: Met = field(default_factory=Met, repr=False)

    def failed(self, platform: str) -> bool:
        """Whether this platform failed, or is left alone."""
        return any(error.platform == platform for error in self.errors)


def take_in_and_deliver(watch: Watch, summary: Summary, stop: Callable[[], bool]) -> None:
    """What waits, as much at a time as `take_in_deliveries` takes; what it changed is delivered before more is taken in.

    A storm may last for hours, and polls wait meanwhile: what is left after some minutes is the next ring's.
    """
    deadline = Deadline.after(_MOST_S, watch.parts.monotonic)
    more = True
    while more:
        taken = take_in_waiting(watch, summary, stop)
        judge_and_deliver(watch, summary, stop)
        with watch.parts.engine.connect() as conn:
            more = taken and deadline.remaining() > 0 and not stop() and inbox.claimable(conn)


def take_in_waiting(watch: Watch, summary: Summary, stop: Callable[[], bool]) -> bool:
    """Deliveries that wait, and the submissions of forms that they ring for; what is of a platform that fails, or has failed
    in this pass, goes on waiting. True if any delivery came to its end.
    """
    parts, before = watch.parts, len(summary.errors)
    taken = take_in_deliveries(parts, summary.errors, stop)
    summary.tally += taken
    watch.failed(summary.errors[before:])
    if parts.hubspot is not None and not summary.baseline and not summary.failed(HUBSPOT):
        rung = partial(read_rung, parts, parts.hubspot)
        watch.attempt(summary.errors, lambda: summary.tally.update(events=rung()))
    return bool(taken)


def judge_and_deliver(watch: Watch, summary: Summary, stop: Callable[[], bool]) -> None:
    """Judge whoever is due, and deliver what is.

    A platform of which only something failed is delivered to all the same, but for the baseline: that is of whole readings.
    """
    _go_on_rolling_back(watch, summary, stop)
    judge(watch, summary, stop)
    parts = watch.parts
    errors = [error for error in summary.errors if summary.baseline or watch.is_away(error.platform)]
    before = len(errors)
    summary.tally += deliver(parts, errors, stop, partial(_judge_entering, watch, summary))
    summary.errors += errors[before:]
    watch.failed(errors[before:])
    with parts.engine.connect() as conn:
        summary.tally["contacts"] = ledger.count_contacts(conn)
        summary.tally["still to be written"] = outbox.count_waiting(conn, "write")
        summary.tally["waiting to enter"] = outbox.count_waiting(conn, "enroll")
    note_how_far(parts)


def _go_on_rolling_back(watch: Watch, summary: Summary, stop: Callable[[], bool]) -> None:
    met: list[PlatformError] = []

    def run() -> None:
        down = {error.platform for error in summary.errors if watch.is_away(error.platform)}
        summary.tally += go_on(watch.parts, down, met, stop)

    watch.attempt(summary.errors, run)
    summary.errors += met
    watch.failed(met)


def judge(watch: Watch, summary: Summary, stop: Callable[[], bool], *, keep: bool = True) -> None:
    """Judge whoever is due; without `keep`, only say what would come of it."""

    def run() -> None:
        summary.tally += judge_all(watch.parts, baseline=summary.baseline, keep=keep, met=summary.met, stop=stop)

    watch.attempt(summary.errors, run)


def _judge_entering(watch: Watch, summary: Summary) -> None:
    """Judge whoever is about to be enrolled, and of whom there is news since she was judged: a lifecycle that we wrote, say."""
    parts = watch.parts
    with parts.engine.connect() as conn:
        entering = outbox.about_to_enter(conn, parts.now())
        news = sorted(ledger.unjudged(conn, entering, parts.rulebook.hash)) if entering else []
    if news:
        watch.attempt(summary.errors, partial(judge_again, parts, news, baseline=summary.baseline))

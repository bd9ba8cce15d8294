"""What one pass learns of the platforms: which are left alone, which failed and worked, and how many calls were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from adapters.ports import CredentialsRefused, PlatformError, PlatformUnreachable
from connector.steps import health
from connector.steps.circuit import Heard, LeftAlone
from connector.steps.parts import Parts
from connector.steps.silent import silenced
from connector.store.called import add_calls

Calls = Counter[tuple[str, str]]


def by_platform(calls: Calls) -> Mapping[str, int]:
    """How many calls went to each platform, however they ended."""
    made = Counter[str]()
    for (platform, _), count in calls.items():
        made[platform] += count
    return dict(made)


class Meter:
    """The calls that this process makes during a pass; what was read is added to those of all processes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._begin = self._read = parts.calls()

    def read(self) -> Calls:
        """Those since this was last asked."""
        made = self._parts.calls()
        news, self._read = made - self._read, made
        with self._parts.engine.begin() as conn:
            add_calls(conn, news)
        return news

    def whole(self) -> Calls:
        """Those of the whole pass."""
        self.read()
        return self._read - self._begin


class Watch:
    """Keeps account of one pass in the store, as it goes on, so that a pass that is killed has told what it met.

    `parts` are those to work with, where a platform whose circuit is open answers nothing; `left` says which. A pass
    `by_hand` tries them all: whoever starts it wants to know.
    """

    def __init__(self, parts: Parts, *, by_hand: bool = False, meter: Meter | None = None) -> None:
        self._all = parts
        self._meter = meter or Meter(parts)
        self._failed: set[str] = set()
        self.left = [] if by_hand else health.left_alone(parts)
        self.parts = silenced(parts, self.left)

    def within(self) -> Watch:
        """For work within this pass that tries for itself: what failed elsewhere counts only if a circuit is open by now."""
        return Watch(self._all, meter=self._meter)

    def attempt(self, errors: list[PlatformError], run: Callable[[], object], *, asks: str | None = None) -> None:
        """Run a step; a platform's failure is added to `errors`. `asks` names the platform of a step that makes calls."""
        try:
            run()
        except PlatformError as error:
            errors.append(error)
            self.failed([error])
        else:
            if asks is not None:
                self.worked(asks)

    def failed(self, errors: Sequence[PlatformError]) -> None:
        """Remember failures that were met; what was left alone has not failed anew."""
        met = [error for error in errors if not isinstance(error, LeftAlone)]
        calls = self._meter.read() if met else Calls()
        for error in met:
            self._failed.add(error.platform)
            health.failed(self._all, error, _heard(calls, error.platform))

    def is_away(self, platform: str) -> bool:
        """Whether nothing should be asked of a platform in this pass: its circuit was open, or is by now."""
        return any(error.platform == platform for error in (*self.left, *health.left_alone(self._all)))

    def worked(self, platform: str) -> None:
        """Remember that a platform did what was asked."""
        health.worked(self._all, platform)

    def end(self, job: str) -> None:
        """Remember the end of the pass, and how platforms fared of which no step has told a failure.

        Some steps end row by row and tell none: then all that is known is what came back.
        """
        calls = self._meter.whole()
        for platform in {platform for platform, _ in calls} - self._failed:
            heard = _heard(calls, platform)
            if calls[platform, "ok"]:
                self.worked(platform)
            elif calls[platform, "credentials"]:
                health.failed(self._all, CredentialsRefused(platform, "the token was refused", status=401), heard)
            elif heard.silence and not heard.answers:
                silent = PlatformUnreachable(platform, "no usable answer to any call", maybe_applied=False)
                health.failed(self._all, silent, heard)
        health.passed(self._all, job)


def _heard(calls: Calls, platform: str) -> Heard:
    answers = sum(calls[platform, outcome] for outcome in ("ok", "refused", "credentials"))
    return Heard(answers, calls[platform, "busy"], calls[platform, "unreachable"])

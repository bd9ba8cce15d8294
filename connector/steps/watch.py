"""What one pass learns of the platforms: which are left alone, which failed and worked, and how many calls were made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.ports import PlatformError
from connector.steps import health
from connector.steps.circuit import Heard, LeftAlone
from connector.steps.parts import Parts
from connector.steps.silent import silenced
from connector.store.called import add_calls

_ANSWERS = ("ok", "refused", "credentials")


class Meter:
    """The calls that this process makes; what was read is added to those of all processes. `answered` are the platforms
    that gave a usable answer so far.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._read = parts.calls()
        self.answered: set[str] = set()

    def read(self) -> Callable[[str], Heard]:
        """What has come back since this was last asked, by platform."""
        made = self._parts.calls()
        news, self._read = made - self._read, made
        with self._parts.engine.begin() as conn:
            add_calls(conn, news)

        def heard(platform: str) -> Heard:
            answers = sum(news[platform, outcome] for outcome in _ANSWERS)
            return Heard(answers, news[platform, "busy"], news[platform, "unreachable"])

        self.answered |= {platform for platform, outcome in news if outcome in _ANSWERS}

        return heard


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
        heard = self._meter.read()
        for error in errors:
            if not isinstance(error, LeftAlone):
                self._failed.add(error.platform)
                health.failed(self._all, error, heard(error.platform))

    def worked(self, platform: str) -> None:
        """Remember that a platform did what was asked."""
        health.worked(self._all, platform)

    def end(self, job: str) -> None:
        """Remember the end of the pass, and that platforms worked which answered and failed in nothing."""
        self._meter.read()
        for platform in self._meter.answered - self._failed:
            self.worked(platform)
        health.passed(self._all, job)

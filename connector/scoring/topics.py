"""Topics: what she was interested in, the most first, by the names of the pages, forms and mails that she looked at."""

from __future__ import annotations

from datetime import datetime

from connector.facts import Trust
from connector.rulebook.types import Model
from connector.scoring.decay import WHOLE, factor, half_life_curve, kept
from connector.scoring.doubts import SENT
from connector.scoring.evidence import Act, Evidence, asset_test

#: Acts that were done to her: whatever we send says nothing of what she likes.
NOT_HERS = frozenset({SENT, "email_bounce"})


class TopicFinder:
    """Each act gives its share of trust to every topic whose test its asset passes, and fades as phases do.

    What a machine did, what names no asset, and mail sent to her give nothing. A tie goes to the topic of the newest
    act that gives something, then to the file's order.
    """

    def __init__(self, model: Model) -> None:
        self._curve = half_life_curve(model.factors.phase.half_life)
        self._topics = tuple((name, asset_test(test)) for name, test in model.topics.items())

    def judge(self, evidence: Evidence) -> tuple[str, ...]:
        """The topics that something is left of."""
        acts = [
            (given, act.event.happened_at, act.event.key, act.event.asset)
            for kind, of_kind in evidence.acts.items()
            if self._topics and kind not in NOT_HERS
            for act in of_kind
            if act.event.asset and (given := self._given(act))
        ]
        found: list[tuple[int, datetime, str, str]] = []
        for name, passes in self._topics:
            matching = [(given, moment, key) for given, moment, key, asset in acts if passes(asset)]
            if matching:
                newest = max((moment, key) for _, moment, key in matching)
                found.append((sum(given for given, _, _ in matching), *newest, name))
        found.sort(key=lambda one: one[:3], reverse=True)  # stable: the file's order among equals
        return tuple(name for *_, name in found)

    def _given(self, act: Act) -> int:
        return 0 if act.event.trust == Trust.MACHINE else kept(act.trust, factor(self._curve, act.age), WHOLE)

"""From facts to a verdict: every model that is meant for a contact judges her, and the best verdict stands.

A pure function of contact, rulebook, day and known-by moment. The same input gives an equal verdict, in whatever order
the events arrived; the lines add up to the score exactly.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact
from connector.rulebook.types import Rulebook
from connector.scoring.by_identity import ByIdentity
from connector.scoring.evidence import known_events
from connector.scoring.model import ModelJudge
from connector.scoring.verdict import NO_MODEL, Verdict


def judge(contact: Contact, rulebook: Rulebook, day: date, known_by: datetime | None = None) -> Verdict:
    """Judge one contact as of the end of `day` in the team's zone, with the events known at `known_by` (None: all).

    `contact.fields`, `consent` and `episodes` are taken as given: it is the caller who reads them as of then. Of the
    models whose `applies_to` holds the best verdict stands: a score before none, then the highest exact one, a tie goes
    to the first in order. `each` has the score of every one of them. If none applies the verdict has no model and no
    score, and `missing` says NO_MODEL.
    """
    return _judge_for(ByIdentity(rulebook)).judge(contact, day, known_by)


@lru_cache(maxsize=16)
def _judge_for(identity: ByIdentity) -> _Judge:
    return _Judge(identity.rulebook)


class _Judge:
    """A rulebook made ready once, for many contacts."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._hash = rulebook.hash
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._models = tuple(ModelJudge(model, rulebook) for model in rulebook.models)

    def judge(self, contact: Contact, day: date, known_by: datetime | None) -> Verdict:
        known = known_events(contact, self._zone, day, known_by)
        verdicts = [verdict for model in self._models if (verdict := model.judge(contact, known, day)) is not None]
        if not verdicts:
            return Verdict(contact.id, "", day, self._hash, enough=False, score=None, missing=(NO_MODEL,))
        best = max(verdicts, key=lambda verdict: (verdict.score is not None, verdict.exact))
        return replace(best, each=MappingProxyType({verdict.model: verdict.score for verdict in verdicts}))

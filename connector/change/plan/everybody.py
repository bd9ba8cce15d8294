"""Everybody, judged by one rulebook, slice by slice: how they are spread, who moves, and what delivering would have to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.change.plan.decided import Decided, decided, wishes_of
from connector.change.plan.ears import Ears
from connector.change.plan.lists import Listings
from connector.change.plan.moving import Moving
from connector.change.plan.plan import Move, Passage
from connector.change.plan.singly import asked_about, asks_nurturing, judge_singly
from connector.change.plan.spreading import Spreading
from connector.change.plan.wishes import Wish, waiting_wish, written_wish
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.belonging import belonging
from connector.steps.crowd import wanted
from connector.steps.judged_crowd import JudgedCrowd, judge_slice
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.hearing import unheard_lists
from connector.steps.reasons import sentence, why_left
from connector.steps.worth_writing import lifecycle_may_move, worth_writing_to
from connector.store import ledger, state
from connector.store.bulk.kept import read_followed
from connector.store.bulk.read import slices
from connector.store.bulk.slice import NONE, Slice
from connector.store.bulk.waiting import WaitingIntent, waiting_intents

Bools = NDArray[np.bool_]

_BATCH = 500


class Everybody:
    """Judges by the rulebook of `parts`, within one snapshot. After `judge` it says what came of it; nothing is kept.

    `wishes` are what the outbox would hold then, before the guard is asked. Columns judge; only those are judged singly of
    whom they cannot tell whether anybody enters, leaves, or is handed over.
    """

    def __init__(
        self,
        parts: Parts,
        active: Rulebook | None,
        conn: Connection,
        reading: portal.Reading | None,
        lacking: Collection[str],
    ) -> None:
        self._parts = parts
        self._conn = conn
        self._order = portal.kept_stage_order(parts)
        self._hearing = portal.hearing(parts, reading)
        self._baseline = not all(state.baseline_done(conn, source) for source in parts.platforms)
        self._number = state.rulebook_id(conn, parts.rulebook.hash) or 0
        is_active = active is not None and active.hash == parts.rulebook.hash
        self._swept = ledger.swept(conn, parts.rulebook.hash) if is_active else -1
        self._words = ledger.word_texts(conn)
        self._moving = Moving(parts, active, conn)
        self._waiting: dict[int, list[WaitingIntent]] = defaultdict(list)
        self._again: set[int] = set()
        for one in waiting_intents(conn, parts.now()):
            if one.over:
                self._again.add(one.contact)
            else:
                self._waiting[one.contact].append(one)
        self.ears = Ears.of(parts, reading)
        self.listings = Listings(parts, conn, unheard_lists(parts, reading, lacking), baseline=self._baseline)
        self.people = 0
        self.before, self.after = Spreading(), Spreading()
        self.moves: list[Move] = []
        self.enters: list[Passage] = []
        self.leaves: list[Passage] = []
        self.handovers: list[int] = []
        self.wishes: list[Wish] = []

    def judge(self) -> None:
        """Judge whoever is due; of everybody else it stays as it is."""
        for people in slices(self._conn, wanted(self._parts)):
            self._judge(people)
            self.people += len(people)
            if self._parts.progress:
                self._parts.progress.step("planning", self.people)
        self.wishes += self._still_waiting()

    def _judge(self, people: Slice) -> None:
        parts = self._parts
        judged = judge_slice(parts, self._conn, people, self._order)
        belong = belonging(parts, people, judged.verdicts, judged.steps)
        due = self._due(people)
        asked = asks_nurturing(parts, judged, belong, baseline=self._baseline) | self._follows(judged, due)
        singly = due & asked
        calm = due & ~singly
        stage = np.where(people.kept.judged == NONE, NONE, people.kept.stage)
        self.before.add(people.kept.score, stage, self._words)
        self.after.add(people.kept.score[~due], stage[~due], self._words)
        self.after.add(judged.verdicts.score[calm], judged.steps.after[calm], judged.steps.texts)
        self.moves += self._moving.of_crowd(judged, calm & ~(judged.first & self._baseline))
        self.wishes += self._written(judged, calm)
        self.listings.count(people, belong, calm, self._judge_singly(people.ids[singly].tolist(), judged))
        for contact in [one for one in self._waiting if _is_among(one, people.ids[due])]:
            del self._waiting[contact]

    def _due(self, people: Slice) -> Bools:
        """Who would be judged at once (store/due.py), or as soon as what waits for her is over; everybody, where the rulebook is
        another one.
        """
        kept = people.kept
        known = (kept.judged >= kept.changed) & (kept.rulebook == self._number)
        news: Bools = (kept.changed > self._swept) & ~known
        again = np.isin(people.ids, np.fromiter(self._again, np.int64))
        return again | news | ((kept.due > 0) & (kept.due <= self._parts.today.toordinal()))

    def _follows(self, judged: JudgedCrowd, due: Bools) -> Bools:
        """Of whom the lifecycle stage may have to be written though nothing else is: that hangs on what we wrote before."""
        people, write = judged.people, self._parts.rulebook.fields.write.lifecycle
        found = np.zeros(len(people), np.bool_)
        if write is not None and not self._baseline:
            rows = np.flatnonzero(due & lifecycle_may_move(self._parts, people, judged.steps, self._order))
            found[rows[read_followed(self._conn, people.ids[rows], HUBSPOT, write.hubspot)]] = True
        return found

    def _written(self, judged: JudgedCrowd, calm: Bools) -> Iterator[Wish]:
        people, steps = judged.people, judged.steps
        moved = steps.moved & (not self._baseline)
        for source in self._parts.platforms:
            writes = calm & worth_writing_to(self._parts, source, people, judged.verdicts, steps)
            heard = np.zeros(len(people), np.bool_)
            if source == HUBSPOT:
                heard = self.ears.hear_crowd(self._parts, judged, self._order)
            rows = np.flatnonzero(writes)
            told = zip(people.ids[rows].tolist(), moved[rows].tolist(), heard[rows].tolist(), strict=True)
            for contact, moves, hears in told:
                yield written_wish(contact, source, self._waiting.get(contact, ()), moved=moves, heard=hears)

    def _judge_singly(self, contacts: Sequence[int], judged: JudgedCrowd) -> Mapping[int, Collection[str]]:
        """Returns the keys of the lists and tags where they belong, by contact."""
        keys: dict[int, Collection[str]] = {}
        for start in range(0, len(contacts), _BATCH):
            singles = list(
                judge_singly(
                    self._parts,
                    self._conn,
                    contacts[start : start + _BATCH],
                    self._order,
                    self._hearing,
                    baseline=self._baseline,
                    known=judged.known,
                )
            )
            keys |= {one.contact: one.keys for one in singles}
            known = [one for one in singles if not (self._baseline and one.judged.step.before is None)]
            self.moves += self._moving.of_singles(known)
            for one in decided(self._conn, singles, self._parts.now()):
                self._count(one)
        return keys

    def _count(self, one: Decided) -> None:
        her, language = one.single, self._parts.rulebook.fields.language
        self.after.add_one(her.judged.verdict.score, her.judged.step.after.stage)
        self.enters += [Passage(her.contact, each.track, sentence(each.why, language)) for each in one.enters]
        self.leaves += [Passage(her.contact, each.track, why_left(each.why, language)) for each in one.leaves]
        self.handovers += [her.contact] if one.handover else []
        waiting = self._waiting.get(her.contact, ())
        again = her.contact in self._again
        self.wishes += wishes_of(
            self._parts, one, waiting, self.ears, self._order, baseline=self._baseline, again=again
        )

    def _still_waiting(self) -> Iterator[Wish]:
        """What waits for those whom nobody judges."""
        entering = [contact for contact, some in self._waiting.items() if any(one.kind == "enroll" for one in some)]
        reached = {
            person.contact: asked_about(self._parts, person) for person in ledger.load_people(self._conn, entering)
        }
        for contact, some in self._waiting.items():
            asked, sought = reached.get(contact, ((), ()))
            yield from (waiting_wish(one, asked=asked, sought=sought) for one in some)


def _is_among(contact: int, ids: NDArray[np.int64]) -> bool:
    place = int(np.searchsorted(ids, contact))
    return place < len(ids) and int(ids[place]) == contact

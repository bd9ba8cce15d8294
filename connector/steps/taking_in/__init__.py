"""Deliveries of webhooks, into the ledger. A payload is a hint whom to read again, never the state itself.

Deliveries are claimed in batches and everybody whom a batch names is read once. In one transaction after that each ends
handled, ignored (with the reason) or unknown, which reaches a person (`trellis deliveries`), and what they told counts as seen:
a kill before it repeats work and loses none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from adapters.ports import PlatformError
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.taking_in.apart import is_for_good
from connector.steps.taking_in.batch import Round, Stopped, Taken
from connector.steps.taking_in.hubspot import take_in_hubspot
from connector.steps.taking_in.mailchimp import take_in_mailchimp
from connector.steps.tally import Tally
from connector.store import inbox, ledger
from connector.store.engine import writer_lock
from connector.store.inbox import Delivery, End, Ending

__all__ = ["take_in_deliveries"]

#: It hands back after so many deliveries of a platform, or calls to it: who waits for the rest of a pass is not kept waiting
#: behind a storm. At HubSpot so many calls read 10,000 people.
MOST_DELIVERIES = 1000
MOST_CALLS = 100

#: A batch: HubSpot sends up to 100 events, of about 35 kB, in a delivery; Mailchimp one.
_BATCH = 100
_MOST_BYTES = 4 * 2**20
_LEASE_S = 120
#: What waits for a platform that is away is looked at again with the clock's next tick.
_PAUSE_S = 25

_TakeIn = Callable[[Round, Sequence[Delivery]], Taken]
_PLATFORMS: Sequence[tuple[str, _TakeIn]] = ((HUBSPOT, take_in_hubspot), ("mailchimp", take_in_mailchimp))


def take_in_deliveries(parts: Parts, errors: list[PlatformError], stop: Callable[[], bool] = lambda: False) -> Tally:
    """Work through what the receiver stored, oldest first, as far as a bounded amount goes: `inbox.claimable` says if more waits.

    A platform that is away, or in `errors` already, keeps its deliveries waiting without losing an attempt, and is added to
    `errors`; the other's go on.
    """
    tally: Tally = Counter()
    for platform, take_in in _PLATFORMS:
        if not any(error.platform == platform for error in errors):
            tally += _drain(parts, platform, take_in, errors, stop)
    return tally


def _drain(
    parts: Parts, platform: str, take_in: _TakeIn, errors: list[PlatformError], stop: Callable[[], bool]
) -> Tally:
    tally: Tally = Counter()
    round_ = Round(parts, stop)
    deliveries = calls = 0
    while deliveries < MOST_DELIVERIES and calls < MOST_CALLS and not stop():
        with parts.engine.begin() as conn:
            batch = inbox.claim_deliveries(conn, platform, _BATCH, _MOST_BYTES, _LEASE_S)
        if not batch:
            break
        try:
            taken = take_in(round_, batch)
        except Stopped:
            _release(parts, batch, again_in_s=0)
            break
        except PlatformError as error:
            if is_for_good(error):
                taken = _part(parts, batch, error)
            else:
                errors.append(error)
                _release(parts, batch, again_in_s=_PAUSE_S)
                break
        deliveries += len(batch)
        calls += taken.calls
        tally.update(_finish(parts, batch, taken))
    return tally


def _part(parts: Parts, batch: Sequence[Delivery], error: PlatformError) -> Taken:
    """The same question would be refused again. Which of the batch it was about shows when each is claimed alone; then that
    one is set aside, for a person to look at and replay.
    """
    if len(batch) == 1:
        return Taken({batch[0].id: End(Ending.FAILED, error.message)})
    with parts.engine.begin() as conn:
        inbox.part_deliveries(conn, [one.id for one in batch])
    return Taken({})


def _release(parts: Parts, batch: Sequence[Delivery], *, again_in_s: float) -> None:
    with parts.engine.begin() as conn:
        inbox.release_deliveries(conn, [one.id for one in batch], again_in_s=again_in_s)


def _finish(parts: Parts, batch: Sequence[Delivery], taken: Taken) -> Tally:
    ended = [one for one in batch if one.id in taken.ends]
    with parts.engine.begin() as conn:
        writer_lock(conn)  # an erasure meanwhile finds these ended, or they find its tombstones
        erased = {one.id for one in ended if ledger.names_forgotten(conn, one.platform, one.body)}
        inbox.finish_deliveries(conn, taken.ends, emptied=erased)
        inbox.first_seen(conn, taken.seen, parts.now())
    return Counter(f"deliveries {end.ending}" for end in taken.ends.values())

"""Who looks after Trellis gets a task in HubSpot when something begins to wait for a person (`guard.tell`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapters.hubspot_port import HubSpotPort
from adapters.ports import Deadline
from connector.logs import log
from connector.scoring.words import say
from connector.steps.enrolling.enroll import DEADLINE_S
from connector.steps.parts import Parts
from connector.steps.sales.hand_over import in_working_days
from connector.store import state
from connector.store.piles import piles

_AT_MOST_EVERY = timedelta(days=1)
#: When the last task was made, and whether nothing has been held since.
_TOLD = "task about holds"
_EVER_S = 10 * 365 * 86_400.0


def tell_held(parts: Parts, port: HubSpotPort) -> None:
    """Make one task, for no contact, when something is held and nothing was before; at most once a day, and never twice.

    It is noted before the call: should that fail, the alert has told it all the same. Raises PlatformError.
    """
    whom = parts.rulebook.tracks.guard.tell
    if whom is None:
        return
    now = parts.now()
    with parts.engine.begin() as conn:
        held = sum(pile.items for pile in piles(conn, now) if pile.what == "intents held")
        told = state.cached(conn, _TOLD, _EVER_S, now) or {}
        if not held:
            if told and not told["over"]:
                state.put_cached(conn, _TOLD, {**told, "over": True}, now)
            return
        if told and (not told["over"] or now - datetime.fromisoformat(told["at"]) < _AT_MOST_EVERY):
            return
        state.put_cached(conn, _TOLD, {"at": now.isoformat(), "over": False}, now)
    owner = next((one.id for one in port.owners() if one.email.lower() == whom.lower()), None)
    if owner is None:
        log(
            "nobody to tell",
            level="WARNING",
            reason="guard.tell in tracks.yaml is the address of no active HubSpot user",
        )
        return
    language = parts.rulebook.fields.language
    port.create_task(
        None,
        title=say(language, "held_task", number=held),
        body=say(language, "held_body"),
        due=in_working_days(parts, 0),
        owner_id=owner,
        deadline=Deadline.after(DEADLINE_S, parts.monotonic),
    )

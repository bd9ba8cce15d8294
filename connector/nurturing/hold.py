"""The hold: after a rise she is left alone for some days, but for reminders."""

from __future__ import annotations

from datetime import date, timedelta

from connector.facts import Trust
from connector.nurturing.situation import Situation


def waits_until(situation: Situation) -> date | None:
    """Return the first day after the wait that follows her last rise, or None when she does not wait (any more).

    A signal (`dosing.hold_until`, `rectify.pleased`) on a later day than the rise ends it: what she did on the day itself
    may be what made her rise. Only what a person surely did is such a signal, since its effect is mail.
    """
    file, step = situation.rulebook.tracks, situation.step
    rose = step.after.since if step.moved and step.rise else situation.memory.stage_rose
    if rose is None or situation.today >= (until := rose + timedelta(days=file.dosing.hold_after_rise)):
        return None
    pleased = file.rectify.pleased
    signals = {*file.dosing.hold_until, *(pleased.events if pleased else ())}
    signaled = any(
        act.kind in signals and act.trust is Trust.HUMAN and situation.day_of(act.happened_at) > rose
        for act in situation.acts
    )
    return None if signaled else until

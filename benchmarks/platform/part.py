"""One part of a pass of Trellis, as a process: reads the environment as every command does, prints JSON, and ends.

    python part.py full | past | known | news | judge | members | activity-read | activity

`full` is the full read of HubSpot's contacts into the store, as `trellis sync --full` makes it: pages, records, and acts
out of counters; `past` the property histories of who is new; `known` is `full` and all else that a first pass reads,
but for those histories; `news` all that an ordinary pass reads of HubSpot; `judge`
the judging of who is due. Of Mailchimp, `members` is the full read of the audience, `activity` what campaigns have new,
and `activity-read` takes the reports for read up to now. Told are the tally and the seconds after the imports.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy import text

from connector.assembly import make_parts, open_store
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.judge import judge_all
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading import read_hubspot
from connector.steps.reading.campaigns import read_campaigns
from connector.steps.reading.cursors import set_cursor
from connector.steps.reading.history import read_past
from connector.steps.reading.records import read_records
from connector.steps.tally import Tally
from connector.store import state

#: The one of the shipped rulebook.
AUDIENCE = "mailchimp:main"


def full(parts: Parts) -> Tally:
    assert parts.hubspot
    return read_records(parts, HUBSPOT, parts.hubspot, full=True)


def past(parts: Parts) -> Tally:
    assert parts.hubspot
    return read_past(parts, parts.hubspot)


def known(parts: Parts) -> Tally:
    assert parts.hubspot
    tally = read_records(parts, HUBSPOT, parts.hubspot, full=True)
    with parts.engine.begin() as conn:
        conn.execute(text("TRUNCATE past_to_read"))
    return tally + read_hubspot(parts, parts.hubspot, full=False)


def news(parts: Parts) -> Tally:
    assert parts.hubspot
    return read_hubspot(parts, parts.hubspot, full=False)


def judge(parts: Parts) -> Tally:
    return judge_all(parts, baseline=True)


def members(parts: Parts) -> Tally:
    return read_records(parts, AUDIENCE, parts.mailchimp[AUDIENCE], full=True)


def activity_read(parts: Parts) -> Tally:
    set_cursor(parts, AUDIENCE, "activity", parts.now())
    return Counter()


def activity(parts: Parts) -> Tally:
    return Counter(events=read_campaigns(parts, AUDIENCE, parts.mailchimp[AUDIENCE]))


PARTS: Mapping[str, Callable[[Parts], Tally]] = {
    "full": full,
    "past": past,
    "known": known,
    "news": news,
    "judge": judge,
    "members": members,
    "activity-read": activity_read,
    "activity": activity,
}


def main() -> None:
    given = read_settings(os.environ)
    rulebook = read_rulebook(given.mappings_dir)
    with open_store(given) as store:
        parts = make_parts(given, store, rulebook)
        with store.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, parts.now())
        began = time.monotonic()
        tally = PARTS[sys.argv[1]](parts)
        seconds = time.monotonic() - began
    print(json.dumps({"tally": tally, "seconds": seconds}))


if __name__ == "__main__":
    main()

"""Two contacts turn out to be one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from connector.store.conflicts import list_left_by_merge
from connector.store.membership import unite_memberships
from connector.store.position import mark_changed
from connector.store.records import from_row
from connector.store.sightings import Sighting, add_up, difference, log, sightings_of

#: Tables whose rows move unless the kept contact has one of the same key already; what is left is hers alone.
_KEYED = {
    "track_state": "track",
    "episode": "track, number",
    "written": "source, name",
    "unsettled": "kind, key",
    "undo": "release, source, name",
}

_WAITING = "kind = 'handover' AND state IN ('pending', 'held')"
_WAITS_FOR_WHOM_SALES_HAS = text(
    "UPDATE intent SET state = 'superseded', reason = 'merged', finished_at = :at, lease_until = NULL"  # noqa: S608 -- our own words
    f" WHERE contact = :keep AND {_WAITING} AND NOT EXISTS (SELECT FROM intent WHERE contact = :gone AND {_WAITING})"
    " AND EXISTS (SELECT FROM verdict JOIN intent AS theirs USING (contact) WHERE contact = :gone AND handed_over"
    "  AND theirs.kind = 'handover' AND theirs.state IN ('sending', 'accepted', 'parked'))"
)
_WAITS_TWICE = text(
    "UPDATE intent SET state = 'superseded', reason = 'merged', finished_at = :at, lease_until = NULL"  # noqa: S608 -- our own words
    f" WHERE contact = :gone AND {_WAITING}"
    " AND EXISTS (SELECT FROM verdict JOIN intent AS theirs USING (contact) WHERE contact = :keep AND handed_over"
    "  AND theirs.kind = 'handover' AND theirs.state IN ('pending', 'held', 'sending', 'accepted', 'parked'))"
)


#: The highest number that either has used, by track, whatever became of it.
_USED = (
    "used AS (SELECT track, max(number) AS highest FROM ("
    " SELECT track, number FROM episode WHERE contact IN (:keep, :gone) UNION ALL"
    " SELECT track, episode FROM intent WHERE contact IN (:keep, :gone) AND kind = 'enroll') AS one GROUP BY track)"
)
_PARK_WHAT_BOTH_BEGAN = text(
    f"WITH {_USED}, twice AS (SELECT id, row_number() OVER (PARTITION BY track ORDER BY id) AS place FROM intent"  # noqa: S608
    "  WHERE contact = :gone AND kind = 'enroll' AND state IN ('sending', 'unknown', 'parked'))"
    " UPDATE intent SET contact = :keep, episode = highest + place, state = 'parked', reason = CASE state"
    "  WHEN 'parked' THEN reason ELSE 'merged with a contact who used this episode up as well' END"
    " FROM twice, used WHERE intent.id = twice.id AND intent.track = used.track"
)
_NUMBER_EPISODES_ANEW = text(
    f"WITH {_USED}, twice AS ("  # noqa: S608 -- our own words
    "  SELECT track, number, row_number() OVER (PARTITION BY track ORDER BY number) AS place FROM episode"
    "  WHERE contact = :gone AND (track, number) IN (SELECT track, number FROM episode WHERE contact = :keep UNION ALL"
    "   SELECT track, episode FROM intent WHERE contact = :keep AND kind = 'enroll'"
    "   AND state IN ('sending', 'unknown', 'parked')))"
    " UPDATE episode SET number = highest + place FROM twice JOIN used USING (track)"
    " WHERE contact = :gone AND episode.track = twice.track AND episode.number = twice.number"
)


def unite(conn: Connection, keep: int, gone: int, *, source: str, at: datetime) -> bool:
    """Make everything of contact `gone` belong to `keep`, told by a record of `source`. The caller holds the writer lock.

    Acts that both counted under one key are one act. If each is a different member of some *other* source, those two
    are not guessed to be one: that source's snapshot and acts stay with `gone`, a failure says so, and False is
    returned; otherwise `gone` ceases to exist. What was seen of both stays in the history, as of one. Open intents of
    `gone` end as superseded, for `keep` is judged anew; a hand-over, which is decided once only, goes on.
    """
    two = {"keep": keep, "gone": gone}
    both = conn.scalars(
        text(
            "SELECT source FROM record WHERE contact IN (:keep, :gone) AND source <> :source"
            " GROUP BY source HAVING count(*) > 1"
        ),
        {**two, "source": source},
    ).all()
    staying = {**two, "both": list(both)}
    conn.execute(text("UPDATE identity SET contact = :keep WHERE contact = :gone AND source <> ALL(:both)"), staying)
    conn.execute(
        text(
            "UPDATE record SET contact = :keep WHERE contact = :gone AND source <> ALL(:both)"
            " AND source NOT IN (SELECT source FROM record WHERE contact = :keep)"
        ),
        staying,
    )
    conn.execute(text("DELETE FROM record WHERE contact = :gone AND source <> ALL(:both)"), staying)
    conn.execute(text("UPDATE past_to_read SET contact = :keep WHERE contact = :gone"), two)
    _move_sightings(conn, keep, gone, both, at)
    conn.execute(
        text(
            "UPDATE event SET contact = :keep WHERE contact = :gone"
            " AND channel NOT IN (SELECT id FROM word WHERE text = ANY(:both)"
            "  OR (text = 'hubspot:forms' AND 'hubspot' = ANY(:both)))"
            " AND key NOT IN (SELECT key FROM event WHERE contact = :keep)"
        ),
        staying,
    )
    _move_judgements(conn, two, at)
    unite_memberships(conn, keep, gone, both)
    mark_changed(conn, two.values())
    list_left_by_merge(conn, keep, gone, both, at)
    if not both:
        conn.execute(text("DELETE FROM event WHERE contact = :gone"), two)
        conn.execute(text("DELETE FROM contact WHERE id = :gone"), two)
    return not both


def _move_sightings(conn: Connection, keep: int, gone: int, staying: Sequence[str], at: datetime) -> None:
    """Where both were seen on one source, history ends with what the record that is left holds."""
    met = (sightings_of(conn, keep).keys() & sightings_of(conn, gone).keys()) - set(staying)
    conn.execute(
        text(
            "UPDATE sighting SET contact = :keep WHERE contact = :gone"
            " AND source NOT IN (SELECT id FROM word WHERE text = ANY(:staying))"
        ),
        {"keep": keep, "gone": gone, "staying": list(staying)},
    )
    for source, told in sightings_of(conn, keep).items():
        if source not in met:
            continue
        seen = add_up(told)
        where = {"contact": keep, "source": source}
        row = conn.execute(text("SELECT * FROM record WHERE contact = :contact AND source = :source"), where)
        left = from_row(row.mappings().one())
        log(conn, [(keep, Sighting(source, left.id, at, False, difference(seen.record, left)))])
        conn.execute(
            text(
                "UPDATE record SET changed_on = CAST(:changed AS jsonb) WHERE contact = :contact AND source = :source"
            ),
            {
                **where,
                "changed": orjson.dumps({name: since.isoformat() for name, since in seen.changed.items()}).decode(),
            },
        )


def _move_judgements(conn: Connection, two: dict[str, int], at: datetime) -> None:
    """An episode used up by either stays used up (promise 3), and who was handed over is not handed over once more."""
    _unite_waiting_handovers(conn, two, at)
    conn.execute(
        text(
            "UPDATE intent SET state = 'superseded', reason = 'merged', finished_at = :at, lease_until = NULL"
            " WHERE contact = :gone AND kind <> 'handover' AND state IN ('pending', 'held')"
        ),
        {**two, "at": at},
    )
    conn.execute(
        text(
            "UPDATE intent SET state = 'superseded', reason = 'merged', finished_at = :at, lease_until = NULL"
            " WHERE contact = :keep AND kind = 'enroll' AND state IN ('pending', 'held')"
            " AND (track, episode) IN (SELECT track, episode FROM intent WHERE contact = :gone AND kind = 'enroll'"
            "  AND state IN ('sending', 'accepted', 'unknown', 'parked'))"
        ),
        {**two, "at": at},
    )
    conn.execute(
        text(
            "UPDATE intent SET contact = :keep WHERE contact = :gone"
            " AND (kind <> 'enroll' OR (track, episode) NOT IN ("
            "  SELECT track, episode FROM intent WHERE contact = :keep AND kind = 'enroll'"
            "  AND state IN ('sending', 'accepted', 'unknown', 'parked')))"
        ),
        two,
    )
    conn.execute(_PARK_WHAT_BOTH_BEGAN, two)
    conn.execute(text("UPDATE flip SET contact = :keep WHERE contact = :gone"), two)
    _move_handovers(conn, two, at)
    conn.execute(text("UPDATE failure SET contact = :keep WHERE contact = :gone AND resolved_at IS NOT NULL"), two)
    _unite_standings(conn, two)
    _unite_matches(conn, two)
    _number_episodes_anew(conn, two)
    # How one of two stood before a release is no standing of theirs: she is left where she is, should it be taken back.
    conn.execute(text("DELETE FROM stood WHERE contact IN (:keep, :gone)"), two)
    for table, key in _KEYED.items():
        conn.execute(
            text(
                f"UPDATE {table} SET contact = :keep WHERE contact = :gone"  # noqa: S608 -- our own names
                f" AND ({key}) NOT IN (SELECT {key} FROM {table} WHERE contact = :keep)"
            ),
            two,
        )
        conn.execute(text(f"DELETE FROM {table} WHERE contact = :gone"), two)  # noqa: S608


def _unite_matches(conn: Connection, two: dict[str, int]) -> None:
    """A match of either goes on, since it began; who matched at the baseline did so, whoever she turns out to be."""
    conn.execute(
        text(
            "UPDATE track_state SET matched = true, at_baseline = track_state.at_baseline OR hers.at_baseline,"
            " passed_over = track_state.passed_over OR hers.passed_over, matched_since ="
            "  CASE WHEN track_state.matched THEN least(track_state.matched_since, hers.matched_since)"
            "  ELSE hers.matched_since END"
            " FROM track_state AS hers WHERE track_state.contact = :keep AND hers.contact = :gone"
            " AND track_state.track = hers.track AND hers.matched"
        ),
        two,
    )


def _number_episodes_anew(conn: Connection, two: dict[str, int]) -> None:
    """Where both have an episode of one number, that of `gone` gets one that neither has used: she may be on it still."""
    conn.execute(_NUMBER_EPISODES_ANEW, two)


def _unite_waiting_handovers(conn: Connection, two: dict[str, int], at: datetime) -> None:
    """A hand-over that waits goes on for the kept contact, unless sales has the other one by now; of two that wait, one does."""
    for statement in (_WAITS_FOR_WHOM_SALES_HAS, _WAITS_TWICE):
        conn.execute(statement, {**two, "at": at})


def _move_handovers(conn: Connection, two: dict[str, int], at: datetime) -> None:
    """Sales need touch one person once: where both were given to them, the hand-over of the kept contact goes on."""
    conn.execute(
        text(
            "UPDATE handover SET ended_at = :at, ended_by = 'left' WHERE contact = :gone AND ended_at IS NULL"
            " AND EXISTS (SELECT FROM handover AS other WHERE other.contact = :keep AND other.ended_at IS NULL)"
        ),
        {**two, "at": at},
    )
    conn.execute(text("UPDATE handover SET contact = :keep WHERE contact = :gone"), two)


def _unite_standings(conn: Connection, two: dict[str, int]) -> None:
    """One of the two verdicts stays until she is judged anew: that of the kept contact, unless the other one alone was
    handed over, or has any.
    """
    conn.execute(
        text(
            "DELETE FROM verdict WHERE contact = :keep AND NOT handed_over"
            " AND EXISTS (SELECT FROM verdict AS other WHERE other.contact = :gone AND other.handed_over)"
        ),
        two,
    )
    conn.execute(
        text(
            "UPDATE verdict SET contact = :keep WHERE contact = :gone"
            " AND NOT EXISTS (SELECT FROM verdict AS other WHERE other.contact = :keep)"
        ),
        two,
    )
    conn.execute(text("DELETE FROM verdict WHERE contact = :gone"), two)

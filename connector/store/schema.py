"""Every table of the store, as SQLAlchemy metadata. The migrations make it; a test compares the two.

Times are `timestamptz`; raw platform values are kept under the platform's own names. `position` numbers come from one
sequence under the writer lock, so that "everything up to position n" never changes afterwards. Where there are millions
of rows, texts that repeat are numbers of `word` or `asset`, and columns stand by width, so that none is padded.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={"pk": "%(table_name)s_pkey", "ix": "%(table_name)s_%(column_0_N_name)s"},
)

Moment = DateTime(timezone=True)
Sequence("ledger_position", metadata=metadata)

#: Intents to enroll that stand for their episode: no second one may exist beside them (promise 3).
LIVE_ENROLLMENT = "kind = 'enroll' AND state IN ('pending', 'held', 'sending', 'accepted', 'unknown', 'parked')"
#: ... and those to leave.
OPEN_LEAVE = "kind = 'leave' AND state IN ('pending', 'held', 'sending')"


def _needed(name: str, kind: object, default: str | None = None) -> Column[object]:
    return Column(name, kind, nullable=False, server_default=text(default) if default else None)  # type: ignore[arg-type]


# ---------------------------------------------------------------- texts that repeat; 0 is the empty text

word = Table(  # kinds of acts, channels, sources, stages, models, personas, phases: few
    "word",
    metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    _needed("text", Text),
    Index("word_text", "text", unique=True),
)

asset = Table(  # pages, forms, campaigns; found by its hash, since addresses may be longer than an index takes
    "asset",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("hash", Uuid, Computed("md5(text)::uuid", persisted=True), nullable=False),
    _needed("text", Text),
    Index("asset_hash", "hash", unique=True),
)

# ---------------------------------------------------------------- the ledger

contact = Table(
    "contact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("created_at", Moment),
    _needed("changed", BigInteger, "0"),  # ledger position of the newest fact about her
    Index("contact_changed", "changed"),
)

identity = Table(  # old ids of merged records stay, and lead to the one who swallowed them
    "identity",
    metadata,
    Column("source", Text, primary_key=True),
    Column("platform_id", Text, primary_key=True),
    _needed("contact", BigInteger),
    Index("identity_contact", "contact"),
)

record = Table(  # the present snapshot of a contact on a source
    "record",
    metadata,
    Column("contact", BigInteger, primary_key=True),
    Column("source", Text, primary_key=True),
    _needed("platform_id", Text),
    Column("email", Text),
    Column("email_key", Text),  # normalized, for matching over platforms
    Column("member_hash", Text),  # Mailchimp's subscriber hash, under which activity is told
    _needed("raw", JSONB),
    _needed("modified_at", Moment),
    _needed("archived", Boolean),
    _needed("merged_ids", ARRAY(Text)),
    _needed("read_at", Moment),
    _needed("changed_on", JSONB, "'{}'"),  # name: ISO moment of the last change since that name was first told
    Index("record_email_key", "email_key"),
    Index("record_company", text("(raw ->> 'associatedcompanyid')"), postgresql_where=text("source = 'hubspot'")),
    Index("record_member_hash", "member_hash", postgresql_where=text("member_hash IS NOT NULL")),
    Index("record_platform_id", "source", "platform_id", unique=True),
)

past_to_read = Table(  # HubSpot records whose property histories have not been read yet, from their first sight on
    "past_to_read",
    metadata,
    Column("platform_id", Text, primary_key=True),
    _needed("contact", BigInteger),
    Index("past_to_read_contact", "contact"),
)

listed = Table(  # ids that the full read at hand has met; emptied when it begins
    "listed",
    metadata,
    _needed("source", Text),
    _needed("platform_id", Text),
)

company = Table(  # once each; contacts point at it by `associatedcompanyid`
    "company",
    metadata,
    Column("id", Text, primary_key=True),
    _needed("raw", JSONB),
    _needed("read_at", Moment),
)

sighting = Table(  # append-only: a reading of a record that brought news, with the values that it brought; null is gone
    "sighting",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "position", BigInteger, primary_key=True, autoincrement=False, server_default=text("nextval('ledger_position')")
    ),
    _needed("known_at", Moment),
    _needed("source", SmallInteger),
    _needed("changed", Boolean, "false"),  # false: these names are told for the first time
    _needed("platform_id", Text),
    _needed("values", JSONB),
)

company_sighting = Table(  # append-only, like `sighting`
    "company_sighting",
    metadata,
    Column("company", Text, primary_key=True),
    Column(
        "position", BigInteger, primary_key=True, autoincrement=False, server_default=text("nextval('ledger_position')")
    ),
    _needed("known_at", Moment),
    _needed("values", JSONB),
)

event = Table(  # one per contact and key: a partitioned table cannot say so itself, take-in does under the writer lock
    "event",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "key", BigInteger, primary_key=True, autoincrement=False
    ),  # digest of what names the act (`events.key_number`)
    Column("happened_at", Moment, primary_key=True),
    _needed("known_at", Moment),
    _needed("position", BigInteger, "nextval('ledger_position')"),
    _needed("asset", Integer),
    _needed("kind", SmallInteger),
    _needed("channel", SmallInteger),
    _needed("trust", SmallInteger),  # 0 human, 1 unsure, 2 machine
    postgresql_partition_by="RANGE (happened_at)",
)

unsettled = Table(  # acts that a counter tells of, until the submissions of forms say whether they are theirs
    "unsettled",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    _needed("happened_at", Moment),
    _needed("known_at", Moment),
    _needed("asset", Text),
)

tombstone = Table(  # keyed hashes of erased people: what comes late about them is dropped
    "tombstone",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    _needed("at", Moment),
)

# ---------------------------------------------------------------- judgements

verdict = Table(  # the newest one of each contact
    "verdict",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    _needed("judged", BigInteger),  # ledger position of the newest fact that it knew
    _needed("digest", BigInteger),  # of all that it says: the same one again need not be written
    _needed("written_at", Moment),
    _needed("exact", Integer),
    _needed("rulebook", Integer),
    _needed("day", Date),
    _needed("since", Date),
    Column("due", Date),  # when time alone may change it; null: never
    _needed("revision", Integer),  # grows with each verdict: two judges at once, one wins
    Column("score", SmallInteger),  # null: not enough data, or no model applies; never 0 for that
    _needed("model", SmallInteger),  # words, like the next three
    _needed("stage", SmallInteger),
    _needed("persona", SmallInteger),
    _needed("phase", SmallInteger),
    _needed("handed_over", Boolean),
    _needed("receipt", LargeBinary),
    Index("verdict_due", "due", postgresql_where=text("due IS NOT NULL")),
    Index("verdict_stage", "stage"),
)

sweep = Table(  # everybody whose `changed` is at most `position` was judged by this rulebook, who kept her verdict too
    "sweep",
    metadata,
    Column("rulebook", Integer, primary_key=True, autoincrement=False),
    _needed("position", BigInteger),
    _needed("day", Date),
)

flip = Table(
    "flip",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("contact", BigInteger),
    Column("before", Text),
    _needed("after", Text),
    _needed("cause", Text),
    _needed("rise", Boolean),
    _needed("baseline", Boolean),
    _needed("day", Date),
    _needed("at", Moment),
    Column("undone_by", BigInteger),  # the release that took it back, or that it belongs to as the way back
    Index("flip_contact", "contact", "id"),
    Index("flip_at", "at"),
)

track_state = Table(
    "track_state",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("track", Text, primary_key=True),
    _needed("matched", Boolean),
    _needed("matched_since", Date),
    _needed("at_baseline", Boolean),
    _needed("passed_over", Boolean, "false"),  # a person has discarded the opening batch that she was in
)

intent = Table(
    "intent",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("kind", Text),
    _needed("state", Text),
    _needed("contact", BigInteger),
    Column("source", Text),
    Column("track", Text),
    Column("episode", Integer),
    Column("channel", Text),
    _needed("payload", JSONB),
    _needed("why", Text, "''"),
    _needed("move", Boolean, "false"),  # it shows a stage that changed: the guard counts it
    _needed("not_before", Moment),
    Column("expires_at", Moment),  # null while held, and for all but enrollments
    _needed("attempts", Integer, "0"),
    Column("lease_until", Moment),  # database time; nobody else takes it before: a lease, or a pause after a failure
    Column("sending_at", Moment),
    Column("approved_at", Moment),
    _needed("reason", Text, "''"),
    _needed("created_at", Moment),
    Column("finished_at", Moment),
    Column("again_at", Moment),  # when a refused enrollment may be asked again
    _needed("heard", Boolean, "false"),  # a workflow listens to what it writes: the guard counts it like an enrollment
    Index(
        "intent_one_enrollment",
        "contact",
        "track",
        "episode",
        unique=True,
        postgresql_where=text(LIVE_ENROLLMENT),
    ),
    Index(
        "intent_one_write",
        "contact",
        "source",
        unique=True,
        postgresql_where=text("kind = 'write' AND state = 'pending'"),
    ),
    Index(
        "intent_one_leave",
        "contact",
        "track",
        "episode",
        unique=True,
        postgresql_where=text(OPEN_LEAVE),
    ),
    Index(
        "intent_open",
        "kind",
        "source",
        "id",
        postgresql_where=text("state IN ('pending', 'held', 'sending', 'unknown', 'parked')"),
    ),
    Index("intent_for_a_person", "state", "kind", postgresql_where=text("state IN ('held', 'parked', 'unknown')")),
    Index("intent_contact", "contact"),
    Index("intent_moved_at", "finished_at", postgresql_where=text("move AND finished_at IS NOT NULL")),
    Index("intent_heard_at", "finished_at", postgresql_where=text("heard")),
    Index("intent_enrolled_at", "sending_at", postgresql_where=text("kind = 'enroll' AND sending_at IS NOT NULL")),
)

episode = Table(
    "episode",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("track", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _needed("channel", Text),
    _needed("source", Text),
    _needed("entered_at", Moment),
    Column("left_at", Moment),
    Column("intent", BigInteger),
    Column("entered_as", Text),  # the platform's id of the record that was enrolled
)

parting = Table(  # people who were forgotten while on a track, until they are out of it: an hour at most
    "parting",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("key", Text),
    _needed("track", Text),
    _needed("source", Text),
    _needed("platform_id", Text),
    _needed("until", Moment),
)

handover = Table(  # one given to sales, until somebody has touched her (`ended_by`: verdict, task, contacted, left)
    "handover",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("contact", BigInteger),
    _needed("intent", BigInteger),
    _needed("stage", Text),
    _needed("owner", Text, "''"),  # the owner's id at HubSpot
    _needed("ours", Boolean, "false"),  # we set that owner
    _needed("task", Text, "''"),  # the task's id at HubSpot
    _needed("at", Moment),
    Column("due_at", Moment),  # by then somebody must have touched her; null: no such rule
    Column("ended_at", Moment),
    _needed("ended_by", Text, "''"),
    Column("told_at", Moment),  # when it was told to be overdue
    _needed("rerouted", Integer, "0"),
    Index("handover_contact", "contact", "id"),
    Index("handover_open", "due_at", postgresql_where=text("ended_at IS NULL")),
)

membership = (
    Table(  # the lists and tags of segments, and the list of the paused: who belongs there, and who stands there
        "membership",
        metadata,
        Column("contact", BigInteger, primary_key=True, autoincrement=False),
        Column("key", Text, primary_key=True),  # the list or tag, as a channel's key
        _needed("source", Text),
        _needed("segment", Text),
        _needed("wanted", Boolean),
        _needed("since", Date),  # since when she belongs there, or does not any more
        _needed("there", Boolean, "false"),  # we have put her there
        _needed("held", Boolean, "false"),  # she belongs there, and a person is to say whether she is put there
        Column("put_at", Moment),  # when we last tried to; null once she has been off it for long
        Column("approved_at", Moment),
        Column("again_at", Moment),  # the platform refused her: not before
        Index("membership_open", "key", "contact", postgresql_where=text("wanted <> there AND NOT held")),
        Index("membership_held", "segment", postgresql_where=text("held")),
        Index("membership_put_at", "key", "put_at", postgresql_where=text("put_at IS NOT NULL")),
    )
)

written = Table(  # what we last wrote
    "written",
    metadata,
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _needed("value", Text),
    _needed("at", Moment),
)

# ---------------------------------------------------------------- what came in, what went wrong

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("platform", Text),
    _needed("body", LargeBinary),
    _needed("content_type", Text),
    _needed("meta", JSONB),
    _needed("received_at", Moment),
    _needed("state", Text, "'waiting'"),
    _needed("attempts", Integer, "0"),
    Column("lease_until", Moment),  # database time
    _needed("reason", Text, "''"),
    Column("ended_at", Moment),
    _needed("replayed", Boolean, "false"),  # a person asked for it: what was seen before is done again
    Index("delivery_waiting", "id", postgresql_where=text("state = 'waiting'")),
    Index("delivery_for_a_person", "state", "platform", postgresql_where=text("state IN ('unknown', 'failed')")),
    Index("delivery_received_at", "received_at"),
)

seen = Table(
    "seen",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    _needed("at", Moment),
    Index("seen_at", "at"),
)

failure = Table(
    "failure",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("step", Text),
    _needed("source", Text),
    _needed("platform_id", Text),
    Column("contact", BigInteger),
    _needed("reason", Text),
    _needed("first_at", Moment),
    _needed("last_at", Moment),
    _needed("times", Integer),
    Column("resolved_at", Moment),
    Index(
        "failure_open",
        "step",
        "source",
        "platform_id",
        text("coalesce(contact, 0)"),
        unique=True,
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

# ---------------------------------------------------------------- what Trellis knows of itself

cursor = Table(
    "cursor",
    metadata,
    Column("source", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    _needed("value", Text),
    _needed("at", Moment),
)

rate = (
    Table(  # how fast all processes together may call one account of a platform: `adapters.budget` says what it means
        "rate",
        metadata,
        Column("account", Text, primary_key=True),
        _needed("state", JSONB),
    )
)

called = Table(  # calls made so far, by platform and how they ended; all processes add to it
    "called",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    _needed("calls", BigInteger),
)

alert = Table(  # what the admin is to be told of, until it is told; an open one is not raised again
    "alert",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("kind", Text),
    _needed("about", Text),
    _needed("message", Text),
    _needed("raised_at", Moment),
    Column("over_at", Moment),
    _needed("attempts", Integer, "0"),
    Column("next_at", Moment),  # None: told, or given up
    Index("alert_open", "kind", "about", unique=True, postgresql_where=text("over_at IS NULL")),
    Index("alert_to_tell", "next_at", postgresql_where=text("next_at IS NOT NULL")),
)

portal_cache = Table(
    "portal_cache",
    metadata,
    Column("key", Text, primary_key=True),
    _needed("value", JSONB),
    _needed("at", Moment),
)

rulebook = Table(
    "rulebook",
    metadata,
    Column("hash", Text, primary_key=True),
    _needed("source", JSONB),
    _needed("at", Moment),
    Column("id", Integer, Identity(always=True), nullable=False),
    Index("rulebook_id", "id", unique=True),
)

release = Table(  # the newest row names the active rulebook
    "release",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _needed("rulebook", Text),
    _needed("at", Moment),
    _needed("kind", Text, "'earlier'"),  # first, apply, rollback; earlier: nothing was kept of what it changed
    Column("undoes", BigInteger),  # a rollback's: the first release that it takes back
    Column("plan", JSONB),  # counts of what was foreseen; nobody stands there
    _needed("after_intent", BigInteger, "0"),  # the newest intent and flip that there were when it began
    _needed("after_flip", BigInteger, "0"),
    Column("judged_at", Moment),  # when everybody had been judged by it
    Column("done_at", Moment),  # ... and all that could be delivered was; null: it goes on
)

undo = Table(  # what a release has overwritten on a platform, kept before the first such write (docs/decisions/025)
    "undo",
    metadata,
    Column("release", BigInteger, primary_key=True, autoincrement=False),
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("before", Text),  # null: nothing stood there
    _needed("ours", Text),  # what we sent last
    _needed(
        "sent", ARRAY(Text), "'{}'"
    ),  # what we sent before that since anything was accepted: it may stand there, too
    Column("written", Text),  # what `written` said before, and since when; null: nothing
    Column("written_at", Moment),
    _needed("ended", Text, "''"),  # what a rollback did with it; "": not asked, or nothing yet
    _needed("at", Moment),
    Index("undo_contact", "contact"),
)

stood = Table(  # where somebody stood before a release changed it, for the first time
    "stood",
    metadata,
    Column("release", BigInteger, primary_key=True, autoincrement=False),
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    _needed("stage", Text),
    _needed("since", Date),
    _needed("handed_over", Boolean),
    _needed("tracks", JSONB),  # track: the columns of `track_state`
    _needed("at", Moment),
    Index("stood_contact", "contact"),
)

baseline = Table(
    "baseline",
    metadata,
    Column("source", Text, primary_key=True),
    _needed("completed_at", Moment),
)

tick = Table(
    "tick",
    metadata,
    Column("name", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    _needed("at", Moment, "now()"),
)

secret = Table(
    "secret",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    _needed("at", Moment),
)

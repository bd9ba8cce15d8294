"""The first schema. What each table is for stands in connector/store/schema.py."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE SEQUENCE ledger_position;

CREATE TABLE contact (
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    judged bigint DEFAULT 0 NOT NULL,
    revision integer DEFAULT 0 NOT NULL,
    judged_day date,
    judged_rulebook text,
    PRIMARY KEY (id)
);
CREATE INDEX contact_dirty ON contact (id) WHERE changed > judged;
CREATE INDEX contact_judged ON contact (judged_day, judged_rulebook);

CREATE TABLE identity (
    source text NOT NULL,
    platform_id text NOT NULL,
    contact bigint NOT NULL,
    PRIMARY KEY (source, platform_id)
);
CREATE INDEX identity_contact ON identity (contact);

CREATE TABLE record (
    contact bigint NOT NULL,
    source text NOT NULL,
    platform_id text NOT NULL,
    email text,
    email_key text,
    member_hash text,
    raw jsonb NOT NULL,
    modified_at timestamptz NOT NULL,
    archived boolean NOT NULL,
    merged_ids text[] NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (contact, source)
);
CREATE INDEX record_company ON record ((raw ->> 'associatedcompanyid')) WHERE source = 'hubspot';
CREATE INDEX record_email_key ON record (email_key);
CREATE INDEX record_member_hash ON record (member_hash) WHERE member_hash IS NOT NULL;
CREATE UNIQUE INDEX record_platform_id ON record (source, platform_id);

CREATE TABLE company (
    id text NOT NULL,
    raw jsonb NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE value_log (
    contact bigint NOT NULL,
    position bigint DEFAULT nextval('ledger_position') NOT NULL,
    source text NOT NULL,
    name text NOT NULL,
    value text,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (contact, position)
);

CREATE TABLE event (
    contact bigint NOT NULL,
    key text NOT NULL,
    happened_at timestamptz NOT NULL,
    kind text NOT NULL,
    known_at timestamptz NOT NULL,
    asset text NOT NULL,
    channel text NOT NULL,
    trust text NOT NULL,
    position bigint DEFAULT nextval('ledger_position') NOT NULL,
    PRIMARY KEY (contact, key, happened_at)
) PARTITION BY RANGE (happened_at);

CREATE TABLE tombstone (
    hash bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE verdict (
    contact bigint NOT NULL,
    model text NOT NULL,
    score smallint,
    exact integer NOT NULL,
    stage text NOT NULL,
    since date NOT NULL,
    day date NOT NULL,
    rulebook text NOT NULL,
    position bigint NOT NULL,
    handed_over boolean NOT NULL,
    receipt jsonb NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (contact)
);
CREATE INDEX verdict_stage ON verdict (stage);

CREATE TABLE flip (
    id bigint GENERATED ALWAYS AS IDENTITY,
    contact bigint NOT NULL,
    before text,
    after text NOT NULL,
    cause text NOT NULL,
    rise boolean NOT NULL,
    baseline boolean NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX flip_at ON flip (at);
CREATE INDEX flip_contact ON flip (contact, id);

CREATE TABLE track_state (
    contact bigint NOT NULL,
    track text NOT NULL,
    matched boolean NOT NULL,
    matched_since date NOT NULL,
    at_baseline boolean NOT NULL,
    PRIMARY KEY (contact, track)
);

CREATE TABLE intent (
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    state text NOT NULL,
    contact bigint NOT NULL,
    source text,
    track text,
    episode integer,
    channel text,
    payload jsonb NOT NULL,
    why text DEFAULT '' NOT NULL,
    move boolean DEFAULT false NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamptz,
    sending_at timestamptz,
    approved_at timestamptz,
    reason text DEFAULT '' NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (id)
);
CREATE INDEX intent_contact ON intent (contact);
CREATE INDEX intent_enrolled_at ON intent (sending_at) WHERE kind = 'enroll' AND sending_at IS NOT NULL;
CREATE INDEX intent_moved_at ON intent (finished_at) WHERE move AND finished_at IS NOT NULL;
CREATE UNIQUE INDEX intent_one_enrollment ON intent (contact, track, episode)
    WHERE kind = 'enroll' AND state IN ('pending', 'held', 'sending', 'accepted', 'unknown', 'parked');
CREATE UNIQUE INDEX intent_one_leave ON intent (contact, track, episode)
    WHERE kind = 'leave' AND state IN ('pending', 'held', 'sending');
CREATE UNIQUE INDEX intent_one_write ON intent (contact, source) WHERE kind = 'write' AND state = 'pending';
CREATE INDEX intent_open ON intent (kind, source, id)
    WHERE state IN ('pending', 'held', 'sending', 'unknown', 'parked');

CREATE TABLE episode (
    contact bigint NOT NULL,
    track text NOT NULL,
    number integer NOT NULL,
    channel text NOT NULL,
    source text NOT NULL,
    entered_at timestamptz NOT NULL,
    left_at timestamptz,
    intent bigint,
    PRIMARY KEY (contact, track, number)
);

CREATE TABLE written (
    contact bigint NOT NULL,
    source text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    at timestamptz NOT NULL,
    hour timestamptz NOT NULL,
    times integer NOT NULL,
    PRIMARY KEY (contact, source, name)
);

CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY,
    platform text NOT NULL,
    body bytea NOT NULL,
    content_type text NOT NULL,
    meta jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    state text DEFAULT 'waiting' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamptz,
    reason text DEFAULT '' NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (id)
);
CREATE INDEX delivery_received_at ON delivery (received_at);
CREATE INDEX delivery_waiting ON delivery (id) WHERE state = 'waiting';

CREATE TABLE seen (
    hash bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (hash)
);
CREATE INDEX seen_at ON seen (at);

CREATE TABLE failure (
    id bigint GENERATED ALWAYS AS IDENTITY,
    step text NOT NULL,
    source text NOT NULL,
    platform_id text NOT NULL,
    contact bigint,
    reason text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    times integer NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX failure_open ON failure (step, source, platform_id, coalesce(contact, 0))
    WHERE resolved_at IS NULL;

CREATE TABLE cursor (
    source text NOT NULL,
    stream text NOT NULL,
    value text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (source, stream)
);

CREATE TABLE portal_cache (
    key text NOT NULL,
    value jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (key)
);

CREATE TABLE rulebook (
    hash text NOT NULL,
    source jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE release (
    id bigint GENERATED ALWAYS AS IDENTITY,
    rulebook text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE baseline (
    source text NOT NULL,
    completed_at timestamptz NOT NULL,
    PRIMARY KEY (source)
);

CREATE TABLE tick (
    name text NOT NULL,
    slot bigint NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (name, slot)
);

CREATE TABLE secret (
    purpose text NOT NULL,
    value text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (purpose, value)
);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        op.execute(statement)

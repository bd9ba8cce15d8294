"""History of what platforms showed, and small rows: numbers for texts that repeat, verdicts apart from contacts."""

import hashlib

from alembic import op
from sqlalchemy import Connection, text

revision = "0002"
down_revision = "0001"

_BATCH = 50_000

_DICTIONARIES = """
CREATE TABLE word (
    id smallint GENERATED ALWAYS AS IDENTITY,
    text text NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX word_text ON word (text);
INSERT INTO word (id, text) OVERRIDING SYSTEM VALUE VALUES (0, '');
INSERT INTO word (text)
    SELECT kind FROM event UNION SELECT channel FROM event UNION SELECT source FROM record
    UNION SELECT source FROM value_log UNION SELECT stage FROM verdict UNION SELECT model FROM verdict
    UNION SELECT receipt ->> 'persona' FROM verdict WHERE receipt ->> 'persona' IS NOT NULL
    UNION SELECT receipt ->> 'phase' FROM verdict WHERE receipt ->> 'phase' IS NOT NULL
    ON CONFLICT DO NOTHING;

CREATE TABLE asset (
    id integer GENERATED ALWAYS AS IDENTITY,
    hash uuid GENERATED ALWAYS AS (md5(text)::uuid) STORED NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX asset_hash ON asset (hash);
INSERT INTO asset (id, text) OVERRIDING SYSTEM VALUE VALUES (0, '');
INSERT INTO asset (text) SELECT DISTINCT asset FROM event WHERE asset <> '' ORDER BY asset;
"""

# Of the first schema's log nobody can tell whether an empty value was seen before: what came later was a change.
_SIGHTINGS = """
CREATE TABLE sighting (
    contact bigint NOT NULL,
    position bigint DEFAULT nextval('ledger_position') NOT NULL,
    known_at timestamptz NOT NULL,
    source smallint NOT NULL,
    changed boolean DEFAULT false NOT NULL,
    platform_id text NOT NULL,
    values jsonb NOT NULL,
    PRIMARY KEY (contact, position)
);
ALTER TABLE record ADD COLUMN changed_on jsonb DEFAULT '{}' NOT NULL;
CREATE TEMPORARY TABLE reading ON COMMIT DROP AS
    SELECT contact, source, known_at, min(position) AS position, jsonb_object_agg(name, value ORDER BY position) AS values,
        known_at > min(known_at) OVER (PARTITION BY contact, source) AS changed
    FROM value_log GROUP BY contact, source, known_at;
INSERT INTO sighting (contact, position, known_at, source, changed, platform_id, values)
    SELECT r.contact, r.position, r.known_at, word.id, r.changed, coalesce(record.platform_id, ''), r.values
    FROM reading r JOIN word ON word.text = r.source LEFT JOIN record USING (contact, source);
INSERT INTO sighting (contact, known_at, source, platform_id, values)
    SELECT record.contact, contact.created_at, word.id, record.platform_id, '{}'
    FROM record JOIN contact ON contact.id = record.contact JOIN word ON word.text = record.source
    WHERE NOT EXISTS (SELECT FROM reading r WHERE r.contact = record.contact AND r.source = record.source)
    ORDER BY record.contact;
INSERT INTO sighting (contact, known_at, source, changed, platform_id, values)
    SELECT record.contact, record.read_at, word.id, true, record.platform_id, '{"(archived)": "true"}'
    FROM record JOIN word ON word.text = record.source WHERE archived ORDER BY record.contact;
UPDATE record SET changed_on = told.changed_on FROM (
    SELECT contact, source, jsonb_object_agg(name, at) AS changed_on FROM (
        SELECT contact, source, name, max(known_at) AS at FROM reading, jsonb_object_keys(values) AS name
        WHERE changed GROUP BY contact, source, name) AS latest
    GROUP BY contact, source) AS told
    WHERE record.contact = told.contact AND record.source = told.source;
DROP TABLE value_log;

CREATE TABLE company_sighting (
    company text NOT NULL,
    position bigint DEFAULT nextval('ledger_position') NOT NULL,
    known_at timestamptz NOT NULL,
    values jsonb NOT NULL,
    PRIMARY KEY (company, position)
);
INSERT INTO company_sighting (company, known_at, values)
    SELECT id, read_at, jsonb_strip_nulls(raw) FROM company ORDER BY id;
"""

# Everybody is judged anew on the next pass: the receipts of the first schema are not those of this one.
_VERDICTS = """
ALTER TABLE rulebook ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY NOT NULL;
CREATE UNIQUE INDEX rulebook_id ON rulebook (id);
ALTER TABLE verdict RENAME TO old_verdict;
ALTER TABLE old_verdict RENAME CONSTRAINT verdict_pkey TO old_verdict_pkey;
DROP INDEX verdict_stage;
CREATE TABLE verdict (
    contact bigint NOT NULL,
    judged bigint NOT NULL,
    digest bigint NOT NULL,
    written_at timestamptz NOT NULL,
    exact integer NOT NULL,
    rulebook integer NOT NULL,
    day date NOT NULL,
    since date NOT NULL,
    due date,
    revision integer NOT NULL,
    score smallint,
    model smallint NOT NULL,
    stage smallint NOT NULL,
    persona smallint NOT NULL,
    phase smallint NOT NULL,
    handed_over boolean NOT NULL,
    receipt bytea NOT NULL,
    PRIMARY KEY (contact)
);
INSERT INTO verdict
    SELECT old.contact, contact.judged, 0, old.written_at, old.exact, coalesce(rulebook.id, 0), old.day, old.since, old.day,
        contact.revision, old.score, model.id, stage.id, coalesce(persona.id, 0), coalesce(phase.id, 0), old.handed_over, ''
    FROM old_verdict old JOIN contact ON contact.id = old.contact LEFT JOIN rulebook ON rulebook.hash = old.rulebook
    JOIN word model ON model.text = old.model JOIN word stage ON stage.text = old.stage
    LEFT JOIN word persona ON persona.text = old.receipt ->> 'persona'
    LEFT JOIN word phase ON phase.text = old.receipt ->> 'phase';
CREATE INDEX verdict_due ON verdict (due) WHERE due IS NOT NULL;
CREATE INDEX verdict_stage ON verdict (stage);
DROP TABLE old_verdict;
DROP INDEX contact_dirty;
ALTER TABLE contact DROP COLUMN judged, DROP COLUMN revision, DROP COLUMN judged_day, DROP COLUMN judged_rulebook;
CREATE INDEX contact_changed ON contact (changed);
CREATE TABLE sweep (
    rulebook integer NOT NULL,
    position bigint NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (rulebook)
);
"""

_NEW_EVENTS = """
CREATE TABLE event (
    contact bigint NOT NULL,
    key bigint NOT NULL,
    happened_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    position bigint DEFAULT nextval('ledger_position') NOT NULL,
    asset integer NOT NULL,
    kind smallint NOT NULL,
    channel smallint NOT NULL,
    trust smallint NOT NULL,
    PRIMARY KEY (contact, key, happened_at)
) PARTITION BY RANGE (happened_at);
"""

_MOVE_EVENTS = """
INSERT INTO event
    SELECT old.contact, named.number, old.happened_at, old.known_at, old.position, asset.id, kind.id, channel.id,
        CASE old.trust WHEN 'human' THEN 0 WHEN 'unsure' THEN 1 ELSE 2 END
    FROM old_event old JOIN key_number named ON named.key = old.key JOIN asset ON asset.hash = md5(old.asset)::uuid
    JOIN word kind ON kind.text = old.kind JOIN word channel ON channel.text = old.channel;
DROP TABLE old_event;
"""


def upgrade() -> None:
    _run(_DICTIONARIES)
    _run(_SIGHTINGS)
    _run(_VERDICTS)
    _events(op.get_bind())


def _run(statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)


def _events(conn: Connection) -> None:
    """Rewritten in whole: each key becomes a number, which PostgreSQL itself cannot work out (it has no BLAKE2b)."""
    partitions = conn.execute(
        text(
            "SELECT relname, pg_get_expr(relpartbound, oid) AS bounds FROM pg_class"
            " WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event'::regclass) ORDER BY relname"
        )
    ).all()
    conn.execute(text("CREATE TEMPORARY TABLE key_number (key text, number bigint) ON COMMIT DROP"))
    keys = conn.execute(
        text("SELECT DISTINCT key FROM event"), execution_options={"stream_results": True, "yield_per": _BATCH}
    )
    for some in keys.scalars().partitions():
        conn.execute(
            text("INSERT INTO key_number SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:numbers AS bigint[]))"),
            {"keys": some, "numbers": [_number(key) for key in some]},
        )
    conn.execute(text("ANALYZE key_number"))
    conn.execute(text("CREATE TEMPORARY TABLE old_event ON COMMIT DROP AS SELECT * FROM event"))
    conn.execute(text("DROP TABLE event"))
    _run(_NEW_EVENTS)
    for one in partitions:
        conn.execute(text(f"CREATE TABLE {one.relname} PARTITION OF event {one.bounds}"))
    _run(_MOVE_EVENTS)


def _number(key: str) -> int:
    """The first eight bytes of a digest, as a signed number."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)

"""What can be taken back: what each release is, and what stood on the platforms and in the store before it changed it."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STATEMENTS = """
ALTER TABLE flip ADD COLUMN undone_by bigint;
ALTER TABLE release
    ADD COLUMN kind text NOT NULL DEFAULT 'earlier',
    ADD COLUMN undoes bigint,
    ADD COLUMN plan jsonb,
    ADD COLUMN after_intent bigint NOT NULL DEFAULT 0,
    ADD COLUMN after_flip bigint NOT NULL DEFAULT 0,
    ADD COLUMN judged_at timestamptz,
    ADD COLUMN done_at timestamptz;
UPDATE release SET judged_at = at, done_at = at;
CREATE TABLE undo (
    release bigint NOT NULL,
    contact bigint NOT NULL,
    source text NOT NULL,
    name text NOT NULL,
    before text,
    ours text NOT NULL,
    sent text[] NOT NULL DEFAULT '{}',
    written text,
    written_at timestamptz,
    ended text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (release, contact, source, name)
);
CREATE INDEX undo_contact ON undo (contact);
CREATE TABLE stood (
    release bigint NOT NULL,
    contact bigint NOT NULL,
    stage text NOT NULL,
    since date NOT NULL,
    handed_over boolean NOT NULL,
    tracks jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (release, contact)
);
CREATE INDEX stood_contact ON stood (contact);
"""


def upgrade() -> None:
    """Nothing that is there changes; of the releases that there are nothing can be taken back."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)

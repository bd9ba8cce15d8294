"""What reading platforms completely needs: pasts still to read, ids met by a full read, acts to settle, shared rates."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = """
CREATE TABLE past_to_read (
    platform_id text NOT NULL,
    contact bigint NOT NULL,
    PRIMARY KEY (platform_id)
);
CREATE INDEX past_to_read_contact ON past_to_read (contact);
CREATE TABLE listed (
    source text NOT NULL,
    platform_id text NOT NULL
);
CREATE TABLE unsettled (
    contact bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    happened_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    asset text NOT NULL,
    PRIMARY KEY (contact, kind, key)
);
CREATE TABLE rate (
    account text NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (account)
);
"""


def upgrade() -> None:
    """Nobody who is known already is put into `past_to_read`: her acts would be told a second time under other keys."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)

"""What running unattended needs: calls counted for all processes, alerts until they are told."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = """
ALTER TABLE written DROP COLUMN hour, DROP COLUMN times;
ALTER TABLE delivery ADD COLUMN replayed boolean NOT NULL DEFAULT false;
CREATE TABLE called (
    platform text NOT NULL,
    outcome text NOT NULL,
    calls bigint NOT NULL,
    PRIMARY KEY (platform, outcome)
);
CREATE TABLE alert (
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    about text NOT NULL,
    message text NOT NULL,
    raised_at timestamptz NOT NULL,
    over_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX alert_open ON alert (kind, about) WHERE over_at IS NULL;
CREATE INDEX alert_to_tell ON alert (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX delivery_for_a_person ON delivery (state, platform) WHERE state IN ('unknown', 'failed');
CREATE INDEX intent_for_a_person ON intent (state, kind) WHERE state IN ('held', 'parked', 'unknown');
"""


def upgrade() -> None:
    """Loops are told by the writes themselves since, so they are not counted beside the values any more."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)

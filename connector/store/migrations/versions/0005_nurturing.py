"""What tending people needs: hand-overs until somebody has touched them, segments as they are told, when a no is asked again."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = """
ALTER TABLE intent ADD COLUMN again_at timestamptz;
ALTER TABLE episode ADD COLUMN entered_as text;
ALTER TABLE intent ADD COLUMN heard boolean NOT NULL DEFAULT false;
CREATE INDEX intent_heard_at ON intent (finished_at) WHERE heard;
ALTER TABLE track_state ADD COLUMN passed_over boolean NOT NULL DEFAULT false;
CREATE TABLE parting (
    id bigint GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    track text NOT NULL,
    source text NOT NULL,
    platform_id text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE handover (
    id bigint GENERATED ALWAYS AS IDENTITY,
    contact bigint NOT NULL,
    intent bigint NOT NULL,
    stage text NOT NULL,
    owner text NOT NULL DEFAULT '',
    ours boolean NOT NULL DEFAULT false,
    task text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    told_at timestamptz,
    rerouted integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);
CREATE INDEX handover_contact ON handover (contact, id);
CREATE INDEX handover_open ON handover (due_at) WHERE ended_at IS NULL;
CREATE TABLE membership (
    contact bigint NOT NULL,
    key text NOT NULL,
    source text NOT NULL,
    segment text NOT NULL,
    wanted boolean NOT NULL,
    since date NOT NULL,
    there boolean NOT NULL DEFAULT false,
    held boolean NOT NULL DEFAULT false,
    put_at timestamptz,
    approved_at timestamptz,
    again_at timestamptz,
    PRIMARY KEY (contact, key)
);
CREATE INDEX membership_open ON membership (key, contact) WHERE wanted <> there AND NOT held;
CREATE INDEX membership_held ON membership (segment) WHERE held;
CREATE INDEX membership_put_at ON membership (key, put_at) WHERE put_at IS NOT NULL;
"""


def upgrade() -> None:
    """Nothing that is there changes."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)

"""Alembic's revisions, and the names of those that this version knows (a test compares the two).

They stand here as plain text so that looking at the schema's version does not import Alembic.
"""

#: Oldest first; the last one is what this version needs.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")

#: Alembic's own table, under a name that does not collide with another application's in the same database.
VERSION_TABLE = "trellis_schema"

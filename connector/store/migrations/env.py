"""Alembic's entry: runs on the connection and in the transaction that `connector.store.migrate` hands over."""

from alembic import context

from connector.store.migrations import VERSION_TABLE
from connector.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()

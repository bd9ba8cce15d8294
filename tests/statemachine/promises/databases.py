"""Databases as cheap as examples: each is a copy of another, made by the server."""

from __future__ import annotations

from itertools import count

import psycopg
from sqlalchemy import URL, make_url


class Databases:
    """Makes copies on one server; `empty` is the migrated and empty one. Nobody may be connected to what is copied."""

    def __init__(self, url: str, template: str) -> None:
        self._url, self.empty = make_url(url), template
        self._admin = psycopg.connect(_plain(self._url.set(database="postgres")), autocommit=True)
        self._numbers = count(1)
        self._made: set[str] = set()

    def copy(self, name: str) -> str:
        """The name of a copy of the database `name`, as it is now."""
        made = f"machine_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {made} TEMPLATE {name}")
        self._admin.execute(f"ALTER DATABASE {made} SET synchronous_commit = off")  # nobody pulls the plug here
        self._made.add(made)
        return made

    def drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._made.discard(name)

    def url(self, name: str) -> str:
        """For SQLAlchemy."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def plain_url(self, name: str) -> str:
        """For psycopg."""
        return _plain(self._url.set(database=name))

    def close(self) -> None:
        for name in sorted(self._made):
            self.drop(name)
        self._admin.close()


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)

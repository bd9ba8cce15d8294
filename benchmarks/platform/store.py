"""The bundled PostgreSQL in a temporary folder, migrated: prints its address and runs until standard input ends."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from connector.assembly import bundled_url
from connector.store.engine import connect
from connector.store.migrate import migrate


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        here = Path(folder)
        here.chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
        with bundled_url(here / "var") as url:
            engine = connect(url)
            migrate(engine)
            engine.dispose()
            print(url, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()

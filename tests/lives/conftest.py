"""These tests share the package `tending` with the campaign of worlds."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "worlds"))

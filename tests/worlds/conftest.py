"""What these tests share is the package `tending`; the campaign uses it too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

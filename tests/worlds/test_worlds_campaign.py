"""The campaign of worlds does not rot: a small one, as `make test-worlds` runs a large one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_two_small_worlds_break_no_promise():
    campaign = Path(__file__).with_name("campaign.py")
    small = ["--worlds", "2", "--lives", "25", "--turns", "6"]
    done = subprocess.run([sys.executable, campaign, *small], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

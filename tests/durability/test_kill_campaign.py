"""The kill campaign does not rot: a few kills of it, as `make test-durability` runs a hundred."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_few_kills_break_no_promise():
    campaign = Path(__file__).with_name("campaign.py")
    done = subprocess.run([sys.executable, campaign, "--kills", "3"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

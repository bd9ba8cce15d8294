"""What running.md tells to install: the systemd unit, the Procfile's processes, the requirements of hosts."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from connector.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "docs" / "systemd" / "trellis.service"


def _service() -> dict[str, str]:
    unit = ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, encoding="utf-8")
    return dict(unit["Service"])


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd here")
    (tmp_path / ".env").touch()
    text = UNIT.read_text(encoding="utf-8").replace("/srv/trellis/.venv/bin/trellis", "/bin/true")
    text = text.replace("/srv/trellis", str(tmp_path))
    text = text.replace("User=trellis", f"User={pwd.getpwuid(os.getuid()).pw_name}")
    unit = tmp_path / "trellis.service"
    unit.write_text(text, encoding="utf-8")
    told = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_the_unit_lets_serve_end_in_order_and_the_bundled_database_write():
    service = _service()
    home = service["WorkingDirectory"]
    assert service["ExecStart"] == f"{home}/.venv/bin/trellis serve"
    assert service["EnvironmentFile"] == f"{home}/.env"
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", f"{home}/var")  # TRELLIS_DATA
    assert (service["KillMode"], service["Restart"]) == ("mixed", "always")
    assert int(service["TimeoutStopSec"]) > 25
    assert {"AF_UNIX", "AF_INET"} <= set(service["RestrictAddressFamilies"].split())
    assert "MemoryDenyWriteExecute" not in service


def test_the_procfile_runs_commands_that_exist_with_the_python_of_the_host():
    lines = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(lines) == {"release", "web", "worker", "clock"}
    for name, line in lines.items():
        assert line == f"python -m connector {name}"
        assert name in COMMANDS


def test_hosts_install_what_everybody_installs():
    told = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in told if not line.startswith("#")] == ["-c constraints.txt", "-e ."]

"""What is known of a running PostgreSQL from outside: its pid file, and whether that process is really it."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PID_FILE = "postmaster.pid"
_SOCKET_LOCK = ".s.PGSQL.5432.lock"
#: Lines of the pid file, as PostgreSQL's miscadmin.h numbers them (from 1): pid, …, socket directory, …, status.
_SOCKET_LINE, _STATUS_LINE = 5, 8


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The first process of a live server of one data directory. `status` is its own word: starting, ready, stopping."""

    pid: int
    socket_folder: Path
    status: str

    def stop(self) -> None:
        """Ask it to stop at once and cleanly (connections are closed, committed work is kept); does not wait."""
        try:
            os.kill(self.pid, signal.SIGINT)
        except ProcessLookupError:
            return


def find_postmaster(data: Path) -> Postmaster | None:
    """The live server of `data`, or None. A pid that now belongs to another process is not it. Read-only."""
    lines = _pid_file_lines(data)
    pid = _pid(lines)
    if pid is None or not _is_postgres_of(pid, data):
        return None

    def line(number: int) -> str:
        return lines[number - 1].strip() if len(lines) >= number else ""

    return Postmaster(pid, Path(line(_SOCKET_LINE)), line(_STATUS_LINE) or "starting")


def disown_reused_pid(data: Path, socket_folder: Path) -> None:
    """Call only while no server of `data` is alive, right before starting one from this process.

    PostgreSQL refuses to start while the pid in an old lock file is alive, whoever that is now: containers begin
    counting anew, and a killed server is a zombie until somebody reaps it. For the data directory it makes an exception
    for its own parent: so the file is told *our* pid, and the interlock over the old server's shared memory, which the
    rest of the file describes, stays in force (deleting the file would lose it). The socket folder is private to this
    data directory, so its lock says nothing more and may go.
    """
    lines = _pid_file_lines(data)
    pid = _pid(lines)
    if pid is not None and pid != os.getpid() and _exists(pid):
        lines[0] = str(os.getpid())
        with (data / _PID_FILE).open("r+", encoding="utf-8") as file:  # in place: owner and mode stay
            file.write("\n".join(lines) + "\n")
            file.truncate()
    (socket_folder / _SOCKET_LOCK).unlink(missing_ok=True)


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / _PID_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _pid(lines: list[str]) -> int | None:
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postgres_of(pid: int, data: Path) -> bool:
    """Whether process `pid` was started as ``postgres -D data`` (as `cluster.py` does) and is no zombie."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return False
        listed = subprocess.run(  # noqa: S603 -- fixed program, a number as argument
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        command = listed.stdout
        return b"postgres" in command and b"-D " + os.fsencode(data) in command
    return words[0].endswith(b"postgres") and os.fsencode(data) in words

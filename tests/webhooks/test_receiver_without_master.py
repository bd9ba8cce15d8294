"""gunicorn's master killed: its workers leave with it, whoever is there, so that the next one gets the port at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from webhooks import gunicorn_conf

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""
_PART = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"


def answers(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b" 200 " in caller.recv(100)
    return False


def can_be_had(port):
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def until(true, seconds):
    ends = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they look for their master once a second, and finish")
def test_workers_whose_master_was_killed_hold_the_port_for_no_slow_caller(tmp_path):
    (tmp_path / "answering.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, inherited = listening.getsockname()[1], listening.fileno()
        os.set_inheritable(inherited, True)
        master = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "python:webhooks.gunicorn_conf"),
                *("--bind", f"fd://{inherited}", "--pythonpath", str(tmp_path), "answering:app"),
            ],
            env={**os.environ, "DATABASE_URL": "postgresql://nobody.example/none"},
            stderr=subprocess.DEVNULL,
            pass_fds=(inherited,),
        )
    callers = []
    try:
        assert until(lambda: answers(port), 20)
        for _ in range(4 * gunicorn_conf.workers):
            callers.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            callers[-1].sendall(_PART)
        assert answers(port)
    finally:
        master.send_signal(signal.SIGKILL)
        master.wait()
    free = until(lambda: can_be_had(port), 3)
    for caller in callers:
        caller.close()
    assert free

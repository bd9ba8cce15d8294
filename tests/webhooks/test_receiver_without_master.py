"""gunicorn's master killed: its workers leave with it, whoever is there, so that the next one gets the port at once."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from webhooks import gunicorn_conf
from webhooks.worker import Worker

ROOT = Path(__file__).parents[2]
APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""
#: A worker that was just forked; its master does with SIGQUIT what gunicorn's does: note it, and go on.
FORKED = """
import os, signal, time
from webhooks import gunicorn_conf
signal.signal(signal.SIGQUIT, lambda *_: None)
if os.fork() == 0:
    gunicorn_conf.post_fork(None, None)
    print("forked", flush=True)
time.sleep(60)
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


linux = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere they look for their master once a second, and finish"
)


@linux
def test_a_worker_whose_master_is_killed_as_it_begins_goes_too():
    with subprocess.Popen([sys.executable, "-c", FORKED], stdout=subprocess.PIPE, cwd=ROOT) as master:
        assert master.stdout is not None
        assert master.stdout.readline() == b"forked\n"
        master.kill()
        assert select.select([master.stdout], [], [], 20)[0], "it is still there"


def test_a_worker_that_is_told_to_leave_while_it_hands_a_request_over_leaves():
    """The pool is locked by the very thread that the signal interrupts."""
    worker, left = Worker.__new__(Worker), []
    worker.cfg, worker.tpool = SimpleNamespace(worker_int=left.append), ThreadPoolExecutor(1)

    def interrupted():
        with worker.tpool._shutdown_lock, pytest.raises(SystemExit):
            worker.handle_quit(signal.SIGQUIT, None)
        left.append("gone")

    leaving = Thread(target=interrupted, daemon=True)
    leaving.start()
    leaving.join(10)
    assert left == [worker, "gone"]


@linux
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
    free = until(lambda: can_be_had(port), 8)  # slow callers are dropped after ten seconds
    for caller in callers:
        caller.close()
    assert free

"""The receiver's port may still be held by what a killed one has left behind: it is waited for, and somebody told why."""

from __future__ import annotations

import socket
import threading
import time

import click
import pytest

from connector.cli.port import PATIENCE_S, take_port
from webhooks import gunicorn_conf


@pytest.fixture
def holder():
    with socket.create_server(("", 0)) as held:
        yield held


def test_the_wait_is_longer_than_a_receiver_without_its_master_lives():
    """It looks for its master once a second, then gives who is there `graceful_timeout`."""
    assert gunicorn_conf.graceful_timeout + 1 < PATIENCE_S


def test_a_port_that_stays_taken_is_told_in_one_line(holder, capsys):
    port = holder.getsockname()[1]
    with pytest.raises(click.exceptions.Exit) as ended:
        take_port(port, patience_s=0)
    assert ended.value.exit_code == 5
    assert capsys.readouterr().err == f"port {port} is taken: stop whoever has it, or set PORT to another one\n"


def test_who_waits_for_a_port_says_so_once_and_takes_it_as_soon_as_it_is_free(holder, capsys):
    port, taken, said = holder.getsockname()[1], [], ""
    waiting = threading.Thread(target=lambda: taken.append(take_port(port)))
    waiting.start()
    ends = time.monotonic() + 10
    while not said and time.monotonic() < ends:
        said = capsys.readouterr().err
        time.sleep(0.02)
    holder.close()
    waiting.join(5)
    with taken.pop() as ours:
        assert ours.getsockname()[1] == port
    assert said.startswith(f"port {port} is taken; waiting up to 25 s")
    assert (said + capsys.readouterr().err).count("\n") == 1

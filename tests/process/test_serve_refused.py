"""What stands in the way is told in one line with its cure, and exit code 5; nothing is left running."""

from __future__ import annotations

import signal
import socket
from resource import RUSAGE_CHILDREN, getrusage

import psycopg
import pytest

from connector.store.migrations import REVISIONS


def refusal(machine, *words, **environ):
    """The one line and the code that a command ended with; nothing of it goes on."""
    done = machine.trellis(*words, **environ)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert machine.remains() == {}
    return done.stderr, done.returncode


@pytest.fixture
def given(database):
    """The URL of a database on somebody's server, as DATABASE_URL names one."""
    return database.replace("+psycopg", "", 1)


def execute(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_port_that_somebody_has_is_waited_for_no_longer_than_asked(machine, given, wait_until, command):
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        waits = machine.start(command, PORT=port, DATABASE_URL=given)
        try:
            wait_until(lambda: f"port {port} is taken; waiting up to" in machine.log, "it says that it waits")
        finally:
            waits.terminate()
        assert waits.wait(60) != 0
    assert machine.remains() == {}


def test_a_port_that_is_let_go_in_a_moment_is_waited_for(machine, given, wait_until):
    """As after kill -9 of a supervisor, whose receiver needs a moment to end."""
    with socket.create_server(("", int(machine.environ["PORT"]))):
        serve = machine.start("serve", DATABASE_URL=given)
        try:
            applied = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'trellis:%' AND datname = current_database()"
            with psycopg.connect(given, autocommit=True) as connection:
                wait_until(lambda: connection.execute(applied).fetchone(), "it has come as far as the database")
        except BaseException:
            serve.kill()
            raise
    try:
        wait_until(machine.answers, "the receiver is up")
    finally:
        serve.terminate()
        assert serve.wait(60) == 0


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_data_directory_that_cannot_be_written(machine, command):
    machine.data.write_text("a file, not a directory", encoding="utf-8")
    line, code = refusal(machine, command)
    assert str(machine.data) in line
    assert "TRELLIS_DATA" in line
    assert code == 5


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_that_is_away(machine, command):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        url = f"postgresql://trellis:very-secret-password@127.0.0.1:{port}/trellis"
        line, code = refusal(machine, command, DATABASE_URL=url)
    assert "DATABASE_URL" in line
    assert "very-secret-password" not in line
    assert code == 5


@pytest.mark.parametrize("command", ["serve", "release"])
def test_a_newer_schema_is_left_alone(machine, given, command):
    execute(given, "UPDATE trellis_schema SET version_num = '9999'")
    line, code = refusal(machine, command, DATABASE_URL=given)
    assert "9999" in line
    assert REVISIONS[-1] in line
    assert code == 5


def test_without_any_platform_there_is_nothing_to_serve(machine):
    done = machine.trellis("serve", HUBSPOT_ACCESS_TOKEN="", MAILCHIMP_API_KEY="")
    assert done.returncode == 2
    assert "trellis demo" in done.stderr
    assert machine.remains() == {}


def test_of_two_at_once_one_serves_and_the_other_says_who(machine, wait_until):
    both = [machine.start("serve"), machine.start("serve")]
    try:
        loser = wait_until(lambda: next((one for one in both if one.poll() is not None), None), "one has given up")
        winner = next(one for one in both if one is not loser)
        assert loser.returncode == 5
        assert f"another Trellis is using {machine.data} (pid {winner.pid})" in machine.log
        wait_until(machine.answers, "the other one serves")
        assert winner.poll() is None
    finally:
        for one in both:
            one.send_signal(signal.SIGINT)  # as Ctrl-C does
        assert {one.wait(60) for one in both} == {0, 5}
    assert machine.remains() == {}


def test_sigterm_while_it_starts_leaves_nothing_behind(machine, wait_until):
    serve = machine.start("serve")
    wait_until(lambda: machine.pid("postgres") is not None, "PostgreSQL has been started")
    serve.terminate()
    assert serve.wait(25) in (0, 1)
    wait_until(lambda: machine.remains() == {}, "nothing is left")


def test_the_version_is_told_fast(machine):
    """By the processor's clock, for the machine may have other things to do; and best of five, for others use its caches."""

    def seconds():
        before = getrusage(RUSAGE_CHILDREN)
        assert machine.trellis("--version").stdout.startswith("trellis ")
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert 0 < min(seconds() for _ in range(5)) <= 0.15


def test_an_orphaned_process_does_not_work_on(machine, given, wait_until):
    """Linux tells children of a killed supervisor to go; elsewhere they find out when they lose the database."""
    serve = machine.start("serve", DATABASE_URL=given)
    wait_until(lambda: machine.pid("clock") is not None, "every process is started")
    serve.send_signal(signal.SIGKILL)
    serve.wait()
    wait_until(lambda: machine.remains() == {}, "its children have gone with it")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_part_run_alone_stops_the_postgres_that_it_brought_up(machine, wait_until, by):
    web = machine.start("web")
    wait_until(machine.answers, "the receiver is up")
    wait_until(lambda: machine.pid("postgres") is not None, "PostgreSQL came with it")
    web.send_signal(by)
    assert web.wait(60) == 0
    wait_until(lambda: machine.remains() == {}, "nothing is left")

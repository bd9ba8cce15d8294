"""What a name means for `trellis plan --versus`: a release, a hash, a folder, a commit; and what is said where it is unclear."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connector.change.versus import NotNamed, rulebook_named
from connector.rulebook.problems import RulebookError
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.store import state
from connector.store.engine import connect

SHIPPED = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    engine = connect(database)
    with engine.begin() as conn:
        yield conn
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files in the working directory, in no repository."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "mappings", ignore=shutil.ignore_patterns("cases", "schema"))
    return tmp_path / "mappings"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@team.example", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """The same in a repository, not at its top: tag `first` has the shipped files, and the time zone is another since."""
    git(folder.parent, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "as shipped")
    git(folder, "tag", "first")
    edit(folder, "Europe/Madrid", "Europe/Lisbon")
    return folder


def edit(folder: Path, old: str, new: str) -> Rulebook:
    path = folder / "fields.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return read_rulebook(folder)


def activated(conn: Connection, rulebook: Rulebook) -> int:
    return state.activate(conn, rulebook.hash, rulebook.source, NOW)


def test_a_release_a_hash_and_a_folder_are_found_by_what_people_call_them(conn: Connection, folder: Path) -> None:
    first = read_rulebook(folder)
    number = activated(conn, first)
    other = edit(folder, "Europe/Madrid", "Europe/Lisbon")
    again = activated(conn, other)
    for name in (str(number), f"release:{number}"):
        assert rulebook_named(name, conn, folder) == (f"release {number}", first)
    assert rulebook_named(f"release:{again}", conn, folder) == (f"release {again}", other)
    assert rulebook_named(first.hash[:8], conn, folder) == (f"rulebook {first.hash[:12]}", first)
    assert rulebook_named("mappings", conn, folder) == ("the files in mappings", other)
    assert rulebook_named(str(folder), conn, folder)[1] == other


def test_a_rulebook_that_this_version_cannot_read_any_more_is_said_to_be_one(conn: Connection, folder: Path) -> None:
    number = state.activate(conn, "f" * 64, {"fields": "{}"}, NOW)
    with pytest.raises(
        NotNamed, match=f"^release {number} cannot be read by this version of Trellis: compare with a folder"
    ):
        rulebook_named(str(number), conn, folder)


def test_a_commit_is_read_as_it_was_and_nothing_is_checked_out(conn: Connection, repository: Path) -> None:
    before = {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    shipped = read_rulebook(SHIPPED)
    for name in ("first", "git:first", "git:HEAD", "main", "git:main^0"):
        label, rulebook = rulebook_named(name, conn, repository)
        assert rulebook.hash == shipped.hash
        assert label.startswith(f"{name.removeprefix('git:')} (")
    assert read_rulebook(repository).hash != shipped.hash
    assert {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()} == before


def test_files_of_a_commit_that_are_no_rulebook_are_named_by_it(conn: Connection, repository: Path) -> None:
    edit_text = (repository / "stages.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 9", 1)
    (repository / "stages.yaml").write_text(edit_text, encoding="utf-8")
    (repository / "tracks.yaml").unlink()
    (repository / "tracks.yaml").symlink_to(SHIPPED / "tracks.yaml")
    git(repository, "commit", "-a", "-m", "broken")
    with pytest.raises(RulebookError) as caught:
        rulebook_named("git:main", conn, repository)
    files = {problem.file.partition(":")[2] for problem in caught.value.problems}
    assert files == {"stages.yaml", "tracks.yaml"}
    assert all(len(problem.file.partition(":")[0]) == 7 for problem in caught.value.problems)


def test_nothing_of_the_repository_runs(conn: Connection, repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    for name in (
        "filter.trap.smudge",
        "diff.trap.textconv",
        "core.fsmonitor",
        "core.pager",
        "uploadpack.packObjectsHook",
    ):
        git(repository, "config", name, f"touch {trap}; cat")
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc"):
        path = repository.parent / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {trap}\n", encoding="utf-8")
        path.chmod(0o755)
    (repository.parent / ".git" / "info" / "attributes").write_text("*.yaml filter=trap diff=trap\n", encoding="utf-8")
    assert rulebook_named("git:first", conn, repository)[1] == read_rulebook(SHIPPED)
    assert not trap.exists()


def commit_with(repository: Path, entry: bytes) -> str:
    """A commit whose folder holds one more file, as no work tree could bring it about."""

    def asked(*arguments: str, told: bytes = b"") -> bytes:
        who = {
            "GIT_AUTHOR_NAME": "ana",
            "GIT_AUTHOR_EMAIL": "a@b",
            "GIT_COMMITTER_NAME": "ana",
            "GIT_COMMITTER_EMAIL": "a@b",
        }
        ran = subprocess.run(["git", *arguments], cwd=repository, input=told, check=True, capture_output=True, env=who)
        return ran.stdout.strip()

    folder = asked("mktree", "--missing", "-z", told=asked("ls-tree", "-z", "HEAD") + entry + b"\0")
    tree = asked("mktree", told=b"040000 tree %s\tmappings\n" % folder)
    return asked("commit-tree", "-m", "odd", tree.decode()).decode()


def test_a_commit_of_an_enemy_is_a_line(conn: Connection, repository: Path) -> None:
    blob = subprocess.run(
        ["git", "rev-parse", "HEAD:mappings/stages.yaml"], cwd=repository, check=True, capture_output=True
    )
    entry = b"100644 blob %s\t" % blob.stdout.strip()
    long = commit_with(repository, entry + b"a" * 300 + b".yaml")
    assert rulebook_named(long, conn, repository)[1] == read_rulebook(SHIPPED)
    missing = commit_with(repository, b"100644 blob %s\tmodel-b.yaml" % (b"1" * 40))
    with pytest.raises(NotNamed, match="cannot be read here: the commit is not whole here"):
        rulebook_named(missing, conn, repository)
    giant = repository / "giant"
    giant.write_bytes(b"#" * (1 << 20) + b"#")
    hashed = subprocess.run(["git", "hash-object", "-w", giant], cwd=repository, check=True, capture_output=True)
    with pytest.raises(RulebookError, match=r"model-b\.yaml: is larger than 1 MiB"):
        rulebook_named(
            commit_with(repository, b"100644 blob %s\tmodel-b.yaml" % hashed.stdout.strip()), conn, repository
        )


NOBODY = (
    "",
    "nowhere",
    "release:9",
    "9" * 21,
    "release:x",
    "git:nowhere",
    "git:",
    "git:-h",
    "--help",
    "git:^main",
    "git:a\0b",
)


def test_what_names_nothing_is_one_line_with_the_cure(conn: Connection, repository: Path) -> None:
    activated(conn, read_rulebook(repository))
    for name in NOBODY:
        with pytest.raises(NotNamed) as caught:
            rulebook_named(name, conn, repository)
        assert str(caught.value).startswith(f'"{name}" is no release, folder or commit')
        assert str(caught.value).endswith("`trellis releases` lists what was active")


def test_a_folder_of_other_things_is_no_rulebook_and_a_long_name_is_not_repeated(
    conn: Connection, folder: Path
) -> None:
    (folder.parent / "notes").mkdir()
    with pytest.raises(NotNamed, match=r"^there is no file of a rulebook in notes$"):
        rulebook_named("notes", conn, folder)
    with pytest.raises(NotNamed) as caught:
        rulebook_named("a" * 5_000, conn, folder)
    assert len(str(caught.value)) < 300


def test_a_name_for_two_things_is_asked_back(conn: Connection, repository: Path) -> None:
    number = activated(conn, read_rulebook(SHIPPED))
    git(repository, "tag", str(number))
    with pytest.raises(
        NotNamed, match=rf"release {number} \(release:{number}\) or {number} \(\w{{7}}\) \(git:{number}\)"
    ):
        rulebook_named(str(number), conn, repository)
    shutil.copytree(SHIPPED, str(number))
    with pytest.raises(NotNamed, match=rf"or the files in {number} \(\./{number}\): write the one that you mean"):
        rulebook_named(str(number), conn, repository)
    told = {rulebook_named(name, conn, repository)[0] for name in (f"release:{number}", f"git:{number}", f"./{number}")}
    assert len(told) == 3


def test_where_there_is_no_git_it_is_said_why(conn: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = activated(conn, read_rulebook(folder))
    with pytest.raises(NotNamed, match="nor can it be a commit: git says: not a git repository"):
        rulebook_named("git:main", conn, folder)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotNamed, match="nor can it be a commit: git is not installed"):
        rulebook_named("git:main", conn, folder)
    assert rulebook_named(str(number), conn, folder)[0] == f"release {number}"

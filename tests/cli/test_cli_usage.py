"""What is typed wrongly gets one line with a hint and exit code 2; what is asked for help reads well on 80 columns."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from connector import __version__
from connector.cli import COMMANDS, trellis
from connector.cli.exits import Exit


def paths() -> list[tuple[str, ...]]:
    """Every command and subcommand."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = trellis.get_command(click.Context(trellis), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.commands]
    return found


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("chek", 'there is no command "chek"; did you mean check? (see trellis --help)'),
        ("xyzzy", 'there is no command "xyzzy" (see trellis --help)'),
        ("sync --dryrun", "--dry-run"),
        ("explain", "Missing argument 'WHO' (see trellis explain --help)"),
        ("explain maria brian", "(see trellis explain --help)"),
        ("deliveries lst", "Did you mean 'list'? (see trellis deliveries --help)"),
        ("deliveries show latest", "(see trellis deliveries show --help)"),
        ("deliveries show 99999999999999999999", "is not in the range"),
        ("deliveries list --limit -1", "is not in the range"),
        ("deliveries list --state lost", "'waiting'"),
        ("failures show 0", "is not in the range"),
        ("approve seven", "WHICH is a number or a name of `trellis holds`, or `all` (see trellis approve --help)"),
        ("approve opening:", "WHICH is a number or a name of `trellis holds`, or `all` (see trellis approve --help)"),
        ("approve 17 --most 5", "--most is for opening batches (see trellis approve --help)"),
        ("approve opening:finance --most 0", "is not in the range"),
        ("sandbox --hubspot-port x", "(see trellis sandbox --help)"),
        ("demo --people many", "(see trellis demo --help)"),
    ],
)
def test_wrong_usage_is_one_line_that_says_where_the_right_one_stands(desk, typed, told):
    ran = desk.trellis(*typed.split())
    assert ran.code == Exit.USAGE
    assert ran.out == ""
    assert len(ran.said) == 1
    assert told in ran.err


def test_without_a_command_the_commands_are_listed(desk):
    ran = desk.trellis()
    assert ran.code == Exit.USAGE
    assert all(f"\n  {name} " in ran.err for name in COMMANDS)


def test_the_list_of_commands_holds_a_whole_sentence_for_each_in_80_columns(desk):
    ran = desk.trellis("--help")
    assert ran.code == Exit.DONE
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines[lines.index("Commands:") + 1 :]]
    assert [row[0] for row in rows] == list(COMMANDS)
    assert all(row[-1].endswith(".") and not row[-1].endswith("...") for row in rows)


@pytest.mark.parametrize("path", paths(), ids=" ".join)
def test_the_help_of_each_command_has_an_example_and_fits(desk, path):
    ran = desk.trellis(*path, "--help")
    assert ran.code == Exit.DONE
    assert f"Usage: trellis {' '.join(path)} " in ran.out
    assert f"Example: trellis {path[0]}" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "..." not in ran.out.partition("Usage:")[2].partition("\n")[2]


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_one_line(desk, option):
    ran = desk.trellis(option)
    assert (ran.code, ran.out) == (Exit.DONE, f"trellis {__version__}\n")


def test_a_process_of_its_own_ends_with_the_code(tmp_path):
    command = [sys.executable, "-m", "connector", "chek"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1

"""Documentation that cannot drift: what README and docs/ say is compared with the code, and their commands are parsed."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from connector import __version__
from connector.cli import COMMANDS, trellis
from connector.cli.exits import Exit
from connector.rulebook.fields_file import Writes
from connector.rulebook.read import read_rulebook
from connector.settings import VARIABLES
from webhooks.app import create_app
from webhooks.ports import Readiness, ReceiverSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`trellis ([^`…]+)`")
_OPERATORS = frozenset({"&&", "||", "|", ";", "&"})


def all_commands() -> Iterator[tuple[str, ...]]:
    """The path of every command and subcommand: ("sync",), ("failures", "list"), …"""
    for name in COMMANDS:
        yield (name,)
        command = found((name,))
        if isinstance(command, click.Group):
            yield from ((name, sub) for sub in command.commands)


def found(path: tuple[str, ...]) -> click.Command:
    command: click.Command | None = trellis
    for name in path:
        assert isinstance(command, click.Group), f"{path}: {command} has no subcommands"
        command = command.get_command(click.Context(command), name)
    assert command is not None, f"there is no command {' '.join(path)}"
    return command


def long_options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in one.opts if name.startswith("--")}


def parse(arguments: list[str]) -> None:
    """Let click parse a command line, without running it. Raises click.ClickException for what it would refuse."""
    command: click.Command = trellis
    context = click.Context(trellis, info_name="trellis")
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        sub = command.get_command(context, name)
        if sub is None:
            raise click.UsageError(f"there is no command {name}")
        command, context = sub, click.Context(sub, parent=context, info_name=name)
    with suppress(click.exceptions.Exit):  # --help and --version have said what they were asked for
        command.make_context(context.info_name, arguments, parent=context.parent)


def shell_lines(text: str) -> Iterator[str]:
    for indent, language, body in _FENCE.findall(text):
        if language == "sh":
            yield from (line.removeprefix(indent) for line in body.splitlines() if line.strip())


def simple_commands(line: str) -> Iterator[list[str]]:
    """The commands of one shell line, without comments and leading assignments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _OPERATORS:
            words.append(word)
            continue
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        if words:
            yield words
        words = []


def command_lines() -> list[tuple[str, list[str]]]:
    return [
        (f"{page.name}: {' '.join(words)}", words)
        for page in PAGES
        for line in shell_lines(page.read_text(encoding="utf-8"))
        for words in simple_commands(line)
    ]


def section(text: str, title: str) -> str:
    """The text under a heading, up to the next one of the same or a higher level."""
    match = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert match is not None, f"no heading {title}"
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize("path", list(all_commands()), ids=" ".join)
def test_each_command_says_what_it_does(path: tuple[str, ...]) -> None:
    text = found(path).help or ""
    assert len(text.split()) >= 4
    if len(path) == 1:
        example = re.search(r"Example: (trellis .+)", text)
        assert example is not None, "help without an example"
        words = shlex.split(example[1])
        assert words[1] == path[0]
        parse(words[1:])


@pytest.mark.parametrize("path", list(all_commands()), ids=" ".join)
def test_each_command_is_in_the_reference_with_an_example_and_every_option(path: tuple[str, ...]) -> None:
    told = section(REFERENCE, f"`trellis {path[0]}`")
    examples = [words for line in shell_lines(told) for words in simple_commands(line)]
    assert any(tuple(words[1 : 1 + len(path)]) == path for words in examples)
    missing = {name for name in long_options(found(path)) if f"`{name}`" not in told}
    assert missing == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_in_the_table_of_the_readme(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", section(README, "Commands"), re.MULTILINE)


@pytest.mark.parametrize(("where", "words"), command_lines(), ids=[where for where, _ in command_lines()])
def test_commands_in_the_documentation_can_be_typed(where: str, words: list[str]) -> None:
    program, *arguments = words
    if Path(program).name == "trellis":
        parse(arguments)
    elif program == "make":
        targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        assert {word for word in arguments if "=" not in word} <= targets


def test_a_wrong_command_line_would_be_noticed() -> None:
    """The parser above is not a nodding one."""
    for wrong in ("plot", "sync --fast", "deliveries show many", "failures mend 1"):
        with pytest.raises(click.ClickException):
            parse(wrong.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_the_text_exist(page: Path) -> None:
    for told in _INLINE.findall(page.read_text(encoding="utf-8")):
        words = shlex.split(told)
        path = tuple(words[:1])
        command = found(path)
        if isinstance(command, click.Group) and len(words) > 1:
            path = tuple(words[:2])
            command = found(path)
        assert {word for word in words if word.startswith("--")} <= long_options(command), told


def test_what_is_said_to_be_missing_is_missing() -> None:
    missing = set(re.findall(r"`([a-z]+)`", section(README, "Not there yet")))
    assert missing
    assert missing & set(COMMANDS) == set()


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_is_in_the_readme_and_the_example_file(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| ([^|]*)\|", section(README, "Environment"), re.MULTILINE)
    assert row is not None
    default = VARIABLES[name][0]
    assert row[1].strip() == (f"`{default}`" if default else "")
    assert re.search(rf"^#{name}=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)


def test_no_variable_is_made_up() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)`", section(README, "Environment"), re.MULTILINE))
    sample = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == set(VARIABLES)
    assert sample == set(VARIABLES)


def _told_properties() -> list[str]:
    """The cells of the README's table of properties that name them."""
    return re.findall(r"^\| (`trellis_[^|]*) \|", section(README, "What the marketer sees"), re.MULTILINE)


@pytest.mark.parametrize("key", sorted({*Writes.model_fields} - {"lifecycle"}))  # HubSpot's own property
def test_each_property_that_can_be_written_is_in_the_readme(key: str) -> None:
    name = f"(`{key}`)" if key in ("parts", "scores") else f"`trellis_{key}`"
    assert sum(name in cell for cell in _told_properties()) == 1


def test_the_readme_says_which_properties_the_shipped_rulebook_adds_by_choice() -> None:
    core = {target.hubspot for target in Writes().targets.values()}
    write = read_rulebook(ROOT / "mappings").fields.write
    chosen = {target.hubspot for target in write.targets.values()} - core - {"lifecyclestage"}
    *_, first, second, _, _, _ = _told_properties()
    assert {*re.findall(r"`(trellis_\w+)`", first + second)} == chosen


def test_exit_codes_are_those_of_the_code() -> None:
    told = [int(code) for code in re.findall(r"^\| (\d) \|", section(README, "Exit codes"), re.MULTILINE)]
    assert told == sorted(Exit)


class _NoInbox:
    def receive(self, **_: object) -> int:
        raise AssertionError("nothing is received here")

    def ring(self) -> None:
        raise AssertionError("nothing rings here")


def test_every_address_of_the_receiver_is_told() -> None:
    app = create_app(
        inbox=_NoInbox(),
        settings=ReceiverSettings("https://trellis.acme.example", (), (), lambda: ()),
        now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        ready=lambda: Readiness(ready=True, checks={}),
        metrics=lambda: b"",
    )
    told = section(README, "HTTP")
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    assert routes
    assert {route for route in routes if f"{route}`" not in told} == set()


def _texts_of_the_code() -> list[str]:
    """Every text in the code, f-strings with their holes cut out, and the Makefile."""
    texts = [(ROOT / "Makefile").read_text(encoding="utf-8")]
    for folder in ("connector", "adapters", "webhooks"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.append(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = [str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values]
                    texts.append("".join(parts))
    return texts


def test_each_error_that_is_explained_can_occur() -> None:
    """A line's name of the platform is a hole in the code, so both platforms' names are tried as one."""
    texts = _texts_of_the_code()
    rows = re.findall(r"^\| (`[^|]+) \|", section(README, "When something is wrong"), re.MULTILINE)
    assert rows
    for line in (line for row in rows for line in re.findall(r"`([^`]+)`", row)):
        assert any(line in text or line.replace("HubSpot", "{}", 1) in text for text in texts), line


def test_the_story_shown_is_the_one_that_the_demo_tells() -> None:
    shown = README.split("<!-- begin: trimmed output of `make demo` -->")[1].split("<!-- end -->")[0]
    titles = re.findall(r"(?:^```text|\n)\n([A-Z].+)$", shown, re.MULTILINE)
    assert len(titles) >= 5
    texts = _texts_of_the_code()
    assert [title for title in titles if not any(re.sub(r"\d+", "{}", title) in text for text in texts)] == []


# ---------------------------------------------------------------- pages


def _anchors(page: Path) -> set[str]:
    """GitHub's anchors of the headings of a page."""
    plain = _FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS, ROOT / "mappings" / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in _anchors(there), target


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in _LINK.findall(README)}
    pages = {page.relative_to(ROOT).as_posix() for page in [*PAGES[1:], *DECISIONS]}
    assert pages - linked == set()


def test_decisions_are_numbered_without_gaps_and_begin_with_their_number() -> None:
    numbers = [int(page.name.split("-")[0]) for page in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:3]} ")


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    versions = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == __version__


def test_the_readme_has_no_place_left_to_fill_in() -> None:
    for page in PAGES:
        assert not re.search(r"\b(TODO|TBD|FIXME|EXCERPT)\b", page.read_text(encoding="utf-8")), page.name


# ---------------------------------------------------------------- tracked files

#: Each has a bracket, so that this file does not find itself.
_HOME = re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e]|User[s])/\w")
_REGISTRY = re.compile(r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|prox[y]\.golang\.org|index-ur[l]")


def _tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: there is no list of tracked files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_tracked_files_name_no_machine_and_no_registry() -> None:
    told = []
    for file in _tracked():
        text = file.read_text(encoding="utf-8", errors="replace")
        told += [f"{file.relative_to(ROOT)}: {one}" for one in (*_HOME.findall(text), *_REGISTRY.findall(text))]
    assert told == []

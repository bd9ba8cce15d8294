"""The house itself: its packages, who is let in, and what starting a command may cost."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from connector import __version__
from connector.installation import foreign_packages

ROOT = Path(__file__).resolve().parents[1]
TOWERS = ("connector", "adapters", "webhooks")
MODULES = sorted(file for tower in TOWERS for file in (ROOT / tower).rglob("*.py"))

#: Slow to import, and of no use to somebody who only asks what there is.
HEAVY = {"sqlalchemy", "psycopg", "hubspot", "mailchimp_marketing", "flask", "procrastinate", "alembic", "numpy"}


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_the_listed_packages_are_the_packages() -> None:
    """The list is explicit, so a forgotten one would be missing from an installation (decision 003)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    there = {_name(file.parent).replace("/", ".") for file in MODULES if file.name == "__init__.py"}
    assert sorted(listed) == sorted(there)


def test_every_module_stands_in_a_package() -> None:
    assert [_name(file) for file in MODULES if not (file.parent / "__init__.py").exists()] == []


def test_adapters_and_webhooks_are_ours() -> None:
    assert foreign_packages() == ()


def test_the_rulebook_is_data() -> None:
    files = [file for file in (ROOT / "mappings").rglob("*") if file.is_file()]
    assert files
    assert {file.suffix for file in files} <= {".yaml", ".md", ".json"}


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_each_public_module_says_what_it_is(file: Path) -> None:
    """An empty `__init__.py` only marks a package."""
    text = file.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)) or (file.name == "__init__.py" and not text.strip())


def _imported_by(*arguments: str) -> tuple[set[str], str]:
    """Top-level packages that a command line imports, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "connector", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}, done.stdout


def test_the_version_is_told_before_anything_heavy_is_imported() -> None:
    imported, told = _imported_by("--version")
    assert told == f"trellis {__version__}\n"
    assert "connector" in imported
    assert imported & (HEAVY | {"click", "pydantic", "rich"}) == set()


def test_help_imports_no_store_and_no_platform() -> None:
    imported, told = _imported_by("--help")
    assert "sync" in told
    assert "click" in imported
    assert imported & HEAVY == set()

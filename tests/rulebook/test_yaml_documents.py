"""YAML as data with lines: what is refused because tools would read it differently, and what is too much."""

from __future__ import annotations

import pytest

from connector.rulebook.document import MAX_BYTES, Document, parse_document, read_document


def parsed(text: str) -> Document:
    return parse_document(text, Document("file.yaml"))


def told(text: str) -> list[str]:
    return [str(problem) for problem in parsed(text).problems]


def test_data_are_plain_and_remember_their_lines():
    document = parsed("a: 1\nb:\n  - {c: 0.20}\n  - 'yes'\nd: 2027-05-01\ne: ~\nf: true\ng: 0x1F\nh: .inf\n")
    assert document.data == {
        "a": 1,
        "b": [{"c": 0.2}, "yes"],
        "d": "2027-05-01",
        "e": None,
        "f": True,
        "g": 31,
        "h": ".inf",
    }
    assert document.line(("b", 0, "c")) == 3
    assert document.line(("b", 1, "not there")) == 4
    assert document.problems == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "a: 1\non: 2\n",
            'file.yaml:2 on: many tools read the key on as true; write event:, or put it in quotes: "on"',
        ),
        (
            "in:\n  - ES\n  - NO\n",
            'file.yaml:3 in[1]: NO is a word to some tools and yes or no to others; write true or false for yes or no, or "NO" in quotes for the word',
        ),
        ("a: off\n", 'or "off" in quotes'),
        (
            "at: 20:00\n",
            'file.yaml:1 at: 20:00 is a time to people and a number to some tools; put it in quotes: "20:00"',
        ),
        ("zip: 08001\n", 'file.yaml:1 zip: 08001 is an octal number to some tools; put it in quotes: "08001"'),
        ("a: {b: 1,\n  c: 2,\n  b: 3}\n", 'file.yaml:3 a.b: "b" is there twice, first on line 1; rename or remove one'),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "file.yaml:3 y.<<: merge keys"),
        ("a: !!python/object:os.system ls\n", "file.yaml:1: has a tag"),
        ("%YAML 1.1\n---\na: 1\n", "file.yaml:2: names a version of YAML"),
        ("a: [1,\nb: 2\n", "file.yaml:3: is not YAML: expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", "file.yaml:2: is not YAML: found character '\\t'"),
        ("a: *b\n", "file.yaml:1: is not YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "file.yaml:2: is not YAML: but found another document"),
        ("", "file.yaml:1: holds no keys; begin with version: 1"),
        ("- a\n", "file.yaml:1: holds no keys"),
        ("a: \x07\n", "file.yaml: is not YAML"),
    ],
)
def test_what_is_refused_is_named(text, line):
    problems = told(text)
    assert any(line in problem for problem in problems), problems


def test_quoted_words_and_times_are_fine():
    assert told('"on": 1\na: "NO"\nb: "20:00"\nc: "08001"\nhours: 09:00-18:00\n') == []


def test_too_deep_is_refused_before_anything_recursive_sees_it():
    assert told("a: " + "[" * 20_000) == ["file.yaml:1: is nested more than 32 levels deep; write it flatter"]


def test_too_many_aliases_and_too_much_behind_them():
    many = "a: &a 1\nb: [" + "*a, " * 60 + "]\n"
    assert "more than 50 aliases" in told(many)[0]
    laughs = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in ("ab", "bc", "cd", "de", "ef")
    )
    assert any("too large once its aliases are followed" in problem for problem in told(laughs))


def test_an_alias_inside_itself():
    assert any("too large once its aliases" in problem for problem in told("a: &a [*a]\n"))


def test_size_and_encoding(tmp_path):
    large = tmp_path / "large.yaml"
    large.write_text("a: " + "x" * MAX_BYTES)
    assert "larger than 1 MiB" in str(read_document(large, "large.yaml").problems[0])
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\nb: España\n".encode("latin-1"))
    assert str(read_document(latin, "latin.yaml").problems[0]).startswith("latin.yaml:2: is not UTF-8")
    marked = tmp_path / "marked.yaml"
    marked.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(marked, "marked.yaml").data == {"a": 1}

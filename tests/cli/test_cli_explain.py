"""`trellis explain`: the whole receipt, aligned and adding up, in the team's language; nobody is one line."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from connector.cli.exits import Exit
from connector.nurturing.reasons import Held
from connector.rulebook.model_file import Answer
from connector.steps.reasons import ANSWERS, CAUSES, SENTENCES


def points(line: str) -> float:
    """The number at the beginning of a line of the receipt."""
    return float(line.split(maxsplit=1)[0].replace(",", "."))


def receipt_of(out: str) -> tuple[list[str], str]:
    """The lines of the receipt that hold points, and the line of the sum."""
    lines = out.splitlines()
    rule = next(place for place, line in enumerate(lines) if line.strip() and not line.strip().strip("─"))
    rows = [line for line in lines[lines.index("") + 1 : rule] if re.match(r"\s{1,8}-?\d", line)]
    return rows, lines[rule + 1]


def test_the_receipt_adds_up_and_its_decimals_stand_below_each_other(onlooker):
    out = onlooker.trellis("explain", onlooker.email("maria")).out
    rows, total = receipt_of(out)
    assert len(rows) > 5
    assert sum(round(points(row) * 1000) for row in rows) == round(points(total) * 1000)
    assert total.endswith(f"= {round(points(total))}")
    assert out.startswith(f"Puntuación {round(points(total))} · etapa ")
    units = {re.match(r"\s*-?\d+", row).end() for row in [*rows, total]}
    assert len(units) == 1


def test_it_fits_80_columns_but_for_addresses_that_cannot_be_broken(onlooker):
    out = onlooker.trellis("explain", onlooker.email("maria"), columns=80).out
    assert [line for line in out.splitlines() if len(line) > 80 and "https://" not in line] == []
    wide = onlooker.trellis("explain", onlooker.email("maria"), columns=110).out
    assert len(wide.splitlines()) < len(out.splitlines())


def test_history_and_tracks_are_told_in_the_teams_language_with_their_reasons(onlooker):
    out = onlooker.trellis("explain", onlooker.email("maria")).out
    history = out.partition("Stage history:\n")[2].splitlines()[0]
    assert re.fullmatch(r"  \d\d/\d\d/\d{4}  En maduración: Fase descubrimiento", history)
    tracks = " ".join(out.partition("Tracks:\n")[2].split())
    assert tracks.startswith(
        "Ningún itinerario en curso Finanzas, consideración: ya encajaba cuando Trellis empezó o se deshizo un cambio; "
    )
    assert "Para subir: " in out


def test_who_has_no_score_is_told_why(onlooker):
    brian = onlooker.trellis("explain", onlooker.email("brian"))
    # By the model for customers; how many points turns with the hour, as his deeds get a day older.
    assert re.match(r"Puntuación \d+ · Cliente · Puede sumar un segundo equipo", brian.out)
    assert re.search(r"^  \d\d/\d\d/\d{4}  Cliente$", brian.out, re.MULTILINE)
    noor = onlooker.trellis("explain", onlooker.email("noor"))
    assert "No enviar correos: baja del correo" in noor.out
    assert re.search(r"  No enviar correos: no se le puede escribir$", noor.out, re.MULTILINE)


def test_a_contact_is_found_by_whatever_one_has_at_hand(onlooker):
    maria = onlooker.email("maria")
    told = onlooker.trellis("explain", maria)
    refs = json.loads(onlooker.trellis("explain", maria, "--json").out)["refs"]
    number = json.loads(onlooker.trellis("explain", maria, "--json").out)["contact"]
    for who in (maria.upper(), f"#{number}", f"hubspot:{refs['hubspot']}", refs["hubspot"], refs["mailchimp:main"]):
        assert onlooker.trellis("explain", who) == told


@pytest.mark.parametrize("who", ["nobody@acme.example", "hubspot:9", "#99999999999999999999", "' OR 1=1", "\x00", "@"])
@pytest.mark.parametrize("command", ["explain", "forget"])
def test_nobody_is_one_line_that_says_what_to_give(onlooker, command, who):
    ran = onlooker.trellis(command, who)
    assert (ran.code, ran.out) == (Exit.FAILED, "")
    assert len(ran.said) == 1
    assert "give an e-mail address, hubspot:<id>" in ran.err
    assert "@" not in ran.err


def test_a_bare_number_that_nobody_has_suggests_the_two_that_it_may_be(onlooker):
    ran = onlooker.trellis("explain", "9")
    assert (ran.code, ran.said) == (
        Exit.FAILED,
        ["no platform's id is 9: try hubspot:9 or #9"],
    )


def test_json_holds_the_same_receipt_in_thousandths(onlooker):
    ran = onlooker.trellis("explain", onlooker.email("maria"), "--json")
    assert (ran.code, ran.err) == (Exit.DONE, "")
    told = json.loads(ran.out)
    assert round(sum(line["thousandths"] for line in told["lines"]) / 1000) == told["score"]
    assert told["stage"] == "nurture"
    assert told["history"] == [{"day": told["day"], "before": None, "after": "nurture", "cause": "awareness"}]
    assert [one["track"] for one in told["tracks"]] == ["finance-consideration"]


def test_explaining_changes_nothing_and_needs_no_active_rulebook(settled):
    before, calls = settled.contents(), settled.calls()
    settled.trellis("explain", settled.email("maria"))
    settled.execute("DELETE FROM rulebook")
    cleared = settled.contents()
    assert settled.trellis("explain", settled.email("maria")).code == Exit.DONE
    assert settled.contents() == cleared
    assert {name: value for name, value in cleared.items() if name != "rulebook"} == {
        name: value for name, value in before.items() if name != "rulebook"
    }
    assert settled.calls() == calls


def test_the_words_for_reasons_and_causes_stand_in_every_language():
    for words in (SENTENCES, CAUSES, ANSWERS):
        assert {language: set(said) for language, said in words.items()} == {
            key: set(words["en"]) for key in ("en", "es", "ca")
        }
    assert set(SENTENCES["en"]) == set(Held)
    assert set(ANSWERS["en"]) == set(get_args(Answer))

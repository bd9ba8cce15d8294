"""Why somebody moved, or is not nurtured now, in a sentence of the team's language, for `trellis_next` and `explain`."""

from __future__ import annotations

from collections.abc import Mapping

from connector.facts import Refusal
from connector.nurturing.intents import NotEnrolled, Plan, Standing, Tended
from connector.nurturing.reasons import Held
from connector.rulebook.types import Rulebook
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE, BY_FADING, BY_SCORE
from connector.scoring.receipt import reason
from connector.scoring.rules import rule_list
from connector.scoring.sales import REJECTED
from connector.scoring.verdict import Line
from connector.scoring.words import rejection, say, stage_label, written_day
from connector.steps.labels import Language
from connector.steps.nurturing_words import AGAIN, CHOSEN, HEAD, LEFT, SENTENCES, STANDINGS, UNTIL
from connector.store.stood import ROLLED_BACK

#: Causes of a stage's change that are no rule's id (connector/scoring/stages.py).
CAUSES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        BY_CONSENT: "may not be mailed",
        BY_EVIDENCE: "not enough is known",
        BY_FADING: "points have faded",
        BY_SCORE: "by the score",
        ROLLED_BACK: "a change was rolled back",
    },
    "es": {
        BY_CONSENT: "no se le puede escribir",
        BY_EVIDENCE: "se sabe demasiado poco",
        BY_FADING: "ha perdido puntos con el tiempo",
        BY_SCORE: "por la puntuación",
        ROLLED_BACK: "se deshizo un cambio",
    },
    "ca": {
        BY_CONSENT: "no se li pot escriure",
        BY_EVIDENCE: "se'n sap massa poc",
        BY_FADING: "ha perdut punts amb el temps",
        BY_SCORE: "per la puntuació",
        ROLLED_BACK: "s'ha desfet un canvi",
    },
}

#: Answers to the latest track that decided a step (the factor `reaction`).
ANSWERS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "clicked": "clicked in a mail of the track",
        "replied": "replied to a mail of the track",
        "asked": "did what the track asks for",
        "silent": "did not answer the track",
        "unsubscribed": "unsubscribed while on the track",
    },
    "es": {
        "clicked": "hizo clic en un correo del itinerario",
        "replied": "respondió a un correo del itinerario",
        "asked": "hizo lo que pide el itinerario",
        "silent": "no respondió al itinerario",
        "unsubscribed": "se dio de baja durante el itinerario",
    },
    "ca": {
        "clicked": "ha fet clic en un correu de l'itinerari",
        "replied": "ha respost a un correu de l'itinerari",
        "asked": "ha fet el que demana l'itinerari",
        "silent": "no ha respost a l'itinerari",
        "unsubscribed": "s'ha donat de baixa durant l'itinerari",
    },
}


def how_she_stands(standing: Standing, rulebook: Rulebook) -> str:
    """The sentence for a standing, in the team's language; the track by its label."""
    language = rulebook.fields.language
    state: str = standing.state
    if standing.state is Tended.GATE and standing.track is not None:
        state = Tended.ON_TRACK
    elif standing.state is Tended.RECTIFY and standing.track is None:
        state = "resting"
    until = UNTIL[language].format(day=written_day(language, standing.until)) if standing.until else ""
    track = track_label(rulebook, standing.track) if standing.track else ""
    return STANDINGS[language][state].format(track=track, until=until, cause=sentence(standing.cause, language))


def next_in_nurturing(plan: Plan, rulebook: Rulebook) -> str:
    """The line on nurturing of `trellis_next`: how she stands; where nothing is under way, why not, if there is anything.

    That there is no score is said elsewhere; losing to another track is no refusal.
    """
    if plan.standing.state is not Tended.FREE and plan.standing.cause != Held.UNSCORED:
        return how_she_stands(plan.standing, rulebook)
    language = rulebook.fields.language
    told = (one for one in plan.refused if one.reason != Held.ANOTHER_CHOSEN)
    return next(
        (
            HEAD[language].format(track=track_label(rulebook, one.track), reason=reason_of(one, language))
            for one in told
        ),
        "",
    )


def reason_of(one: NotEnrolled, language: Language) -> str:
    """Why she is not enrolled in this track, and from when on she may be asked again, where that is known."""
    again = AGAIN[language].format(day=written_day(language, one.again)) if one.again else ""
    return sentence(one.reason, language) + again


def track_label(rulebook: Rulebook, track: str) -> str:
    """What people read for a track; its id where it has no label, or is in the rulebook no more."""
    known = rulebook.tracks.tracks.get(track)
    return (known and known.label) or track


def cause_of_move(cause: str, rulebook: Rulebook, language: Language) -> str:
    """The words for a stage's change: its rule's `why`, a phase, an answer, a field, a state, or one of CAUSES; else its id."""
    if cause in CAUSES[language]:
        return CAUSES[language][cause]
    if cause.startswith(REJECTED):
        return rejection(language, cause)
    lines = [line for line in rule_list(rulebook).refs if line.rule == cause]
    if not lines:
        return stage_label(rulebook, language, cause)
    line = next((line for line in lines if line.why), lines[0])
    if line.part == "reaction":
        return ANSWERS[language][cause]
    return reason(Line(line.part, line.rule, 0, why=line.why), language)


def sentence(reason: str, language: Language) -> str:
    """The words for one reason code of nurturing; a code without words is shown as it is."""
    for said in (SENTENCES[language], LEFT[language], CHOSEN[language]):
        if reason in said:
            return said[reason]
    if reason in set(Refusal):
        return say(language, f"refusal_{reason}")
    return reason


def why_left(reason: str, language: Language) -> str:
    """The words for what took her out of a track: in the past tense where that reads otherwise."""
    return LEFT[language].get(reason) or sentence(reason, language)

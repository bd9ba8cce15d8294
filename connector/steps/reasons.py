"""Why somebody moved, or is not nurtured now, in a sentence of the team's language, for `trellis_next` and `explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.facts import Refusal
from connector.nurturing.intents import NotEnrolled
from connector.nurturing.reasons import Held
from connector.rulebook.types import Rulebook
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE, BY_FADING, BY_SCORE
from connector.scoring.sales import REJECTED
from connector.scoring.words import rejection, say, stage_label, written_day
from connector.steps.labels import Language

_HEAD: Mapping[Language, str] = {
    "en": "Not enrolled in {track}: {reason}",
    "es": "Sin inscribir en {track}: {reason}",
    "ca": "Sense inscriure a {track}: {reason}",
}
_AGAIN: Mapping[Language, str] = {
    "en": " (asked again from {day})",
    "es": " (se volverá a mirar desde el {day})",
    "ca": " (es tornarà a mirar des del {day})",
}

#: One sentence per reason and language; a test holds the three complete.
SENTENCES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        Held.SUPPRESSED: "may not be mailed",
        Held.CUSTOMER: "a customer is not won again",
        Held.WON: "has bought",
        Held.OFF_LADDER: "stands in a state beside the ladder",
        Held.EXIT_WHEN: "would have to leave at once",
        Held.STALE: "the score is of an earlier day",
        Held.BASELINE: "matched already when Trellis began; enters after leaving and matching again",
        Held.ENTERED_BEFORE: "was on it before, and re-entry is not allowed",
        Held.SAME_MATCH: "has not stopped matching since the last time",
        Held.TOO_SOON: "was on it not long ago",
        Held.HOLDOUT: "belongs to the share that is left alone",
        Held.UNKNOWN_THERE: "is on no platform that it enrolls by",
        Held.MARKERS_FULL: "the marker has no room",
        Held.LEAVING: "is leaving another track first",
        Held.ON_ANOTHER_TRACK: "is on another track",
        Held.AFTER_RISE: "has just risen; first wait",
        Held.DOSE: "has had enough touches for now",
        Held.ANOTHER_CHOSEN: "another track comes first",
    },
    "es": {
        Held.SUPPRESSED: "no se le puede escribir",
        Held.CUSTOMER: "a un cliente no se le gana otra vez",
        Held.WON: "ha comprado",
        Held.OFF_LADDER: "está en un estado fuera de la escalera",
        Held.EXIT_WHEN: "tendría que salir enseguida",
        Held.STALE: "la puntuación es de un día anterior",
        Held.BASELINE: "ya encajaba cuando Trellis empezó; entrará si deja de encajar y vuelve",
        Held.ENTERED_BEFORE: "ya estuvo, y no se permite volver",
        Held.SAME_MATCH: "no ha dejado de encajar desde la última vez",
        Held.TOO_SOON: "estuvo hace poco",
        Held.HOLDOUT: "es de la parte que no se toca",
        Held.UNKNOWN_THERE: "no está en ninguna plataforma por la que se inscribe",
        Held.MARKERS_FULL: "no cabe en la marca",
        Held.LEAVING: "primero sale de otro itinerario",
        Held.ON_ANOTHER_TRACK: "está en otro itinerario",
        Held.AFTER_RISE: "acaba de subir; primero, esperar",
        Held.DOSE: "ya ha recibido bastante por ahora",
        Held.ANOTHER_CHOSEN: "otro itinerario va antes",
    },
    "ca": {
        Held.SUPPRESSED: "no se li pot escriure",
        Held.CUSTOMER: "un client no es guanya dues vegades",
        Held.WON: "ha comprat",
        Held.OFF_LADDER: "és en un estat fora de l'escala",
        Held.EXIT_WHEN: "n'hauria de sortir de seguida",
        Held.STALE: "la puntuació és d'un dia anterior",
        Held.BASELINE: "ja hi encaixava quan Trellis va començar; hi entrarà si deixa d'encaixar i torna",
        Held.ENTERED_BEFORE: "ja hi va ser, i no s'hi pot tornar",
        Held.SAME_MATCH: "no ha deixat d'encaixar-hi des de l'última vegada",
        Held.TOO_SOON: "hi era fa poc",
        Held.HOLDOUT: "és de la part que no es toca",
        Held.UNKNOWN_THERE: "no és a cap plataforma per on s'inscriu",
        Held.MARKERS_FULL: "no cap a la marca",
        Held.LEAVING: "primer surt d'un altre itinerari",
        Held.ON_ANOTHER_TRACK: "és en un altre itinerari",
        Held.AFTER_RISE: "acaba de pujar; primer, esperar",
        Held.DOSE: "ja n'ha rebut prou per ara",
        Held.ANOTHER_CHOSEN: "un altre itinerari va abans",
    },
}


#: Causes of a stage's change that are no rule's id (connector/scoring/stages.py).
CAUSES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        BY_CONSENT: "may not be mailed",
        BY_EVIDENCE: "not enough is known",
        BY_FADING: "points have faded",
        BY_SCORE: "by the score",
    },
    "es": {
        BY_CONSENT: "no se le puede escribir",
        BY_EVIDENCE: "se sabe demasiado poco",
        BY_FADING: "ha perdido puntos con el tiempo",
        BY_SCORE: "por la puntuación",
    },
    "ca": {
        BY_CONSENT: "no se li pot escriure",
        BY_EVIDENCE: "se'n sap massa poc",
        BY_FADING: "ha perdut punts amb el temps",
        BY_SCORE: "per la puntuació",
    },
}


def why_not(refused: Sequence[NotEnrolled], language: Language) -> str:
    """The sentence for the refusal that matters most, or "" when there is none; losing to another track is no refusal."""
    told = [one for one in refused if one.reason != Held.ANOTHER_CHOSEN]
    return _HEAD[language].format(track=told[0].track, reason=reason_of(told[0], language)) if told else ""


def reason_of(one: NotEnrolled, language: Language) -> str:
    """Why she is not enrolled in this track, and from when on she may be asked again, where that is known."""
    again = _AGAIN[language].format(day=written_day(language, one.again)) if one.again else ""
    return sentence(one.reason, language) + again


def cause_of_move(cause: str, rulebook: Rulebook, language: Language) -> str:
    """The words for a stage's change: its rule's `why`, a phase, a state, or one of CAUSES; else the id as it is."""
    if cause in CAUSES[language]:
        return CAUSES[language][cause]
    if cause.startswith(REJECTED):
        return rejection(language, cause)
    for model in rulebook.models:
        factors = model.factors
        rules = [*factors.fit.adjust, *model.overrides]
        rules += [trait for persona in factors.fit.personas.values() for trait in persona.traits]
        rules += [model.audience] if model.audience else []
        rules += [rule for group in factors.engagement.groups.values() for rule in group.rules]
        if why := next((rule.why for rule in rules if rule.id == cause and rule.why), ""):
            return why
        if cause in factors.phase.phases:
            return say(language, "line_phase", phase=cause)
    return stage_label(rulebook, language, cause)


def sentence(reason: str, language: Language) -> str:
    """The words for one reason code of nurturing; a code without words is shown as it is."""
    if reason in SENTENCES[language]:
        return SENTENCES[language][reason]
    if reason in set(Refusal):
        return say(language, f"refusal_{reason}")
    return reason

"""What is said of nurturing in the team's languages: one sentence per reason code, and one per standing."""

from __future__ import annotations

from collections.abc import Mapping

from connector.nurturing.intents import Tended
from connector.nurturing.reasons import Chosen, Held, Left
from connector.steps.labels import Language

#: Why somebody is not enrolled: one sentence per reason and language; a test holds the three complete.
SENTENCES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        Held.SUPPRESSED: "may not be mailed",
        Held.CUSTOMER: "is a customer already",
        Held.WON: "has bought",
        Held.OFF_LADDER: "has no stage at present",
        Held.EXIT_WHEN: "would have to leave at once",
        Held.UNSCORED: "there is no score yet",
        Held.STALE: "the score is of an earlier day",
        Held.BASELINE: "matched already when Trellis began or a change was rolled back; enters after leaving and matching again",
        Held.ENTERED_BEFORE: "was on it before, and re-entry is not allowed",
        Held.SAME_MATCH: "has not stopped matching since the last time",
        Held.TOO_SOON: "was on it not long ago",
        Held.HOLDOUT: "belongs to the control group, which gets nothing",
        Held.UNKNOWN_THERE: "is not on the platform of this track",
        Held.NO_WAY: "no way into this track is meant for this contact",
        Held.NO_LISTENER: "no workflow of this track is switched on",
        Held.MARKERS_FULL: "there is no room for another enrollment marker",
        Held.LEAVING: "is leaving another track first",
        Held.ON_ANOTHER_TRACK: "is on another track",
        Held.RESTING: "has had enough of our mail",
        Held.STILL_MAILED: "the mails of the last track may go on",
        Held.ANOTHER_AIM: "is on a track with another aim",
        Held.AFTER_RISE: "has just risen; first wait",
        Held.DEAL_LOST: "the deal was lost",
        Held.DOSE: "has had enough touches for now",
        Held.ANOTHER_CHOSEN: "another track comes first",
    },
    "es": {
        Held.SUPPRESSED: "no se le puede escribir",
        Held.CUSTOMER: "ya es cliente",
        Held.WON: "ha comprado",
        Held.OFF_LADDER: "ahora no tiene etapa",
        Held.EXIT_WHEN: "tendría que salir enseguida",
        Held.UNSCORED: "aún no hay puntuación",
        Held.STALE: "la puntuación es de un día anterior",
        Held.BASELINE: "ya encajaba cuando Trellis empezó o se deshizo un cambio; entrará si deja de encajar y vuelve",
        Held.ENTERED_BEFORE: "ya estuvo, y no se permite volver",
        Held.SAME_MATCH: "no ha dejado de encajar desde la última vez",
        Held.TOO_SOON: "estuvo hace poco",
        Held.HOLDOUT: "es del grupo de control, que no recibe nada",
        Held.UNKNOWN_THERE: "no está en la plataforma de este itinerario",
        Held.NO_WAY: "ninguna entrada de este itinerario es para este contacto",
        Held.NO_LISTENER: "este itinerario no tiene ningún workflow activo",
        Held.MARKERS_FULL: "no queda sitio para otra marca de inscripción",
        Held.LEAVING: "primero sale de otro itinerario",
        Held.ON_ANOTHER_TRACK: "está en otro itinerario",
        Held.RESTING: "ya ha tenido bastantes correos",
        Held.STILL_MAILED: "los correos del último itinerario quizá sigan",
        Held.ANOTHER_AIM: "está en un itinerario con otro objetivo",
        Held.AFTER_RISE: "acaba de subir de etapa; primero, esperar",
        Held.DEAL_LOST: "se perdió el negocio",
        Held.DOSE: "por ahora ya se le ha escrito o llamado bastante",
        Held.ANOTHER_CHOSEN: "otro itinerario va antes",
    },
    "ca": {
        Held.SUPPRESSED: "no se li pot escriure",
        Held.CUSTOMER: "ja és client",
        Held.WON: "ha comprat",
        Held.OFF_LADDER: "ara no té etapa",
        Held.EXIT_WHEN: "n'hauria de sortir de seguida",
        Held.UNSCORED: "encara no hi ha puntuació",
        Held.STALE: "la puntuació és d'un dia anterior",
        Held.BASELINE: "ja hi encaixava quan Trellis va començar o es va desfer un canvi; hi entrarà si deixa d'encaixar i torna",
        Held.ENTERED_BEFORE: "ja hi va ser, i no s'hi pot tornar",
        Held.SAME_MATCH: "no ha deixat d'encaixar-hi des de l'última vegada",
        Held.TOO_SOON: "hi era fa poc",
        Held.HOLDOUT: "és del grup de control, que no rep res",
        Held.UNKNOWN_THERE: "no és a la plataforma d'aquest itinerari",
        Held.NO_WAY: "cap entrada d'aquest itinerari no és per a aquest contacte",
        Held.NO_LISTENER: "aquest itinerari no té cap workflow actiu",
        Held.MARKERS_FULL: "no queda lloc per a una altra marca d'inscripció",
        Held.LEAVING: "primer surt d'un altre itinerari",
        Held.ON_ANOTHER_TRACK: "és en un altre itinerari",
        Held.RESTING: "ja ha tingut prou correus",
        Held.STILL_MAILED: "els correus de l'últim itinerari potser continuen",
        Held.ANOTHER_AIM: "és en un itinerari amb un altre objectiu",
        Held.AFTER_RISE: "acaba de pujar d'etapa; primer, esperar",
        Held.DEAL_LOST: "es va perdre el negoci",
        Held.DOSE: "per ara ja se li ha escrit o trucat prou",
        Held.ANOTHER_CHOSEN: "un altre itinerari va abans",
    },
}

#: Why somebody entered a track.
CHOSEN: Mapping[Language, Mapping[str, str]] = {
    "en": {
        Chosen.MATCHES: "it is the one that is for this contact",
        Chosen.HIGHEST_PRIORITY: "it has the highest priority",
        Chosen.FIRST_IN_FILE: "of the same priority, it comes first",
    },
    "es": {
        Chosen.MATCHES: "es el que corresponde a este contacto",
        Chosen.HIGHEST_PRIORITY: "es el de mayor prioridad",
        Chosen.FIRST_IN_FILE: "a igual prioridad, va antes",
    },
    "ca": {
        Chosen.MATCHES: "és el que correspon a aquest contacte",
        Chosen.HIGHEST_PRIORITY: "és el de més prioritat",
        Chosen.FIRST_IN_FILE: "a igual prioritat, va abans",
    },
}

#: Why somebody left a track, besides what bars from it.
LEFT: Mapping[Language, Mapping[str, str]] = {
    "en": {
        Left.WON: "has bought",
        Left.LOST: "the deal was lost",
        Left.STOPPED: "did what ends it",
        Left.ANNOYED: "has had enough",
        Left.INTEREST: "is interested in something else",
        Left.LASTS: "its time was over",
        Left.ONE_TRACK: "is on another track as well, which comes first",
        Left.TRACK_REMOVED: "the track is not there any more",
        Left.ROLLED_BACK: "what had enrolled this contact was rolled back",
        Left.NO_LONGER_MATCHES: "does not match any more",
        Held.EXIT_WHEN: "meets its exit condition",
    },
    "es": {
        Left.WON: "ha comprado",
        Left.LOST: "se perdió el negocio",
        Left.STOPPED: "hizo lo que lo termina",
        Left.ANNOYED: "ya ha tenido bastantes correos",
        Left.INTEREST: "le interesa otra cosa",
        Left.LASTS: "acabó su tiempo",
        Left.ONE_TRACK: "está también en otro itinerario, que va antes",
        Left.TRACK_REMOVED: "el itinerario ya no existe",
        Left.ROLLED_BACK: "se deshizo el cambio que lo había inscrito",
        Left.NO_LONGER_MATCHES: "ya no encaja",
        Held.EXIT_WHEN: "cumple su condición de salida",
    },
    "ca": {
        Left.WON: "ha comprat",
        Left.LOST: "es va perdre el negoci",
        Left.STOPPED: "va fer el que l'acaba",
        Left.ANNOYED: "ja ha tingut prou correus",
        Left.INTEREST: "li interessa una altra cosa",
        Left.LASTS: "se n'ha acabat el temps",
        Left.ONE_TRACK: "també és en un altre itinerari, que va abans",
        Left.TRACK_REMOVED: "l'itinerari ja no existeix",
        Left.ROLLED_BACK: "s'ha desfet el canvi que l'hi havia inscrit",
        Left.NO_LONGER_MATCHES: "ja no hi encaixa",
        Held.EXIT_WHEN: "compleix la condició de sortida",
    },
}

#: How somebody stands; `{until}` is the text of UNTIL, or nothing.
STANDINGS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        Tended.GATE: "Nothing begins: {cause}",
        Tended.OUT: "Not nurtured: {cause}",
        Tended.FREE: "No track under way",
        Tended.ENTERS: "Enters track {track} once nothing stands against it",
        Tended.ON_TRACK: "On track {track}{until}",
        Tended.CLOSING: "Closing, on track {track}{until}",
        Tended.HOLD: "Waiting after the rise{until}: only reminders",
        Tended.RECTIFY: "Leaving track {track}: {cause}",
        "resting": "Resting{until}: {cause}",
        Tended.DOSED: "No new track{until}: {cause}",
    },
    "es": {
        Tended.GATE: "No empieza nada: {cause}",
        Tended.OUT: "Sin nutrición: {cause}",
        Tended.FREE: "Ningún itinerario en curso",
        Tended.ENTERS: "Entrará en el itinerario {track} cuando nada lo impida",
        Tended.ON_TRACK: "En el itinerario {track}{until}",
        Tended.CLOSING: "En cierre, en el itinerario {track}{until}",
        Tended.HOLD: "En espera tras subir de etapa{until}: solo recordatorios",
        Tended.RECTIFY: "Sale del itinerario {track}: {cause}",
        "resting": "En descanso{until}: {cause}",
        Tended.DOSED: "Ningún itinerario nuevo{until}: {cause}",
    },
    "ca": {
        Tended.GATE: "No comença res: {cause}",
        Tended.OUT: "Sense nutrició: {cause}",
        Tended.FREE: "Cap itinerari en curs",
        Tended.ENTERS: "Entrarà a l'itinerari {track} quan res no ho impedeixi",
        Tended.ON_TRACK: "A l'itinerari {track}{until}",
        Tended.CLOSING: "En tancament, a l'itinerari {track}{until}",
        Tended.HOLD: "En espera després de pujar d'etapa{until}: només recordatoris",
        Tended.RECTIFY: "Surt de l'itinerari {track}: {cause}",
        "resting": "En descans{until}: {cause}",
        Tended.DOSED: "Cap itinerari nou{until}: {cause}",
    },
}

#: The day up to which something holds; on the day itself it does not any more.
UNTIL: Mapping[Language, str] = {"en": " until {day}", "es": " hasta el {day}", "ca": " fins al {day}"}

HEAD: Mapping[Language, str] = {
    "en": "Not enrolled in {track}: {reason}",
    "es": "Sin inscribir en {track}: {reason}",
    "ca": "Sense inscriure a {track}: {reason}",
}

AGAIN: Mapping[Language, str] = {
    "en": " (asked again from {day})",
    "es": " (se volverá a mirar desde el {day})",
    "ca": " (es tornarà a mirar des del {day})",
}

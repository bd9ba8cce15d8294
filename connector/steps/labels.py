"""What the marketer reads in the HubSpot UI about our properties, in the team's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "es", "ca"]

#: property → (label, description) by language. Names are the keys of `write:` in fields.yaml.
PROPERTIES: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "en": {
        "score": ("Lead score", "0 to 100, computed by Trellis. Do not edit."),
        "stage": ("Lead stage", "Where this contact stands. Use it in lists and workflows."),
        "stage_since": ("Lead stage since", "Day on which the present stage began."),
        "why": ("Why this score", "The receipt: every line that adds up to the score."),
        "next": ("Next step", "What would move the stage, or why the contact is not nurtured."),
        "track": ("Nurturing track", "The track this contact is on. A workflow may listen to it."),
        "enrolled": ("Enrollment markers", "Which episodes of tracks were used up. Do not edit."),
        "exclude": ("Keep Trellis away", "Tick it and Trellis never enrolls this contact."),
        "sales_verdict": ("Sales verdict", "What sales makes of this lead."),
        "persona": ("Persona", "The buyer persona this contact resembles most."),
        "phase": ("Buying phase", "How near this contact is to buying."),
        "similarity": ("Persona match", "How much this contact resembles the persona, in percent."),
        "segment": ("Segment", "Persona, interaction and phase of this contact in one text."),
        "model": ("Scoring model", "The model whose score counts."),
        "scored_at": ("Scored on", "Day of the score shown here."),
        "brief": ("Sales brief", "Who this is, what they did and know, and why now."),
        "parts": ("Lead score: {name}", "The points of one factor of the score."),
        "scores": ("Lead score by model {name}", "The score that this one model gives."),
    },
    "es": {
        "score": ("Puntuación del lead", "De 0 a 100, calculada por Trellis. No editar."),
        "stage": ("Etapa del lead", "Dónde está este contacto. Úsala en listas y workflows."),
        "stage_since": ("Etapa desde", "Día en que empezó la etapa actual."),
        "why": ("Por qué esta puntuación", "El recibo: cada línea que suma la puntuación."),
        "next": ("Próximo paso", "Qué movería la etapa, o por qué no se nutre a este contacto."),
        "track": ("Itinerario de nutrición", "El itinerario en el que está. Un workflow puede escucharlo."),
        "enrolled": ("Marcas de inscripción", "Qué episodios se han usado ya. No editar."),
        "exclude": ("Sin Trellis", "Márcala y Trellis nunca inscribirá a este contacto."),
        "sales_verdict": ("Veredicto de ventas", "Qué opina ventas de este lead."),
        "persona": ("Buyer persona", "La persona compradora a la que más se parece."),
        "phase": ("Fase de compra", "Lo cerca que está de comprar."),
        "similarity": ("Parecido con la persona", "Cuánto se parece a la persona compradora, en por ciento."),
        "segment": ("Segmento", "Persona, interacción y fase de este contacto en un texto."),
        "model": ("Modelo de puntuación", "El modelo cuya puntuación cuenta."),
        "scored_at": ("Puntuado el", "Día de la puntuación que se ve aquí."),
        "brief": ("Resumen para ventas", "Quién es, qué ha hecho, qué sabe y por qué ahora."),
        "parts": ("Puntuación: {name}", "Los puntos de un factor de la puntuación."),
        "scores": ("Puntuación del modelo {name}", "La puntuación que da este modelo."),
    },
    "ca": {
        "score": ("Puntuació del lead", "De 0 a 100, calculada per Trellis. No editar."),
        "stage": ("Etapa del lead", "On és aquest contacte. Fes-la servir en llistes i workflows."),
        "stage_since": ("Etapa des de", "Dia en què va començar l'etapa actual."),
        "why": ("Per què aquesta puntuació", "El rebut: cada línia que suma la puntuació."),
        "next": ("Proper pas", "Què mouria l'etapa, o per què no es nodreix aquest contacte."),
        "track": ("Itinerari de nutrició", "L'itinerari en què és. Un workflow el pot escoltar."),
        "enrolled": ("Marques d'inscripció", "Quins episodis ja s'han fet servir. No editar."),
        "exclude": ("Sense Trellis", "Marca-la i Trellis mai no inscriurà aquest contacte."),
        "sales_verdict": ("Veredicte de vendes", "Què en pensa vendes d'aquest lead."),
        "persona": ("Buyer persona", "La persona compradora a qui més s'assembla."),
        "phase": ("Fase de compra", "Com de prop és de comprar."),
        "similarity": ("Semblança amb la persona", "Quant s'assembla a la persona compradora, en per cent."),
        "segment": ("Segment", "Persona, interacció i fase d'aquest contacte en un text."),
        "model": ("Model de puntuació", "El model la puntuació del qual compta."),
        "scored_at": ("Puntuat el", "Dia de la puntuació que es veu aquí."),
        "brief": ("Resum per a vendes", "Qui és, què ha fet, què sap i per què ara."),
        "parts": ("Puntuació: {name}", "Els punts d'un factor de la puntuació."),
        "scores": ("Puntuació del model {name}", "La puntuació que dona aquest model."),
    },
}

#: Labels of options that Trellis itself defines; a stage or track of yours shows its `label:`, else its id.
OPTIONS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "not_enough_data": "Not enough data",
        "customer": "Customer",
        "suppressed": "Not to be mailed",
        "accepted": "Accepted",
        "rejected_no_budget": "Rejected: no budget",
        "rejected_not_a_fit": "Rejected: not a fit",
        "rejected_timing": "Rejected: bad timing",
        "rejected_bad_data": "Rejected: wrong data",
        "true": "Yes",
        "false": "No",
    },
    "es": {
        "not_enough_data": "Faltan datos",
        "customer": "Cliente",
        "suppressed": "No enviar correos",
        "accepted": "Aceptado",
        "rejected_no_budget": "Rechazado: sin presupuesto",
        "rejected_not_a_fit": "Rechazado: no encaja",
        "rejected_timing": "Rechazado: mal momento",
        "rejected_bad_data": "Rechazado: datos erróneos",
        "true": "Sí",
        "false": "No",
    },
    "ca": {
        "not_enough_data": "Falten dades",
        "customer": "Client",
        "suppressed": "No enviar correus",
        "accepted": "Acceptat",
        "rejected_no_budget": "Rebutjat: sense pressupost",
        "rejected_not_a_fit": "Rebutjat: no encaixa",
        "rejected_timing": "Rebutjat: mal moment",
        "rejected_bad_data": "Rebutjat: dades errònies",
        "true": "Sí",
        "false": "No",
    },
}

SALES_VERDICTS = ("accepted", "rejected_no_budget", "rejected_not_a_fit", "rejected_timing", "rejected_bad_data")

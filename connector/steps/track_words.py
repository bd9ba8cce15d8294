"""What is said of one person and one track, in the team's languages. `why` is a sentence of nurturing_words.py."""

from __future__ import annotations

from collections.abc import Mapping

from connector.steps.labels import Language

LINES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "on": "on it since {since}, by {channel}",
        "was_on": "was on it from {since} to {until}, by {channel}",
        "chosen": "chosen: {why}",
        "left": "left: {why}",
        "leaves": "leaves: {why}",
        "enters": "enters with the next pass, in working hours: {why}",
        "enters_from": "enters from {day} {time} on: {why}",
        "enters_later": "enters from {day} {time} on, as no more may enter per hour or day: {why}",
        "held": "held until a person decides (`trellis holds`): {why}",
        "refused": "was refused when it should have begun ({day}): {why}",
    },
    "es": {
        "on": "en él desde el {since}, por {channel}",
        "was_on": "estuvo en él del {since} al {until}, por {channel}",
        "chosen": "elegido: {why}",
        "left": "salió: {why}",
        "leaves": "sale: {why}",
        "enters": "entra en la próxima pasada, en horario laboral: {why}",
        "enters_from": "entra a partir del {day} a las {time}: {why}",
        "enters_later": "entra a partir del {day} a las {time}, por el límite de inscripciones por hora o día: {why}",
        "held": "retenido hasta que decida una persona (`trellis holds`): {why}",
        "refused": "se rechazó cuando tenía que empezar ({day}): {why}",
    },
    "ca": {
        "on": "hi és des del {since}, per {channel}",
        "was_on": "hi va ser del {since} al {until}, per {channel}",
        "chosen": "triat: {why}",
        "left": "en va sortir: {why}",
        "leaves": "en surt: {why}",
        "enters": "hi entra a la propera passada, en horari laboral: {why}",
        "enters_from": "hi entra a partir del {day} a les {time}: {why}",
        "enters_later": "hi entra a partir del {day} a les {time}, pel límit d'inscripcions per hora o dia: {why}",
        "held": "retingut fins que decideixi una persona (`trellis holds`): {why}",
        "refused": "es va rebutjar quan havia de començar ({day}): {why}",
    },
}

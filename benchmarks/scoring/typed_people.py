"""Made-up people for `typed.py`, always the same: as columns, and one by one as dicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from connector.scoring.columns.crowd import Acts, Column, Crowd

TODAY = date(2026, 11, 20)
KINDS = ("form_submit", "email_click", "page_view")
ASSETS = ("newsletter", "demo request", "/pricing", "/blog/closing", "/blog/stock", "/docs")
_MICROS = 86_400_000_000
_1970 = date(1970, 1, 1).toordinal()

_LEVELS = ("chief", "head of", "director of", "senior", "junior", "", "student of", "assistant,", "vp", "freelance")
_FIELDS = ("finance", "operations", "logistics", "controlling", "sales", "design", "law", "research", "support", "it")
_SUFFIXES = ("", "emea", "iberia")
TITLES = tuple(f"{level} {field} {suffix}".strip() for level in _LEVELS for field in _FIELDS for suffix in _SUFFIXES)
COUNTRIES = ("ES", "PT", "AD", "FR", "DE", *(f"C{number}" for number in range(55)))
INDUSTRIES = ("finance", "retail", "manufacturing", *(f"industry {number}" for number in range(17)))
DOMAINS = ("gmail.com", "yahoo.com", "rival.example", *(f"company{number}.example" for number in range(4997)))
DAYS = tuple(TODAY - timedelta(days=days) for days in range(800))


def population(people: int) -> Crowd:
    """So many contacts."""
    dice = np.random.default_rng(7)

    def column(values: tuple[Any, ...], known: float, skew: float = 1.0) -> Column:
        codes = (len(values) * dice.random(people) ** skew).astype(np.int32)
        codes[dice.random(people) > known] = -1
        return Column(codes, values)

    fields = {
        "job_title": column(TITLES, 0.7),
        "country": column(COUNTRIES, 0.9, 3),
        "employees": column(tuple(range(5000)), 0.6, 3),
        "industry": column(INDUSTRIES, 0.5),
        "email_domain": column(DOMAINS, 0.95, 2),
        "visits": column(tuple(range(100)), 0.8, 4),
        "met": column(DAYS, 0.5),
        "company": column(tuple(f"company {number}" for number in range(5000)), 0.6),
        "phone": column(("600",), 0.3),
    }
    return Crowd(
        ids=np.arange(people),
        fields=fields,
        acts=_acts(dice, people),
        kinds=KINDS,
        channels=("hubspot",),
        assets=ASSETS,
        suppressed=np.zeros(people, np.bool_),
        stage=np.full(people, -1, np.int16),
        since=np.zeros(people, np.int32),
    )


def _acts(dice: np.random.Generator, people: int) -> Acts:
    counts = np.where(dice.random(people) < 0.3, dice.integers(1, 4, people), 0)
    row = np.repeat(np.arange(people, dtype=np.int32), counts)
    day = (TODAY.toordinal() - (200 * dice.random(len(row)) ** 2).astype(np.int32)).astype(np.int32)
    order = np.lexsort((-day, row))
    at = (day[order].astype(np.int64) - _1970) * _MICROS
    return Acts(
        row=row,
        kind=dice.integers(0, len(KINDS), len(row)).astype(np.int16),
        channel=np.zeros(len(row), np.int16),
        asset=dice.integers(0, len(ASSETS), len(row)).astype(np.int32),
        at=at,
        known_at=at,
        day=day[order],
        trust=dice.integers(0, 2, len(row)).astype(np.int8),
    )


def slices(crowd: Crowd, size: int) -> list[Crowd]:
    """The same people in crowds of at most so many, as the store hands them over."""
    return [crowd.take(np.arange(start, min(start + size, len(crowd)))) for start in range(0, len(crowd), size)]


def unasked(crowd: Crowd) -> Crowd:
    """The same people, with no answers of earlier days remembered."""
    fields = {name: Column(column.codes, column.values) for name, column in crowd.fields.items()}
    return replace(crowd, fields=fields, passing={})


def as_dicts(crowd: Crowd) -> list[dict[str, Any]]:
    """Each contact as a dict: its fields (None: unknown), and its acts as (kind, day, asset, trust), newest first."""
    columns = {name: [*column.values, None] for name, column in crowd.fields.items()}
    codes = {name: column.codes.tolist() for name, column in crowd.fields.items()}
    contacts: list[dict[str, Any]] = [
        {**{name: columns[name][codes[name][row]] for name in columns}, "acts": []} for row in range(len(crowd))
    ]
    acts = crowd.acts
    for row, kind, day, asset, trust in zip(acts.row, acts.kind, acts.day, acts.asset, acts.trust, strict=True):
        contacts[row]["acts"].append((KINDS[kind], int(day), ASSETS[asset], int(trust)))
    return contacts

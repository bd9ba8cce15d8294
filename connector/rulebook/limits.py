"""Checks that numbers mean something: what is taken back at once, or can never be given, is a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator

from connector.rulebook.document import Document, Path_
from connector.rulebook.draft import Draft
from connector.rulebook.problems import Problem
from connector.rulebook.types import Model
from connector.rulebook.units import POINT, write_points

_TOP = 100 * POINT
_FACTORS = ("fit", "phase", "engagement", "reaction", "profile")


def check_limits(draft: Draft) -> Iterator[Problem]:
    """Negative maxima, points that a factor can only take back, scores outside 0 to 100, shares of trust upside down."""
    for part in draft.models:
        if part.content is not None:
            yield from _negative(part.document, part.content)
            yield from _outside(part.document, part.content)
            yield from _trust(part.document, part.content)
            yield from _domains(part.document, part.content)


def _negative(document: Document, model: Model) -> Iterator[Problem]:
    factors = model.factors
    never: list[tuple[Path_, int]] = [(("factors", name, "max"), getattr(factors, name).max) for name in _FACTORS]
    never.append((("factors", "fit", "persona_minimum"), factors.fit.persona_minimum))
    for name, phase in factors.phase.phases.items():
        never.append((("factors", "phase", "phases", name, "points"), phase.points))
    for name, group in factors.engagement.groups.items():
        never.append((("factors", "engagement", "groups", name, "max"), group.max))
    for name, points in factors.profile.completeness.items():
        never.append((("factors", "profile", "completeness", name), points))
    for path, points in never:
        if points < 0:
            cure = "write 0 or more; what shall lower a score is an override with add, or a negative rule"
            yield document.problem(path, f"{write_points(points)} is less than nothing", cure)


def _outside(document: Document, model: Model) -> Iterator[Problem]:
    for place, rule in enumerate(model.overrides):
        for key in ("set", "at_least", "at_most"):
            points = getattr(rule, key)
            if points is not None and not 0 <= points <= _TOP:
                yield document.problem(
                    ("overrides", place, key),
                    f"no score is ever {write_points(points)}",
                    "scores lie between 0 and 100",
                )


def _trust(document: Document, model: Model) -> Iterator[Problem]:
    trust = model.trust
    if not trust.human >= trust.unsure >= trust.machine:
        yield document.problem(
            ("trust",),
            "the less sure we are of an act, the more it would count",
            "keep human at least as high as unsure, and unsure as machine",
        )


def _domains(document: Document, model: Model) -> Iterator[Problem]:
    gateways = model.trust.doubts.gateways
    for place, domain in enumerate(gateways.domains if gateways else ()):
        if domain != domain.strip(" .@") or "." not in domain or "@" in domain or " " in domain:
            yield document.problem(
                ("trust", "doubts", "gateways", "domains", place),
                f"{domain!r:.60} is no domain",
                "write what follows the @, such as acme.example; those below it are meant as well",
            )

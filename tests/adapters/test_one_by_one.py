"""Asking about many: what fails for one costs the others nothing, what is about the platform ends it."""

from __future__ import annotations

import pytest

from adapters.one_by_one import answers
from adapters.ports import (
    CredentialsRefused,
    DeadlinePassed,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)


def asked(error: PlatformError) -> tuple[list[str], dict[str, str]]:
    """Who was asked about where brian brings the error, and what was told."""
    about: list[str] = []

    def ask(name: str) -> str:
        about.append(name)
        if name == "brian":
            raise error
        return name.upper()

    return about, answers(ask, ["maria", "brian", "noor", "maria"], lambda call, names: [call(name) for name in names])


@pytest.mark.parametrize(
    "error",
    [PlatformRefused("hubspot", "no"), PlatformUnreachable("hubspot", "no answer", maybe_applied=False)],
)
def test_one_who_cannot_be_told_of_is_absent_and_the_others_are_told(error):
    assert asked(error) == (["maria", "brian", "noor"], {"maria": "MARIA", "noor": "NOOR"})


@pytest.mark.parametrize(
    "error",
    [
        PlatformBusy("hubspot", "wait", retry_after=10),
        CredentialsRefused("hubspot", "no", status=401),
        ScopeMissing("hubspot", "no"),
        DeadlinePassed("hubspot", "too late"),
    ],
)
def test_a_platform_that_says_no_to_us_is_not_asked_about_the_rest(error):
    assert asked(error) == (["maria", "brian"], {"maria": "MARIA"})

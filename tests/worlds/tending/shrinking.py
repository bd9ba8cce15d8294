"""From a world in which a promise was broken to the few lines of life that break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tending.judges import Broken
from tending.lives import Life, Script

#: What tells a life again, and says what was broken.
Play = Callable[[Script], Sequence[Broken]]


def shrunk(script: Script, first: Broken, play: Play, most: int = 40) -> Script:
    """The same world with nobody but her and who has to do with her, and as few steps as still break the promise.

    At most so many worlds are played for it. Where it takes the others for the promise to be broken, nothing is left out.
    """
    tries = 0

    def breaks(one: Script) -> bool:
        nonlocal tries
        tries += 1
        return tries <= most and any(
            broken.promise == first.promise and broken.human.key == first.human.key for broken in play(one)
        )

    alone = script.with_lives(_with_whom(script.lives, first.human.key))
    if not breaks(alone):
        return script
    return _without_steps(_without_turns(alone, breaks), breaks)


def _with_whom(lives: Sequence[Life], key: str) -> list[Life]:
    """She, whoever she swallows, and who swallows her."""
    near = {key}
    for life in lives:
        others = {step.what for step in life.steps if step.do == "merge"}
        if life.key == key or key in others:
            near |= {life.key, *others}
    return [life for life in lives if life.key in near]


def _without_turns(script: Script, breaks: Callable[[Script], bool]) -> Script:
    """Cut the world off after the turn in which it breaks, by halves."""
    low, high = 1, len(script.turns)
    while low < high:
        middle = (low + high) // 2
        if breaks(replace(script, turns=script.turns[:middle])):
            high = middle
        else:
            low = middle + 1
    return replace(script, turns=script.turns[:high])


def _without_steps(script: Script, breaks: Callable[[Script], bool]) -> Script:
    """Leave out life after life, and step after step."""
    for life in script.lives:
        fewer = script.with_lives([one for one in script.lives if one is not life])
        if len(script.lives) > 1 and breaks(fewer):
            script = fewer
    for life in script.lives:
        for step in life.steps:
            now = next(one for one in script.lives if one.key == life.key)
            less = replace(now, steps=tuple(one for one in now.steps if one is not step))
            fewer = script.with_lives([less if one is now else one for one in script.lives])
            if breaks(fewer):
                script = fewer
    return script

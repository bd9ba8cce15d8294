"""One world: platforms with people, a store of its own, and the real passes, on one clock that jumps. It is played by a
script and judged after every pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tending.judges import Broken, Judges, Opened, Pass
from tending.lives import BEFORE, PASSES, Life, Script, Turn
from tending.platforms import Platforms
from tending.ruling import Ruling
from tending.seen import Human, Seen

from adapters.sandbox import Clock, Effect
from connector.rulebook.types import Rulebook
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.sync import sync
from connector.store import state


@dataclass
class World:
    """`parts_of` gives the parts of a pass by the rulebook that is active; `read` makes a rulebook of a ruling."""

    script: Script
    clock: Clock
    platforms: Platforms
    parts_of: Callable[[Rulebook], Parts]
    read: Callable[[Ruling], Rulebook]
    run: Callable[[Parts], object] = sync
    judges: Judges = field(default_factory=Judges)
    broken: list[Broken] = field(default_factory=list)
    passes: int = 0

    def play(self) -> Sequence[Broken]:
        """From the baseline to the last turn; what was broken, in order.

        A silent crowd keeps stage moves below the guard's share of all contacts: what is held shows nowhere.
        """
        self._activate(self.script.rulings[0])
        lives = {life.key: life for life in self.script.lives}
        self._humans: dict[str, Human] = {}
        self.platforms.crowd(max(50, 2 * len(lives)))
        self._heard = len(self.platforms.effects)
        self._known_until = self.clock()
        for life in lives.values():
            if life.comes == 0:
                self._humans[life.key] = self.platforms.arrive(life)
        self._go_on(timedelta(minutes=5))
        self._pass()
        for number, turn in enumerate(self.script.turns):
            self._take(turn, number, lives)
        return self.broken

    # ------------------------------------------------------------ a turn

    def _take(self, turn: Turn, number: int, lives: Mapping[str, Life]) -> None:
        self._go_on(turn.wait)
        for tracks, on in ((turn.off, False), (turn.on, True)):
            for track in tracks:
                self.platforms.switch(track, on=on)
        if turn.files is not None:
            self._activate(self.script.rulings[turn.files])
        began = self.clock()
        opened: Opened | None = None
        for slot, minutes in enumerate(PASSES):
            if turn.back and slot == len(PASSES) - 2:
                self.clock.advance(-turn.back)
            passes_at = began + timedelta(minutes=minutes)
            self._go_on(max(timedelta(0), passes_at - BEFORE - self.clock()))
            self._let_happen(number, slot, lives)
            self._go_on(max(timedelta(0), passes_at - self.clock()))
            before = self._pass(opened if slot == len(PASSES) - 1 else None)
            opened = opened or Opened(self.clock(), self.ruling, before)

    def _let_happen(self, turn: int, slot: int, lives: Mapping[str, Life]) -> None:
        for life in lives.values():
            if slot == 0 and life.comes == turn and turn > 0:
                self._humans[life.key] = self.platforms.arrive(life)
            for step in life.steps:
                human = self._humans.get(life.key)
                if (step.turn, step.slot) != (turn, slot) or human is None or human.gone:
                    continue
                other = self._humans.get(step.what) if step.do == "merge" else None
                if other is not None and other.gone:
                    continue
                swallowed = len(human.swallowed)
                self.platforms.happen(human, step, other)
                if other is not None and len(human.swallowed) > swallowed:
                    self.judges.merge(human, other)
                self._hear()

    def _go_on(self, delta: timedelta) -> None:
        self.clock.advance(delta)
        self.platforms.settle()
        self._hear()

    # ------------------------------------------------------------ a pass

    def _pass(self, opened: Opened | None = None) -> Mapping[Human, Seen]:
        """One pass, judged; how people stood before it."""
        before, at = self._seen(), self.clock()
        self.run(self.parts_of(self.rulebook))
        self.passes += 1
        self.platforms.settle()
        seen = Pass(at, self.ruling, before, self._seen(), self._moves(), self._known_until, opened)
        self.broken += self.judges.judge(seen)
        self._known_until = at
        return before

    def _hear(self) -> None:
        """Tell the judges who left while nobody was at work; nobody enters then."""
        for human, effect in self._moves():
            assert effect.kind == "left", f"{human.key} entered {effect.flow_name} while nobody was at work"
            self.judges.hear(human, effect)

    def _moves(self) -> list[tuple[Human, Effect]]:
        """Who entered and left since this was asked last, in order."""
        effects = list(self.platforms.effects)
        new, self._heard = effects[self._heard :], len(effects)
        moves = ((self.platforms.whose(one.email or ""), one) for one in new if one.kind in ("entered", "left"))
        return [(human, one) for human, one in moves if human is not None]

    def _seen(self) -> Mapping[Human, Seen]:
        return {human: self.platforms.seen(human) for human in self.platforms.people()}

    def _activate(self, ruling: Ruling) -> None:
        """The files change, are applied, and what is missing is provisioned."""
        self.ruling, self.rulebook = ruling, self.read(ruling)
        for track in ruling.tracks.values():
            self.platforms.listen(track)
        parts = self.parts_of(self.rulebook)
        with parts.engine.begin() as conn:
            state.activate(conn, self.rulebook.hash, self.rulebook.source, self.clock())
        provision(parts, dry_run=False, webhook_url=None)

"""One judgement of one contact, before anything is kept or written."""

from __future__ import annotations

from dataclasses import dataclass

from connector.facts import Contact
from connector.nurturing.intents import Plan
from connector.rulebook.types import Rulebook
from connector.scoring.brief import brief_text
from connector.scoring.next_step import next_text
from connector.scoring.receipt import short
from connector.scoring.verdict import Step, Verdict
from connector.steps.difference import Texts
from connector.steps.reasons import next_in_nurturing


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that one judgement of one contact came to. Texts are made when somebody reads them: they cost trials."""

    contact: Contact
    verdict: Verdict
    step: Step
    plan: Plan
    rulebook: Rulebook

    def texts(self) -> Texts:
        """The texts of the record; the brief only where it is written."""
        language = self.rulebook.fields.language
        hint = next_text(self.contact, self.verdict, self.step, self.rulebook, self.verdict.day, language)
        return Texts(
            why=short(self.verdict, self.step, self.rulebook, language, self.contact.consent.general),
            next="\n".join(filter(None, (hint, next_in_nurturing(self.plan, self.rulebook)))),
            brief=self.brief() if self.rulebook.fields.write.brief else "",
        )

    def brief(self) -> str:
        """What sales should know of her, in the team's language."""
        return brief_text(self.contact, self.verdict, self.step, self.rulebook, self.rulebook.fields.language)

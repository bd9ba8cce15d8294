"""tracks.yaml: the ways by which people get into a track or a segment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from connector.rulebook.kinds import Identifier, Name, Strict, When


class HubSpotTarget(Strict):
    """A property that a workflow listens to, a static list, the legacy call into one workflow, or a task for a person.

    `workflow` is the id of the workflow's address in HubSpot, or the older one that the call itself takes. The call is a
    legacy one that ends in September 2027 (facts/hubspot.md §5), and enters at most once; so does a task, whose title is
    given. Both are taken only because the file says so.
    """

    property: Name | None = None
    list: Name | None = None
    workflow: int | None = Field(None, gt=0)
    task: Name | None = Field(None, max_length=200)

    @model_validator(mode="after")
    def _exactly_one(self) -> HubSpotTarget:
        if sum(one is not None for one in (self.property, self.list, self.workflow, self.task)) != 1:
            raise ValueError("give exactly one of property, list, workflow, task")
        return self


class MailchimpTarget(Strict):
    """A tag that a flow begins with, or the call to a step of a flow (`journey` and `step`, as its address shows them).

    The call enters at most once, and nobody can be taken out of what it began (facts/mailchimp.md §6).
    """

    audience: Identifier
    tag: Name | None = Field(None, max_length=100)
    journey: int | None = Field(None, gt=0)
    step: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _tag_or_journey(self) -> MailchimpTarget:
        if (self.journey is None) != (self.step is None) or (self.tag is None) == (self.journey is None):
            raise ValueError("give tag, or journey and step together")
        return self


Assurance = Literal["verified", "confirmed", "none"]


class Enroll(Strict):
    """One way into a track; the first that is possible for this person is taken.

    `when` narrows a way down to some of those whom the track is for. `listener` and `exit` say who has seen that a
    workflow listens, and that leaving ends its mails (design §4.5). A task has a person for a listener.
    """

    hubspot: HubSpotTarget | None = None
    mailchimp: MailchimpTarget | None = None
    when: When | None = None
    listener: Assurance = "none"
    exit: Assurance = "none"

    @model_validator(mode="after")
    def _exactly_one(self) -> Enroll:
        if (self.hubspot is None) == (self.mailchimp is None):
            raise ValueError("give exactly one of hubspot, mailchimp")
        if self.exit != "none" and not self._may_be_left:
            raise ValueError("a journey or a task cannot be taken back: leave exit out")
        if self.listener == "none" and self._is_called:
            raise ValueError("whom it is called with is mailed: see that it is on, and write listener: confirmed")
        if self.listener == "verified" and not self._is_readable:
            raise ValueError("only HubSpot shows what listens to a property or list: look yourself, write confirmed")
        return self

    @property
    def is_segment(self) -> bool:
        """Nobody listens: no episode, no dose, no reaction."""
        return self.listener == "none" and not (self.hubspot and self.hubspot.task)

    @property
    def _is_called(self) -> bool:
        return bool((self.hubspot and self.hubspot.workflow) or (self.mailchimp and self.mailchimp.journey))

    @property
    def _may_be_left(self) -> bool:
        return not (self.hubspot and self.hubspot.task) and not (self.mailchimp and self.mailchimp.journey)

    @property
    def _is_readable(self) -> bool:
        return self.hubspot is not None and (self.hubspot.task is None)


class SegmentTarget(Strict):
    """A static HubSpot list."""

    list: Name


class SegmentTag(Strict):
    """A tag of a Mailchimp audience."""

    audience: Identifier
    tag: Name = Field(max_length=100)

"""A workflow has two ids: that of its address, and an older one, which alone the calls of v2 take (facts/hubspot.md §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import rows_of
from adapters.ports import Deadline, PlatformRefused


@dataclass(frozen=True, slots=True)
class WorkflowId:
    """Both ids of one workflow; `flow` is None where HubSpot does not tell it."""

    workflow: str
    flow: str | None = None

    def is_named(self, text: str) -> bool:
        """Whether one of the two is this."""
        return text in (self.workflow, self.flow)


class WorkflowIds:
    """Both ids by either, asked for once: they never change."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._known: dict[str, WorkflowId] = {}

    def of(self, number: str, deadline: Deadline) -> WorkflowId:
        """The workflow that has `number` for one of its ids.

        A portal that does not translate has it taken as the older id: with a wrong one HubSpot does not find a workflow.
        Raises PlatformError; PlatformRefused where the number is the one id of one workflow and the other of another.
        """
        if number in self._known:
            return self._known[number]
        found = set(self._answers(number, deadline))
        if len(found) > 1:
            text = f"{number} is the id of two workflows: write the other id of the one that is meant"
            raise PlatformRefused(PLATFORM, text, category="AMBIGUOUS")
        for one in found:
            self._known[number] = one
        return self._known.get(number, WorkflowId(number))

    def _answers(self, number: str, deadline: Deadline) -> Iterator[WorkflowId]:
        for wish in ({"type": "FLOW_ID", "flowId": number}, {"type": "WORKFLOW_ID", "workflowId": number}):
            try:
                answer = self._client.call("workflow_ids", body={"inputs": [wish]}, deadline=deadline)
            except PlatformRefused as error:
                if error.status not in (400, 404):
                    raise
                continue
            for row in rows_of(answer):
                if not isinstance(row, dict) or not row.get("workflowId"):
                    continue
                told = WorkflowId(str(row["workflowId"]), str(row["flowId"]) if row.get("flowId") else None)
                if told.is_named(number):
                    yield told

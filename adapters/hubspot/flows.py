"""HubSpot's workflows, as far as its flows API shows them (facts/hubspot.md §5; read-only)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from adapters.flows import Flow
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.criteria import criteria_of
from adapters.hubspot.rows import in_batches, rows_of, walk
from adapters.hubspot.versions import CONTACT_TYPE
from adapters.hubspot.workflow_ids import WorkflowIds
from adapters.ports import CredentialsRefused, Deadline, PlatformRefused

PAGE = 100
_TRANSLATING_S = 20.0

Raw = Mapping[str, Any]


def read_flows(client: HubSpotClient, ids: WorkflowIds, named: Collection[str] = ()) -> tuple[Flow, ...]:
    """Contact workflows and what they listen to; of those `named` by another id than a flow's, the older id is asked.

    Raises ScopeMissing where the token or the tier may not look.
    """

    def ask(after: str | None) -> dict[str, Any]:
        query = {"limit": str(PAGE)}
        return client.call("flows", query=query if after is None else {**query, "after": after})

    listed = [row for answer in walk(ask) for row in rows_of(answer) if isinstance(row, dict) and row.get("id")]
    ours = {str(row["id"]): row for row in listed if row.get("objectTypeId", CONTACT_TYPE) == CONTACT_TYPE}
    whole: dict[str, Raw] = {}
    for some in in_batches(list(ours), PAGE):
        body = {"inputs": [{"type": "FLOW_ID", "flowId": each} for each in some]}
        answer = rows_of(client.call("flows_read", body=body))
        whole |= {str(row.get("id")): row for row in answer if isinstance(row, dict)}
    found = [_flow({**row, **whole.get(id_, {})}) for id_, row in ours.items()]
    old_ids = _old_ids(ids, sorted(set(named) - ours.keys()))
    return tuple(replace(flow, old_id=old_ids.get(flow.id)) for flow in found)


def _old_ids(ids: WorkflowIds, named: Collection[str]) -> Mapping[str, str]:
    """The ids that the legacy call takes, of these, by the ids of their flows; not of a number that HubSpot does not tell."""
    found: dict[str, str] = {}
    for number in named:
        try:
            one = ids.of(number, Deadline.after(_TRANSLATING_S))
        except CredentialsRefused:
            raise
        except PlatformRefused:
            continue
        if one.flow is not None:
            found[one.flow] = one.workflow
    return found


def _flow(row: Raw) -> Flow:
    """A workflow; of one that is listed but was not shown whole, it cannot be told what it listens to."""
    told, enabled, lists = (
        criteria_of(row.get("enrollmentCriteria")),
        row.get("isEnabled"),
        row.get("suppressionListIds"),
    )
    return Flow(
        id=str(row["id"]),
        name=str(row.get("name") or row["id"]),
        enabled=enabled if isinstance(enabled, bool) else None,
        triggers=told.triggers,
        again=told.again,
        opaque=told.opaque,
        by_events=told.by_events,
        leaves=told.leaves,
        keeps_out=tuple(map(str, lists)) if isinstance(lists, list) else (),
        has_goal=bool(row.get("goalFilterBranch")),
    )

"""What somebody writes by hand over the official SDK, as processes: the yardsticks.

    python official_sdk.py get_all | search SINCE_MS | singles N | batches N

Reads HUBSPOT_BASE_URL and HUBSPOT_ACCESS_TOKEN; the SDK is as it comes, one call after the other. Nothing is stored.
"""

from __future__ import annotations

import json
import os
import sys

from hubspot import HubSpot
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectInput,
)
from people import FIRST_ID, PROPERTIES

BATCH = 100
SEARCH_PAGE = 200
VALUES = {"trellis_score": "73", "trellis_stage": "hot"}


def get_all(client: HubSpot) -> int:
    return len(client.crm.contacts.get_all(properties=list(PROPERTIES)))


def search(client: HubSpot, since_ms: str) -> int:
    found, after = 0, None
    while True:
        answer = client.crm.contacts.search_api.do_search(
            PublicObjectSearchRequest(
                filter_groups=[
                    {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": since_ms}]}
                ],
                sorts=["lastmodifieddate"],
                properties=list(PROPERTIES),
                limit=SEARCH_PAGE,
                after=after,
            )
        )
        found += len(answer.results)
        if answer.paging is None:
            return found
        after = answer.paging.next.after


def singles(client: HubSpot, contacts: str) -> int:
    for number in range(int(contacts)):
        client.crm.contacts.basic_api.update(str(FIRST_ID + number), SimplePublicObjectInput(properties=VALUES))
    return int(contacts)


def batches(client: HubSpot, contacts: str) -> int:
    done = 0
    for start in range(0, int(contacts), BATCH):
        ids = range(start, min(start + BATCH, int(contacts)))
        inputs = [SimplePublicObjectBatchInput(id=str(FIRST_ID + one), properties=VALUES) for one in ids]
        answer = client.crm.contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
        done += len(answer.results)
    return done


def main() -> None:
    client = HubSpot(access_token=os.environ["HUBSPOT_ACCESS_TOKEN"], host=os.environ["HUBSPOT_BASE_URL"])
    loop = {"get_all": get_all, "search": search, "singles": singles, "batches": batches}[sys.argv[1]]
    print(json.dumps(loop(client, *sys.argv[2:])))


if __name__ == "__main__":
    main()

"""Pretend Mailchimp with a big audience and campaigns that went to many; told what to do line by line.

`python audience_server.py MEMBERS CAMPAIGNS RECIPIENTS LATENCY_MS` prints its address and serves until standard input
ends. Each line that comes in is answered by one of JSON:

    counts                calls since the last time, the most that were in flight at once, and how many were turned away
    act N M               in each campaign N recipients open now and M click; how many acts that makes
    idle yes | no         whether email-activity with `since` lists recipients who did nothing, which no document says
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from itertools import islice

from adapters.sandbox import Sandbox

#: The audience of the shipped rulebook.
AUDIENCE = "abc123"
_URL = "https://www.example.com/pricing"


class Told:
    """What the lines of standard input do."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.mailchimp

    def fill(self, members: int, campaigns: int, recipients: int) -> None:
        """They signed up in the year before last month; the mails went out since, but not in the last week."""
        account = self._account
        account.add_audience("Main", id=AUDIENCE)
        begin = account.now() - timedelta(days=395)
        emails = [f"person{number}@company{number % 5_000}.example" for number in range(members)]
        for number, email in enumerate(emails):
            names = {"FNAME": f"First {number % 5_000}", "LNAME": f"Last {number % 40_000}"}
            account.life.subscribe(email, merge_fields=names, at=begin + timedelta(minutes=5 * number))
        for number in range(campaigns):
            sent_at = account.now() - timedelta(days=30 - number % 20)
            account.life.send_campaign(f"Newsletter {number}", to=emails[:recipients], at=sent_at)

    def counts(self) -> dict[str, int]:
        server, gate = self._sandbox.mailchimp_server, self._account.gate
        told = {"calls": server.calls.total, "at_once": gate.most, "refused": gate.refused}
        server.calls.reset()
        gate.most = gate.refused = 0
        return told

    def act(self, openers: str, clickers: str) -> int:
        now, done = self._account.now(), 0
        for campaign in self._account.campaigns.values():
            for mailing in islice(campaign.mailings.values(), int(openers)):
                campaign.opened(mailing.member, now)
                done += 1
            for mailing in islice(campaign.mailings.values(), int(clickers)):
                campaign.clicked(mailing.member, _URL, now)
                done += 1
        return done

    def idle(self, listed: str) -> None:
        self._account.switches.idle_listed = listed == "yes"


def main() -> None:
    members, campaigns, recipients, latency_ms = map(int, sys.argv[1:])
    sandbox = Sandbox(hubspot=False)
    told = Told(sandbox)
    told.fill(members, campaigns, recipients)
    sandbox.mailchimp.gate.latency = latency_ms / 1000
    with sandbox:
        print(sandbox.mailchimp_url, flush=True)
        for line in sys.stdin:
            command, *arguments = line.split()
            with sandbox.mailchimp.lock:
                print(json.dumps(getattr(told, command)(*arguments)), flush=True)


if __name__ == "__main__":
    main()

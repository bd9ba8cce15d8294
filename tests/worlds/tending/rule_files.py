"""The files that say what a ruling says, as an admin would write them (JSON is YAML), and the rulebook that Trellis reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tending.ruling import (
    ANNOYING,
    CUSTOMER,
    HANDED_OVER,
    LADDER,
    PLEASED_DAYS,
    PLEASING,
    SUBSCRIPTION,
    Ruling,
    Touches,
    Track,
)

from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook

AUDIENCE = "abc123"
ZONE = "Europe/Madrid"
OWNERS = ("ana@team.example", "biel@team.example")
LIST = "Trellis: {}"
TAG = "trellis:track:{}"
SEGMENT_LIST, SEGMENT_TAG = "Segment: warm", "segment:warm"
#: Where each stage begins.
ENTER = {"nurture": 20, "qualified": 40, "hot": 65}
#: Beyond these nothing is held: the guard has campaigns of its own (tests/statemachine).
_WIDE = 100_000

_CUSTOMERS = ["customer", "evangelist"]


def rulebook_of(ruling: Ruling, folder: Path) -> Rulebook:
    """Write the files into a new folder and read them. Raises what reading raises."""
    folder.mkdir(parents=True)
    files = {"fields": _FIELDS, "model": _MODEL, "model-customers": _CUSTOMER_MODEL}
    files |= {"stages": _stages(ruling), "tracks": _tracks(ruling)}
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content, indent=1))
    return read_rulebook(folder)


def _stages(ruling: Ruling) -> dict[str, Any]:
    later = [
        {"id": one, "enter": {"score": {"at_least": ENTER[one] + ruling.raised}}, "leave_below": ENTER[one] + ruling.raised - 5}
        for one in LADDER[1:]
    ]  # fmt: skip
    later[-1] |= {"handover": True}
    return {
        "version": 1,
        "states": {CUSTOMER: {"when": {"lifecycle": {"in": _CUSTOMERS}}}},
        "stages": [{"id": LADDER[0]}, *later],
    }


def _tracks(ruling: Ruling) -> dict[str, Any]:
    content: dict[str, Any] = {
        "version": 1,
        "aims": {
            "retain": {"when": {"stage": CUSTOMER}},
            "recover": {"when": {"did": {"event": "deal_lost", "within": "60d"}}},
        },
        "tracks": {name: _track(track) for name, track in ruling.tracks.items()},
        "dosing": _dosing(ruling),
        "rectify": _rectify(ruling),
        "handover": {"owner": {"round_robin": list(OWNERS)}, "task": {"title": "Call {name}", "due": "1d"}},
        "guard": {"stage_moves": {"share": "100%", "count": _WIDE}, "enrollments": _WIDE},
        "holdout": {"share": ruling.holdout},
    }
    if ruling.calendar == "office":
        content["calendar"] = {"days": "mon-fri", "hours": "09:00-18:00"}
    if ruling.segments:
        warm = {"stage": {"in": ["nurture", "qualified", HANDED_OVER]}}
        tag = {"audience": "main", "tag": SEGMENT_TAG}
        content["segments"] = {"warm": {"when": warm, "hubspot": {"list": SEGMENT_LIST}, "mailchimp": tag}}
    return content


def _track(track: Track) -> dict[str, Any]:
    when: dict[str, Any] = {"stage": {"in": list(track.stages)}}
    if track.interest:
        when["interest"] = track.interest
    if track.lost:
        when["did"] = {"event": "deal_lost", "within": "60d"}
    content: dict[str, Any] = {
        "aim": track.aim,
        "role": track.role,
        "when": when,
        "enroll": [_way(track, one.kind, leavable=one.leavable) for one in track.ways],
        "mails": {"count": track.mails, "name": {"starts_with": f"[{track.name}]"}},
        "lasts": f"{track.lasts}d",
        "priority": track.priority,
        "stops_on": list(track.stops_on),
    }
    if track.subscription:
        content["subscription"] = int(SUBSCRIPTION)
    if track.reenter_after is not None:
        content["reenter_after"] = f"{track.reenter_after}d"
    if track.exit_stages:
        content["exit_when"] = {"stage": {"in": list(track.exit_stages)}}
    if track.cap:
        content["cap"] = _touches(track.cap)
    return content


def _way(track: Track, kind: str, *, leavable: bool) -> dict[str, Any]:
    targets: dict[str, Any] = {
        "property": {"hubspot": {"property": "trellis_track"}},
        "list": {"hubspot": {"list": LIST.format(track.name)}},
        "tag": {"mailchimp": {"audience": "main", "tag": TAG.format(track.name)}},
    }
    return {**targets[kind], "listener": "confirmed", "exit": "confirmed" if leavable else "none"}


def _dosing(ruling: Ruling) -> dict[str, Any]:
    content: dict[str, Any] = {"hold_after_rise": f"{ruling.hold_after_rise}d", "one_track": ruling.one_track}
    content["hold_until"] = list(ruling.hold_until)
    content["by_stage"] = {stage: _touches(touches) for stage, touches in ruling.by_stage.items()}
    if ruling.touches:
        content["touches"] = _touches(ruling.touches)
    return content | {name: most for name in ("per_hour", "per_day") if (most := getattr(ruling, name))}


def _rectify(ruling: Ruling) -> dict[str, Any]:
    content: dict[str, Any] = {"interest": ruling.change_over}
    if ruling.annoyed_rest:
        content["annoyed"] = {"events": list(ANNOYING), "rest": f"{ruling.annoyed_rest}d", "other_channel": True}
    if ruling.pleased_more:
        content["pleased"] = {"events": list(PLEASING), "more": ruling.pleased_more, "within": f"{PLEASED_DAYS}d"}
    return content


def _touches(touches: Touches) -> dict[str, Any]:
    return {"max": touches.most, "per": f"{touches.days}d"}


_FIELDS: dict[str, Any] = {
    "version": 1,
    "language": "en",
    "timezone": ZONE,
    "audiences": {"main": {"list": AUDIENCE}},
    "fields": {
        "email": {"hubspot": "email", "mailchimp": "email_address"},
        "first_name": {"hubspot": "firstname", "mailchimp": "merge_fields.FNAME"},
        "job_title": {"hubspot": "jobtitle", "mailchimp": "merge_fields.JOBTITLE"},
        "company": {"hubspot": "company", "mailchimp": "merge_fields.COMPANY"},
        "interest": {"hubspot": "industry", "mailchimp": "merge_fields.INTEREST"},
        "lifecycle": {"hubspot": "lifecyclestage", "type": "stage"},
    },
    "events": {
        "form_submit": {
            "hubspot": {
                "count": "num_conversion_events",
                "last": "recent_conversion_date",
                "asset": "recent_conversion_event_name",
            },
            "submissions": True,
        },
        "page_view": {
            "hubspot": {
                "count": "hs_analytics_num_page_views",
                "last": "hs_analytics_last_timestamp",
                "asset": "hs_analytics_last_url",
            }
        },
        "email_click": {
            "hubspot": {"count": "hs_email_click", "last": "hs_email_last_click_date", "asset": "hs_email_last_email_name"},
            "mailchimp": "activity.click",
        },
        "email_reply": {
            "hubspot": {"count": "hs_email_replied", "last": "hs_email_last_reply_date", "asset": "hs_email_last_email_name"}
        },
        "email_sent": {
            "hubspot": {"count": "hs_email_delivered", "last": "hs_email_last_send_date", "asset": "hs_email_last_email_name"},
            "mailchimp": "activity.sent",
        },
        "contacted": {"hubspot": {"count": "num_contacted_notes", "last": "notes_last_contacted"}},
        "unsubscribe": {"mailchimp": "activity.unsub"},
        "deal_won": {"hubspot": {"deals": "won"}},
        "deal_lost": {"hubspot": {"deals": "lost"}},
        "order": {"mailchimp": "orders"},
    },
    "write": {"score": {"hubspot": "trellis_score", "mailchimp": "LEADSCORE", "min_change": 1, "at_least": "7d"},
              "stage": {"hubspot": "trellis_stage", "mailchimp": "LEADSTAGE"},
              "enrolled": {"hubspot": "trellis_enrolled", "mailchimp": "TRACKMARK"}},
}  # fmt: skip

_WHY = {"why": "Drawn"}
_READING = {
    "max": 25,
    "groups": {
        "intent": {
            "max": 17,
            "decay": {"half_life": "21d"},
            "rules": [{"id": "forms", "event": "form_submit", "points": 8, "max_times": 3, **_WHY}],
        },
        "reading": {
            "max": 8,
            "decay": {"linear": "30d"},
            "rules": [
                {"id": "clicks", "event": "email_click", "points": 3, "max_times": 3, **_WHY},
                {"id": "pages", "event": "page_view", "points": 2, "max_times": 3, **_WHY},
            ],
        },
    },
}
_PHASE = {
    "max": 25,
    "half_life": "30d",
    "phases": {
        "awareness": {"points": 8, "signals": [{"event": "email_click"}, {"event": "page_view"}]},
        "decision": {"points": 25, "signals": [{"event": "form_submit", "asset": {"contains": "demo"}}]},
    },
}
_REST = {
    "reaction": {
        "max": 15,
        "points": {"clicked": 6, "replied": 12, "asked": 15, "silent": -5, "unsubscribed": -15},
        "silent": {"after": {"mails": 3, "days": 14}},
    },
    "profile": {"max": 5, "completeness": {"company": 2, "job_title": 3}},
}
_EVIDENCE = {
    "any": [
        {"known": 2, "of": ["job_title", "company", "interest"]},
        {"events": 1, "except": ["email_sent", "unsubscribe", "contacted"]},
    ]
}


def _model(name: str, applies_to: dict[str, Any], traits: list[dict[str, Any]]) -> dict[str, Any]:
    fit = {"max": 30, "personas": {"somebody": {"label": "Somebody", "traits": traits}}}
    factors = {"fit": fit, "phase": _PHASE, "engagement": _READING, **_REST}
    return {
        "version": 1,
        "model": name,
        "applies_to": applies_to,
        "minimum_evidence": _EVIDENCE,
        "factors": factors,
        "trust": {"human": 1, "unsure": 0.5, "machine": 0},
    }


_MODEL = _model(
    "acquisition",
    {"lifecycle": {"not_in": _CUSTOMERS}},
    [
        {"id": "title", "when": {"job_title": {"contains_any": ["cfo", "finance"]}}, "points": 20, **_WHY},
        {"id": "company", "when": {"company": {"known": True}}, "points": 10, **_WHY},
    ],
)
_CUSTOMER_MODEL = _model(
    "customers",
    {"lifecycle": {"in": _CUSTOMERS}},
    [{"id": "known-company", "when": {"company": {"known": True}}, "points": 30, **_WHY}],
)

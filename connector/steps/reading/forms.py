"""Which forms a counter's bell means: calls are spent on those alone.

HubSpot names the last submission by page and form ("Pricing: Demo request"); what it names otherwise may be on any form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from adapters.hubspot_port import HubSpotPort
from connector.steps.parts import HUBSPOT, Parts
from connector.store import state
from connector.store.settling import Bell

_FORMS, _STRANGE = f"{HUBSPOT}:forms", f"{HUBSPOT}:assets of no form"
_HOUR_S, _EVER_S, _DAY = 3600, 100 * 366 * 86400, timedelta(days=1)


def all_forms(parts: Parts, port: HubSpotPort) -> Mapping[str, str]:
    """Names of all forms by id, as HubSpot tells them now. Raises PlatformError."""
    found = dict(port.forms())
    with parts.engine.begin() as conn:
        state.put_cached(conn, _FORMS, found, parts.now())
    return found


def known_forms(parts: Parts) -> Collection[str]:
    """Names of forms as last read, however long ago. Asks nobody."""
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _FORMS, _EVER_S, parts.now())
    return frozenset(kept.values()) if isinstance(kept, dict) else frozenset()


def forms_rung(parts: Parts, port: HubSpotPort, bells: Collection[Bell]) -> tuple[Mapping[str, str], bool]:
    """The forms to be read, and whether they are all that there are. Raises PlatformError.

    Those that the bells name, if each bell names one; all, if one does not, or stands for several acts of which it names
    the last. A name that turned out to be no form's is not looked for again within a day: lead ads ring as well.
    """
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _FORMS, _HOUR_S, parts.now())
    strange = _strange(parts)
    forms = kept if isinstance(kept, dict) else all_forms(parts, port)
    if _leave_open(bells, forms, strange):
        if forms is kept:  # the form may be new
            forms = all_forms(parts, port)
        if _leave_open(bells, forms, strange):
            return forms, True
    return {id_: name for id_, name in forms.items() if any(_names(bell.asset, name) for bell in bells)}, False


def keep_strange(parts: Parts, assets: Collection[str]) -> None:
    """Remember what no form explained, although all were read."""
    named = {asset: parts.now().isoformat() for asset in assets if asset}
    if named:
        with parts.engine.begin() as conn:
            state.put_cached(conn, _STRANGE, {**_strange(parts), **named}, parts.now())


def _strange(parts: Parts) -> Mapping[str, str]:
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _STRANGE, _DAY.total_seconds(), parts.now())
    since = parts.now() - _DAY
    return {asset: at for asset, at in (kept or {}).items() if datetime.fromisoformat(at) > since}


def _leave_open(bells: Collection[Bell], forms: Mapping[str, str], strange: Collection[str]) -> bool:
    """Whether any form may be meant."""
    return any(
        bell.several or not (bell.asset in strange or any(_names(bell.asset, name) for name in forms.values()))
        for bell in bells
    )


def _names(asset: str, form_name: str) -> bool:
    return bool(form_name) and form_name in asset

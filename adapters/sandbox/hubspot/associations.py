"""Associations between records; a contact's primary company is its property `associatedcompanyid`."""

from collections import defaultdict

#: (from, to) → HubSpot-defined type ids, the default first.
TYPE_IDS = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("contacts", "deals"): (4,),
    ("deals", "contacts"): (3,),
    ("companies", "deals"): (342, 6),
    ("deals", "companies"): (341, 5),
    ("contacts", "tasks"): (203,),
    ("tasks", "contacts"): (204,),
    ("contacts", "notes"): (201,),
    ("notes", "contacts"): (202,),
    ("companies", "tasks"): (191,),
    ("tasks", "companies"): (192,),
    ("companies", "notes"): (189,),
    ("notes", "companies"): (190,),
}
PRIMARY = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("companies", "deals"): 6,
    ("deals", "companies"): 5,
}
TYPE_NAMES = {number: pair for pair, numbers in TYPE_IDS.items() for number in numbers}


class Associations:
    """Which records belong together; both directions are kept."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], defaultdict[int, dict[int, None]]] = {
            pair: defaultdict(dict) for pair in TYPE_IDS
        }

    def link(self, kind: str, id_: int, to_kind: str, to_id: int) -> None:
        """Associate two records; doing it twice is the same."""
        self._links[kind, to_kind][id_][to_id] = None
        self._links[to_kind, kind][to_id][id_] = None

    def unlink(self, kind: str, id_: int, to_kind: str, to_id: int) -> None:
        """Take the association away, if there is one."""
        self._links[kind, to_kind][id_].pop(to_id, None)
        self._links[to_kind, kind][to_id].pop(id_, None)

    def of(self, kind: str, id_: int, to_kind: str) -> list[int]:
        """The associated ids, oldest association first."""
        links = self._links.get((kind, to_kind))
        return list(links[id_]) if links is not None and id_ in links else []

    def drop(self, kind: str, id_: int) -> None:
        """Forget every association of a record."""
        for (from_kind, to_kind), links in self._links.items():
            if from_kind == kind:
                for to_id in list(links.pop(id_, ())):
                    self._links[to_kind, kind][to_id].pop(id_, None)

"""Which of the portal's own lifecycle stages mean what: custom ones have a number for a name, and a label in any language
(facts/hubspot.md §8).
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.ports import Option
from connector.starter.seen import Seen
from connector.starter.tongues import words

LIFECYCLE = "lifecyclestage"

_CUSTOMERS = frozenset(
    {
        "customer",
        "customers",
        "client",
        "clients",
        "cliente",
        "clientes",
        "clienti",
        "kunde",
        "kunden",
        "klant",
        "klanten",
        *(f"{which}{many}" for which in ("stamm", "bestands", "neu", "gross", "dauer") for many in ("kunde", "kunden")),
    }
)
_PROMOTERS = frozenset(
    {"evangelist", "evangelista", "evangelizador", "promoter", "prescriptor", "ambassadeur", "embajador"}
)
#: A potential customer is none, and a lost one is none any more.
_NOT_YET = frozenset(
    {
        "potential", "potencial", "potenciales", "potenziale", "potenziali", "potentiel", "potentiels", "potenzieller",
        "posible", "posibles", "prospective", "future", "futuro", "futur", "lost", "perdido", "perdut", "perdu", "perso",
        "ehemalig", "ehemalige", "former", "ex", "antiguo", "antic", "ancien", "inactive", "inactivo", "no", "not", "non",
        "nicht", "interested", "success", "fit", "lead",
    }
)  # fmt: skip
_QUALIFIED = frozenset(
    {"mql", "qualified", "cualificado", "cualificada", "calificado", "qualificat", "qualificada", "qualifie", "qualifiziert",
     "qualificato", "qualificado"}
)  # fmt: skip
_OF_SALES = frozenset({"sql", "sales", "ventas", "vendes", "vente", "vertrieb", "vendite", "vendas", "comercial"})


def stages_of(seen: Seen) -> Sequence[Option]:
    """The portal's lifecycle stages in its own order; none without HubSpot."""
    return seen.properties[LIFECYCLE].options if seen.hubspot and LIFECYCLE in seen.properties else ()


def customer_stages(stages: Sequence[Option]) -> tuple[str, ...]:
    """The values of those stages whose people have bought: HubSpot's own two, and what is called so."""
    return tuple(
        one.value for one in stages if one.value in ("customer", "evangelist") or _is_customer(words(one.label))
    )


def unnamed_behind(stages: Sequence[Option], customers: Sequence[str]) -> tuple[Option, ...]:
    """The portal's own stages behind the first one of customers that are none of theirs, nor HubSpot's "Other": whether
    their people have bought only the team knows.
    """
    first = next((at for at, one in enumerate(stages) if one.value in customers), len(stages))
    return tuple(one for one in stages[first:] if one.value not in (*customers, "other"))


def qualified_stage(stages: Sequence[Option]) -> str | None:
    """The value of the stage that "qualified by marketing" is called; None if none is, or none before the customers."""
    values = [one.value for one in stages]
    customers = customer_stages(stages)
    end = min((values.index(value) for value in customers), default=len(values))
    before = stages[:end]
    own = [one.value for one in before if one.value == "marketingqualifiedlead"]
    named = [one.value for one in before if _is_qualified(words(one.label))]
    return next(iter([*own, *named]), None)


def _is_customer(label: tuple[str, ...]) -> bool:
    told = frozenset(label)
    return bool(told & (_CUSTOMERS | _PROMOTERS)) and not told & _NOT_YET


def _is_qualified(label: tuple[str, ...]) -> bool:
    told = frozenset(label)
    return bool(told & _QUALIFIED) and not told & _OF_SALES

"""Whether properties and merge fields take what is written to them: their types, options, and if they can be written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.ports import Definition, Option
from connector.rulebook.folding import fold
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.types import Rulebook
from connector.steps.finding import Finding
from connector.steps.portal.readable import of_type
from connector.steps.provision import hubspot_definitions, lacking_options, mailchimp_definitions

Definitions = Mapping[str, Definition]

_PROVISION = "Run `trellis provision`"
_CHOICES = ("dropdown", "radio")


def unfit_targets(rulebook: Rulebook, contacts: Definitions) -> Iterator[Finding]:
    """Properties of ours that are of another type, computed by HubSpot, or lack options.

    What a person fills in (the exclude box, sales' verdict) may be as the portal likes.
    """
    write = rulebook.fields.write
    filled_in = (write.exclude.hubspot, write.sales_verdict.hubspot)
    for wanted in hubspot_definitions(rulebook):
        there = contacts.get(wanted.name)
        if there is None or wanted.name in filled_in:
            continue
        if there.type != wanted.type:
            yield _of_another_type(there, wanted)
        elif there.read_only:
            yield _read_only(there)
        elif lacking := lacking_options(wanted, there):
            yield _lacking(there, lacking)


def unfit_verdicts(rulebook: Rulebook, contacts: Definitions) -> Iterator[Finding]:
    """The same of what people fill in: worth knowing, no reason to stop."""
    write = rulebook.fields.write
    filled_in = (write.exclude.hubspot, write.sales_verdict.hubspot)
    for wanted in (one for one in hubspot_definitions(rulebook) if one.name in filled_in):
        there = contacts.get(wanted.name)
        if there is not None and there.type != wanted.type:
            yield _of_another_type(there, wanted)
        elif there is not None and (lacking := lacking_options(wanted, there)):
            yield _lacking(there, lacking)


def unfit_lifecycle(rulebook: Rulebook, contacts: Definitions) -> Iterator[Finding]:
    """A lifecycle stage that cannot be written, as a whole or to a stage of stages.yaml."""
    write = rulebook.fields.write.lifecycle
    there = contacts.get(write.hubspot) if write else None
    if there is None:
        return
    if there.read_only:
        yield _read_only(there)
    values = [option.value for option in there.options]
    for stage in rulebook.stages.stages:
        if stage.lifecycle and values and stage.lifecycle not in values:
            what = f'stages.yaml, stage {stage.id}: property "{there.name}" has no option "{stage.lifecycle}"'
            yield Finding("error", what, _near(stage.lifecycle, there.options), code="option-missing")


def unfit_entrances(rulebook: Rulebook, contacts: Definitions) -> Iterator[Finding]:
    """Properties of tracks' own, which cannot take the name of the track."""
    ours = rulebook.fields.write.track.hubspot
    for name, track in rulebook.tracks.tracks.items():
        for way in track.enroll:
            there = contacts.get(way.hubspot.property or "") if way.hubspot else None
            if there is None or there.name == ours:
                continue
            if there.read_only:
                yield _read_only(there)
            elif there.options and name not in {option.value for option in there.options}:
                what = f'tracks.yaml, track {name}: property "{there.name}" has no option "{name}"'
                yield Finding("error", what, "Add the option to it in HubSpot", code="option-missing")
            elif there.type not in ("enumeration", "string"):
                what = f'tracks.yaml, track {name}: property "{there.name}" is {of_type(there)}, and takes no name'
                yield Finding("error", what, "Enroll by an enumeration or a text", code="property-unfit")


def unfit_merge_targets(rulebook: Rulebook, there: Definitions, audience: str) -> Iterator[Finding]:
    """Merge fields of ours that cannot take what is written to them."""
    choices = _choices(rulebook)
    for wanted in mailchimp_definitions(rulebook):
        found = there.get(wanted.name)
        if found is None or found.type == wanted.type:
            continue
        where = f'merge field "{found.name}" of audience {audience}'
        own = {option.value for option in found.options}
        ours = choices.get(wanted.name, ())
        if wanted.type == "text" and found.type in _CHOICES and ours:
            if lacking := [value for value in ours if value not in own]:
                what = f"{where} lacks the choices {', '.join(lacking)}"
                yield Finding("error", what, "Add them in Mailchimp", code="option-missing")
        else:
            cure = "Delete it and run `trellis provision`, or name another one in fields.yaml"
            what = f"{where} is {of_type(found)}, not {of_type(wanted)}"
            yield Finding("error", what, cure, code="merge-field-unfit")


def _choices(rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
    """The values that a merge field of ours may be given, where they are few, by tag."""
    options = {one.name: tuple(option.value for option in one.options) for one in hubspot_definitions(rulebook)}
    targets = rulebook.fields.write.targets.values()
    tags = {getattr(target, "mailchimp", None): options.get(target.hubspot, ()) for target in targets}
    return {tag: values for tag, values in tags.items() if tag}


def _of_another_type(there: Definition, wanted: Definition) -> Finding:
    cure = "Delete it and run `trellis provision`, or name another one in fields.yaml"
    what = f'property "{there.name}" is {of_type(there)}, not {of_type(wanted)}'
    return Finding("error", what, cure, code="property-unfit")


def _read_only(there: Definition) -> Finding:
    what = f'property "{there.name}" is computed by HubSpot, and cannot be written'
    return Finding("error", what, "Name another one in fields.yaml or tracks.yaml", code="property-read-only")


def _lacking(there: Definition, options: tuple[str, ...]) -> Finding:
    what = f'property "{there.name}" lacks the options {", ".join(options)}'
    return Finding("error", what, _PROVISION, code="option-missing")


def _near(value: str, options: Sequence[Option]) -> str:
    """The option that was meant: by its label, as a portal of custom stages keeps it under a number, or by its spelling."""
    labeled = next((one for one in options if fold(one.label).replace(" ", "") == fold(value)), None)
    if labeled is not None:
        return f'Write "{labeled.value}", the internal value of the option "{labeled.label}"'
    values = [option.value for option in options]
    near = did_you_mean(value, values)
    return f"{near[0].upper()}{near[1:]}" if near else f"It has {', '.join(values)}"

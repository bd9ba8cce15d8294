"""The kinds of values that keys of the rulebook take, and the base of its types."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator

from connector.rulebook.conditions import Condition
from connector.rulebook.parse import parse_condition, parse_text_test, write_condition, write_text_test
from connector.rulebook.units import (
    parse_days,
    parse_points,
    parse_seconds,
    parse_share,
    parse_trust,
    write_days,
    write_points,
    write_seconds,
    write_share,
)

Points = Annotated[int, BeforeValidator(parse_points), PlainSerializer(write_points)]
Trusted = Annotated[int, BeforeValidator(parse_trust), PlainSerializer(write_points)]
Seconds = Annotated[int, BeforeValidator(parse_seconds), PlainSerializer(write_seconds)]
Days = Annotated[int, BeforeValidator(parse_days), PlainSerializer(write_days)]
Share = Annotated[Decimal, BeforeValidator(parse_share), PlainSerializer(write_share)]
When = Annotated[Condition, PlainValidator(parse_condition), PlainSerializer(write_condition)]
TextTest = Annotated[Condition, PlainValidator(parse_text_test), PlainSerializer(write_text_test)]


def _address(text: str) -> str:
    if re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", text) is None:
        raise ValueError("takes the e-mail address of a HubSpot user, such as ana@team.example")
    return text


def _trimmed(text: str) -> str:
    if text != text.strip():
        raise ValueError("takes a name as the platform shows it, without a blank before or after")
    return text


Address = Annotated[str, AfterValidator(_address)]
#: Something of a platform's by its name. Whether a platform drops blanks around it is not documented.
Name = Annotated[str, Field(min_length=1), AfterValidator(_trimmed)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class Strict(BaseModel):
    """The base of every type here: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

"""The settings as they are: each with its value, where that comes from, and what it means."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from cmh_graph.settings import PREFIX, Settings, is_secret, variable_of

_MASK: Final = "********"
#: Name and password of an address, as https://name:password@host has them.
_LOGIN: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)")
#: How alike a wrong and a right name must be, of 100, for one to be told with the other.
_NEAR: Final = 70


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. origin: "environment" or "default"."""

    variable: str
    value: str | int | float | bool | None
    origin: str
    meaning: str


def settings_as_they_are(settings: Settings, environment: Mapping[str, str] | None = None) -> list[Setting]:
    """Every setting in the order of their definition; the values of secrets are masked."""
    given = os.environ if environment is None else environment
    names = {name.upper() for name, value in given.items() if value}
    found = []
    for name, field in Settings.model_fields.items():
        variable = variable_of(name)
        origin = "environment" if variable in names else "default"
        value = shown(name, getattr(settings, name))
        found.append(Setting(variable, value, origin, field.description or ""))
    return found


def shown(name: str, value: object) -> str | int | float | bool | None:
    """A value as it may be shown: secrets are masked, also the name and password in an address."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if text and (is_secret(name) or type(value).__name__.startswith("Secret")):
        return _MASK
    return _LOGIN.sub(_MASK, text)


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """A sentence for each variable that begins like ours but is none, with the name that was probably meant."""
    given = os.environ if environment is None else environment
    known = [variable_of(name) for name in Settings.model_fields]
    told = []
    for name in sorted(given):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = process.extractOne(name.upper(), known, scorer=fuzz.ratio, score_cutoff=_NEAR)
            hint = f"; did you mean {near[0]}?" if near else ""
            told.append(f"the environment variable {name} is no setting{hint}")
    return told

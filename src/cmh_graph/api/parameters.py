"""The parameters of a request read as values: one, several, a number, yes or no; and their OpenAPI description.

What cannot be read is refused in the same words everywhere: what is wrong, which parameter, and what to give."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from fastapi import Request

from cmh_graph.errors import BadParameter

#: The longest value that names something: keys are shorter.
LONGEST: Final = 100
#: The parameter that asks for a released version.
VERSION: Final = "version"
#: Where released versions answer: all reads below these,
_OF_VERSIONS: Final = ("/v1/", "/ims/")
#: but not what is about the service as it runs, about all versions, or about what a visitor sends along.
_OF_NONE: Final = ("/v1/health", "/v1/workforce", "/v1/releases", "/v1/changes")
#: Things that one request may name in a list.
MOST_NAMED: Final = 200
_MOST_DIGITS: Final = 9
_Default = TypeVar("_Default", int, None)


def takes_version(path: str) -> bool:
    """Whether an address can be answered by a released version, so that it takes the parameter version."""
    return path.startswith(_OF_VERSIONS) and not path.startswith(_OF_NONE)


def parameter(name: str, about: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    """A query parameter as OpenAPI describes it."""
    return {"name": name, "in": "query", "required": required, "description": about, "schema": schema}


def one_value(request: Request, name: str, mend: str = "give a key") -> str | None:
    """The one value of a parameter, or None. Raises BadParameter if it is repeated, empty or too long."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise BadParameter(
            f"{name} is given {len(given)} times", where=f"parameter {name}", mend="give it once"
        )
    return _checked(name, given[0], mend) if given else None


def required(request: Request, name: str) -> str:
    """The one value of a parameter that must be given."""
    found = one_value(request, name)
    if found is None:
        raise BadParameter(f"there is no {name}", where=f"parameter {name}", mend=f"give {name}=KEY")
    return found


def several(request: Request, name: str) -> tuple[str, ...]:
    """The values of a parameter that may be repeated. Raises BadParameter for too many, or one empty or too long."""
    given = request.query_params.getlist(name)
    if len(given) > MOST_NAMED:
        raise BadParameter(
            f"{name} is given {len(given)} times, more than {MOST_NAMED}",
            where=f"parameter {name}",
            mend="name fewer",
        )
    return tuple(_checked(name, one, "give a key") for one in given)


def _checked(name: str, given: str, mend: str) -> str:
    if not given or len(given) > LONGEST:
        what = f"longer than {LONGEST} characters" if given else "empty"
        raise BadParameter(f"{name} is {what}", where=f"parameter {name}", mend=f"{mend}, or leave it out")
    return given


def flag(request: Request, name: str) -> bool:
    """Whether a parameter is true; false if it is not given."""
    given = one_value(request, name, "give true or false")
    if given not in (None, "true", "false"):
        raise BadParameter(
            f"'{given}' is neither true nor false", where=f"parameter {name}", mend="give true or false"
        )
    return given == "true"


def number(request: Request, name: str, default: _Default, least: int, most: int) -> int | _Default:
    """The whole number that a parameter gives. Raises BadParameter if it is none or out of bounds."""
    mend = f"use a whole number from {least} to {most}"
    given = one_value(request, name, mend)
    if given is None:
        return default
    is_number = given.isascii() and given.isdigit() and len(given) <= _MOST_DIGITS
    if not is_number or not least <= int(given) <= most:
        raise BadParameter(f"{given[:50]!r} is no {name}", where=f"parameter {name}", mend=mend)
    return int(given)

"""A tool: a name, checked arguments, and a function from them to plain data. Nothing here knows the protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cmh_graph.errors import BadParameter
from cmh_graph.search import near_misses

#: Longest key, name or code in an argument.
LONGEST: Final = 200
#: Most things that one argument may list.
MOST_NAMED: Final = 50


class Arguments(BaseModel):
    """What a tool takes. Arguments that it does not know are refused, and none is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Page:
    """The list of an answer that is a part of a longer one. name: its field. total: how many there are in all.
    offset: how many were passed over; None where the tool cannot pass over any."""

    name: str
    total: int
    offset: int | None = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool found. answer: plain JSON values. page: its list that may be longer. named: IRIs of our own things in
    the answer whose statuses stand beside it. more: how to get the rest of any other list."""

    answer: dict[str, Any]
    page: Page | None = None
    named: tuple[str, ...] = ()
    more: str = "ask for less at once"


@dataclass(frozen=True)
class Tool:
    """gives: the schema of the answer, without the envelope. run: a coroutine or a plain function of the arguments;
    a plain one is run in a thread."""

    name: str
    title: str
    description: str
    takes: type[Arguments]
    gives: Mapping[str, Any]
    run: Callable[[Any], Found | Awaitable[Found]] = field(compare=False)

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        schema: dict[str, Any] = self.takes.model_json_schema(by_alias=True)
        schema.pop("title", None)
        schema.pop("description", None)
        for each in schema.get("properties", {}).values():
            each.pop("title", None)
        return schema

    def read(self, given: Mapping[str, Any]) -> Arguments:
        """The arguments, checked. Raises BadParameter, which never repeats what was given but for names."""
        known = [one.alias or name for name, one in self.takes.model_fields.items()]
        for name in given:
            if name not in known:
                near = near_misses(name[:50], known)
                raise BadParameter(
                    f"{self.name} takes no argument {name[:50]!r}",
                    where=f"argument {name[:50]}",
                    mend=(f"did you mean {' or '.join(near)}? " if near else "")
                    + (f"it takes {', '.join(known)}" if known else "it takes none"),
                )
        try:
            return self.takes.model_validate(dict(given))
        except ValidationError as error:
            first, *others = error.errors(include_input=False, include_url=False)
            what = str(first["msg"]).removeprefix("Value error, ")
            raise BadParameter(
                f"{what[:1].lower()}{what[1:]}" + (f" (and {len(others)} more)" if others else ""),
                where="argument " + ".".join(str(part)[:50] for part in first["loc"]),
                mend=f"see what {self.name} takes: {', '.join(known)}",
            ) from None


def plain(kind: Any, value: Any) -> Any:
    """A value as JSON values, without what is empty and without IRIs that follow from kind and key."""
    return _without_empty(TypeAdapter(kind).dump_python(value, mode="json"))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(one) for name, one in value.items() if name != "iri" or len(value) < 3}
        return {
            name: one
            for name, one in kept.items()
            if one is not None and one != "" and one != [] and one != {}
        }
    if isinstance(value, list):
        return [_without_empty(one) for one in value]
    return value


def schema_of(kind: Any) -> dict[str, Any]:
    """JSON Schema of what plain gives: any field may be left out, as empty ones are."""
    loose: dict[str, Any] = _loosened(
        TypeAdapter(kind).json_schema(mode="serialization", ref_template="#/$defs/{model}")
    )
    return loose


def _loosened(schema: Any) -> Any:
    if isinstance(schema, dict):
        kept = {
            name: _loosened(one)
            for name, one in schema.items()
            if not (name == "required" and isinstance(one, list))
            and not (name == "title" and isinstance(one, str))
        }
        # Tuples of a fixed length may have lost their ends.
        kept.pop("minItems", None)
        return kept
    if isinstance(schema, list):
        return [_loosened(one) for one in schema]
    return schema


def obj(description: str, **properties: Any) -> dict[str, Any]:
    """The schema of an object whose fields may all be left out."""
    return {"type": "object", "description": description, "properties": properties}


def list_of(schema: Mapping[str, Any], description: str = "") -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": dict(schema), **({"description": description} if description else {})}


def text(description: str = "") -> dict[str, Any]:
    """The schema of a text."""
    return {"type": "string", **({"description": description} if description else {})}


SAYS: Final = obj(
    "who says it",
    status=text("seed, public, inferred (our judgement) or confirmed"),
    sources=list_of(text(), "keys of sources, listed beside the answer"),
    inferred_fields=list_of(text(), "fields that are our judgement whatever the status"),
)
REF: Final = obj("a link to another thing", kind=text(), key=text(), label=text())

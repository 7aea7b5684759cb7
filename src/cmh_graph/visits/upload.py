"""A form with one file in it (multipart/form-data, RFC 7578), read as a stream: no more of it than is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from unicodedata import category

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cmh_graph.api.bodies import MULTIPART, media_type_of
from cmh_graph.errors import BadParameter, BodyTooLarge, UnsupportedBody
from cmh_graph.visits.visit import failed

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS: Final = 20
_LONGEST_FIELD: Final = 2_000  # bytes
_LONGEST_BOUNDARY: Final = 200
#: What the boundaries, the headers and the fields of a form may take beside the file.
_BESIDE: Final = 20_000  # bytes
_LONGEST_NAME: Final = 100  # characters of a file's name as it is shown


@dataclass(slots=True)
class Upload:
    """fields: of the form, by name. name: of the file as the visitor's machine has it, for people only. path: where its
    bytes lie; None if no file came along. size: in bytes."""

    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""
    path: Path | None = None
    size: int = 0


#: Given the fields before the file: where the file goes. Raises to refuse it.
Place = Callable[[dict[str, str], str], Path]


async def receive(request: Request, place: Place, *, most: int, file_field: str = "file") -> Upload:
    """Read a form whose file goes to the disk as it comes. most: bytes of the file.

    Raises UnsupportedBody if it is no such form, BodyTooLarge beyond the limit, BadParameter if it is broken or holds
    more than one file, DataFailed where the disk fails, and what place raises; then nothing of the file is left."""
    kind, parameters = media_type_of(request)
    boundary = parameters.get("boundary", "")
    if kind != MULTIPART or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise UnsupportedBody(
            f"this is no form with a file: {kind[:100] or 'no type'}",
            where="header Content-Type",
            mend=f"send {MULTIPART} from the page",
        )
    too_large = BodyTooLarge(
        f"the file is larger than the {most / 1_000_000:g} MB that we take",
        mend="keep only the sheet and the columns with the job titles, or save it as .csv",
    )
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most + _BESIDE:
        raise too_large
    parts = _Parts(place, most, file_field, too_large)
    try:
        parser = MultipartParser(boundary.encode("latin-1", "replace"), parts.callbacks())
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most + _BESIDE:
                raise too_large
            parser.write(chunk)
        parser.finalize()
        if not parts.whole:
            raise _broken()
    except FormParserError:
        parts.undo()
        raise _broken() from None
    except OSError as error:
        parts.undo()
        raise failed(error) from error
    except BaseException:
        # The visitor may have gone in the middle: what came is of no use to anybody.
        parts.undo()
        raise
    parts.close()
    return parts.found


def shown_name(name: str) -> str:
    """The name of a visitor's file for people: no folders, nothing that steers a terminal or turns the text around."""
    last = re.split(r"[/\\]", name)[-1]
    text = "".join(char if category(char)[0] != "C" else " " for char in last)
    return " ".join(text.split())[:_LONGEST_NAME].strip() or "list"


def stored_name(name: str) -> str:
    """The name under which a file is kept: letters, digits, dot and hyphen, never hidden, with its ending."""
    stem, dot, ending = shown_name(name).rpartition(".")
    if not dot or not stem:
        stem, ending = stem or ending, ""
    stem = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")[:60] or "list"
    ending = re.sub(r"[^a-z0-9]", "", ending.lower())[:8]
    return f"{stem}.{ending}" if ending else stem


class _Parts:
    """What the parser tells, part by part."""

    def __init__(self, place: Place, most: int, file_field: str, too_large: BodyTooLarge) -> None:
        self.found = Upload()
        self.whole = False
        self._place, self._most, self._file_field, self._too_large = place, most, file_field, too_large
        self._header, self._value = b"", b""
        self._disposition = b""
        self._name = ""
        self._text: bytearray | None = None
        self._out: BinaryIO | None = None
        self._parts = 0

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def undo(self) -> None:
        self.close()
        if self.found.path is not None:
            with suppress(OSError):
                self.found.path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadParameter("the form has too many fields", where="body", mend="send it from the page")
        self._header = self._value = self._disposition = b""

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        if file_name is None:
            self._text = bytearray()
            return
        if self._name != self._file_field:
            raise BadParameter(
                "the form holds a file of another name", where="body", mend="send it from the page"
            )
        if self.found.path is not None:
            raise BadParameter("the form holds more than one file", mend="give one list at a time")
        self.found.name = shown_name(file_name.decode("utf-8", "replace"))
        # An empty field of files comes along as a file without name and bytes.
        if file_name:
            self.found.path = self._place(self.found.fields, self.found.name)
            self._out = self.found.path.open("wb")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._out is not None:
            self.found.size += end - start
            if self.found.size > self._most:
                raise self._too_large
            self._out.write(data[start:end])
        elif self._text is not None:
            self._text += data[start:end]
            if len(self._text) > _LONGEST_FIELD:
                raise BadParameter(
                    "the form holds a field that is too long", where="body", mend="send it from the page"
                )

    def _on_part_end(self) -> None:
        if self._text is not None:
            self.found.fields[self._name] = self._text.decode("utf-8", "replace")
        self._text = None
        self.close()

    def _on_end(self) -> None:
        self.whole = True


def _broken() -> BadParameter:
    return BadParameter(
        "the form arrived broken", where="body", mend="try again; if it stays so, use another browser"
    )

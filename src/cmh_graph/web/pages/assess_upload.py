"""The one file of a form, held in memory and no longer than its request: nothing of it touches a disk."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cmh_graph.api.bodies import MULTIPART, media_type_of, read_body
from cmh_graph.errors import BadParameter, UnsupportedBody
from cmh_graph.web.pages.assess_file import LARGEST

#: What the boundaries and headers of a form with a file take beside it.
_BESIDE: Final = 5_000
_LONGEST_BOUNDARY: Final = 200
_SEND: Final = "send it from the page /assess"


async def read_upload(request: Request) -> bytes:
    """The one file of a form with a file, held in memory only. Raises UnsupportedBody, BodyTooLarge, BadParameter."""
    kind, parameters = media_type_of(request)
    boundary = parameters.get("boundary", "")
    if kind != MULTIPART or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise UnsupportedBody(
            f"this is no form with a file: {kind[:100] or 'no type'}", where="header Content-Type", mend=_SEND
        )
    body = await read_body(
        request, LARGEST + _BESIDE, what="file", mend="choose the .json file that you saved from this page"
    )
    parts: list[tuple[bytes, bytearray]] = []
    ended = False

    def begin() -> None:
        if len(parts) > 3:
            raise BadParameter("the form has too many fields", where="body", mend=_SEND)
        parts.append((b"", bytearray()))

    header = {"name": b"", "value": b"", "disposition": b""}

    def add(name: str, data: bytes, start: int, end: int) -> None:
        header[name] += data[start:end]

    def header_end() -> None:
        if header["name"].lower() == b"content-disposition":
            header["disposition"] = header["value"]
        header.update(name=b"", value=b"")

    def headers_finished() -> None:
        _, options = parse_options_header(header["disposition"])
        parts[-1] = (options.get(b"name", b""), parts[-1][1])
        header["disposition"] = b""

    def data_came(data: bytes, start: int, end: int) -> None:
        parts[-1][1].extend(data[start:end])

    def end_came() -> None:
        nonlocal ended
        ended = True

    parser = MultipartParser(
        boundary.encode("latin-1", "replace"),
        {
            "on_part_begin": begin,
            "on_header_field": lambda data, start, end: add("name", data, start, end),
            "on_header_value": lambda data, start, end: add("value", data, start, end),
            "on_header_end": header_end,
            "on_headers_finished": headers_finished,
            "on_part_data": data_came,
            "on_end": end_came,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        ended = False
    files = [bytes(data) for name, data in parts if name == b"file"]
    if not ended or len(files) != 1 or len(parts) != 1:
        raise BadParameter("the form arrived broken, or holds more than one file", where="body", mend=_SEND)
    return files[0]

"""Reads tests/cases/hostile/ into requests, byte for byte; sends one; knows the laws that every answer is held to."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hostile

FOLDER = Path(__file__).resolve().parent / "cases" / "hostile"
#: Texts up to this length are sent in the address too, where a file says in_address.
_LONGEST_IN_ADDRESS = 3000
#: A refusal is short, whatever was sent.
_LONGEST_REFUSAL = 10_000
_LONGEST_FINDINGS = 100_000
_SECONDS = 60


@dataclass(frozen=True)
class Case:
    """What is sent and how it must end. sent: whole requests; status: any of these; never: texts that no answer holds.

    closed: the connection may end without an answer. half: the request is never finished."""

    name: str
    why: str
    about: str
    sent: tuple[bytes, ...]
    status: tuple[int, ...]
    slug: str = ""
    says: str = ""
    never: tuple[str, ...] = ()
    never_header: tuple[str, ...] = ()
    closed: bool = False
    half: bool = False
    #: whether anything in it names the listener
    calls: bool = False
    method: str = "GET"


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        return json.loads(self.body) if "problem+json" in self.headers.get("content-type", "") else {}


@dataclass(frozen=True)
class Places:
    """What the placeholders of cases stand for. token: one that may write to the graph of northfield."""

    listener: str
    secret: str
    token: str

    def fill(self, text: str) -> str:
        """A text with its placeholders filled."""
        named = {
            "{listener}": self.listener,
            "{secret}": self.secret,
            "{token}": self.token,
            "{token_beginning}": self.token[:-1],
        }
        for name, value in named.items():
            text = text.replace(name, value)
        return text


def files() -> list[Path]:
    """The files of requests."""
    return sorted(FOLDER.glob("*.toml"))


def read(path: Path) -> dict[str, Any]:
    """A file of cases as it is."""
    return tomllib.loads(path.read_text("utf-8"))


def cases(path: Path, places: Places) -> list[Case]:
    """The cases of a file, with every request that they make."""
    given = read(path)
    common = {name: value for name, value in given.items() if name != "case"}
    return [_case({**common, **one}, places) for one in given["case"]]


def _case(given: dict[str, Any], places: Places) -> Case:
    status = given["status"] if isinstance(given["status"], list) else [given["status"]]
    method, sent = "", []
    if "wire" in given:
        sent = [bytes_of(given["wire"], places)]
    else:
        line = bytes_of(given["send"], places)
        method = line.partition(b" ")[0].decode("latin-1")
        headers = [part for one in given.get("headers", ()) for part in _headers(one, places)]
        if "ending" in given:
            headers.append(f"Content-Type: {given.get('type', 'text/turtle')}".encode())
        body = bytes_of(given["body"], places) if "body" in given else None
        sent.append(_request(line, headers, body))
        name = given.get("in_address", "")
        # What is stopped at the deadline is waited for once.
        if name and body is not None and len(body) < _LONGEST_IN_ADDRESS and 503 not in status:
            path = line.partition(b" ")[2].decode("latin-1")
            line = f"GET {path}?{name}={quote(body, safe='')}".encode()
            sent.append(_request(line, [], None))
    return Case(
        name=given["name"],
        why=given["why"],
        about=given["about"],
        sent=tuple(sent),
        status=tuple(status),
        slug=given.get("slug", ""),
        says=given.get("says", ""),
        never=tuple(places.fill(text) for text in given.get("never", ())),
        never_header=tuple(given.get("never_header", ())),
        closed=given.get("closed", False),
        half=given.get("half", False),
        calls="{listener}" in json.dumps(given),
        method=method,
    )


def _headers(given: Any, places: Places) -> Iterator[bytes]:
    """The lines that one header of a case makes: a repeated one makes many."""
    if isinstance(given, dict):
        yield from [places.fill(given["repeat"]).encode()] * given["times"]
    else:
        yield bytes_of(given, places)


def _request(line: bytes, headers: list[bytes], body: bytes | None) -> bytes:
    named = {one.partition(b":")[0].strip().lower() for one in headers}
    more = [] if b"host" in named else [b"Host: 127.0.0.1"]
    if body is not None and b"content-length" not in named:
        more.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join([line + b" HTTP/1.1", *more, *headers, b"Connection: close"])
    return head + b"\r\n\r\n" + (body or b"")


def bytes_of(given: Any, places: Places) -> bytes:
    """A text, or a list of parts: texts, what repeats, bytes by their digits, files by their maker."""
    if isinstance(given, str):
        return places.fill(given).encode("utf-8", "surrogatepass")
    if isinstance(given, list):
        return b"".join(bytes_of(part, places) for part in given)
    if "hex" in given:
        return bytes.fromhex(given["hex"]) * given.get("times", 1)
    if "file" in given:
        return file_bytes(given["file"])
    if "doubling" in given:
        # BIND(CONCAT(?x0, ?x0) AS ?x1) and so on: a text that doubles with each.
        return "".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1}) " for n in range(given["doubling"])).encode()
    repeated = places.fill(given["repeat"])
    if "then" in given:
        # A chunk: its size, and what it holds.
        return (repeated + given["then"] * given["times"] + "\r\n").encode() * given["many"]
    return (repeated * given["times"]).encode()


@cache
def file_bytes(name: str) -> bytes:
    """A file of tests/hostile.py by its name."""
    found = next(one for one in (*hostile.TABLES, *hostile.TEXTS) if one.name == name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        found.make(path)
        return path.read_bytes()


def send(port: int, sent: bytes, *, method: str = "GET", half: bool = False) -> Answer | None:
    """The first answer to some bytes; None if the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        # Who refuses early may hang up before all is sent.
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            if half:
                connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(1 << 16):
                received += part
                if half and b"\r\n\r\n" in received:
                    break
                # Who asks before sending the rest gets a first answer, and then the real one.
                if len(received) > 1 << 20 or _is_whole(received, method):
                    break
    return _parsed(received, method) if received.startswith(b"HTTP/1.1 ") else None


def _is_whole(received: bytes, method: str) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 100"):
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2]) or method == "HEAD"
    return False


def _parsed(received: bytes, method: str) -> Answer:
    response = http.client.HTTPResponse(_Received(received), method=method)  # type: ignore[arg-type]
    response.begin()
    try:
        body = response.read()
    except http.client.IncompleteRead as error:
        body = error.partial
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(response.status, headers, body)


class _Received:
    """Bytes that have come, where a socket is expected."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


def documents(path: Path, places: Places) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The cases of a file that are files by themselves, with their bytes."""
    for one in read(path)["case"]:
        if "reads" in one:
            yield one, bytes_of(one["body"], places)


# --- the laws -----------------------------------------------------------------------------------------------

#: What no answer holds, whatever was asked.
NEVER = ("Traceback", "site-packages", '.py"', "/usr/lib/", "root:x:", "canary-7f3a-of-the-hostile-corpus")
#: What every answer of the app has; what is no HTTP is refused before the app.
_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
}


def faults(case: Case, answer: Answer | None) -> list[str]:
    """Why an answer is not as it must be; empty if it is."""
    if answer is None:
        return [] if case.closed else ["the connection was closed without an answer"]
    found = []
    if answer.status not in case.status:
        found.append(f"status {answer.status}, not {case.status}: {answer.body[:300]!r}")
    text = answer.body.decode("utf-8", "replace")
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    found += [f"the answer holds {one!r}" for one in (*NEVER, *case.never) if one in text or one in heads]
    found += [f"the answer has the header {one}" for one in case.never_header if one in answer.headers]
    location = answer.headers.get("location", "/")
    if not location.startswith("/") or location.startswith(("//", "/\\")):
        found.append(f"leads to another place: {location[:100]}")
    if b"this is no HTTP request" in answer.body:
        # It was refused before the app, by what speaks HTTP.
        return found
    found += [
        f"{name} is {answer.headers.get(name)!r}"
        for name, value in _SAFE.items()
        if value not in answer.headers.get(name, "")
    ]
    if answer.status >= 400:
        found += _refusal(case, answer)
    return found


def _refusal(case: Case, answer: Answer) -> list[str]:
    found = []
    longest = _LONGEST_FINDINGS if b'"findings"' in answer.body else _LONGEST_REFUSAL
    if len(answer.body) > longest:
        found.append(f"a refusal of {len(answer.body)} bytes")
    if answer.headers.get("content-type", "").startswith("text/html"):
        return found
    if case.method == "OPTIONS":
        # What browsers ask beforehand is answered for them alone.
        return found
    told = answer.problem
    if not {"type", "title", "status"} <= told.keys() or told["status"] != answer.status:
        return [*found, f"no problem body: {answer.body[:200]!r}"]
    if case.slug and not told["type"].endswith(f"/{case.slug}"):
        found.append(f"{told['type']}, not {case.slug}: {told['title']}")
    if case.says and case.says not in " ".join(
        [told["title"], told.get("where", ""), told.get("mend", ""), str(told.get("findings", ""))]
    ):
        found.append(f"does not say {case.says!r}: {told}")
    return found

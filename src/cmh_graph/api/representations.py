"""One thing or one answer, in the format its reader asked for, with what caches need.

A representation is a function of the snapshot, the version of this software, the address and the format, so its
ETag is made of those before anything is written, and a reader who has it already gets 304 at once.
"""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any, Final

from fastapi import Request
from pydantic import TypeAdapter
from starlette.responses import Response

from cmh_graph import __version__
from cmh_graph.api.kept_reads import keep
from cmh_graph.api.parameters import VERSION, one_value, takes_version
from cmh_graph.api.tags import has_tag
from cmh_graph.errors import BadParameter, NotAcceptable
from cmh_graph.framework import Framework
from cmh_graph.json_ld import JsonLd
from cmh_graph.model import Thing
from cmh_graph.search import near_misses
from cmh_graph.sparql.formats import content_type, negotiate
from cmh_graph.store import RdfFormat, Triple, write_triples


@dataclass(frozen=True, slots=True)
class Form:
    """A format: its name in ?format= and as a suffix, and its media type."""

    name: str
    media_type: str


JSON: Final = Form("json", "application/json")
JSON_LD: Final = Form("jsonld", "application/ld+json")
TURTLE: Final = Form("ttl", "text/turtle")
N_TRIPLES: Final = Form("nt", "application/n-triples")
CSV: Final = Form("csv", "text/csv")
TSV: Final = Form("tsv", "text/tab-separated-values")
#: The formats of a thing, of a list, and of rows. The first is sent to those who accept anything.
THING_FORMS: Final = (JSON, JSON_LD, TURTLE, N_TRIPLES)
LIST_FORMS: Final = (JSON,)
ROW_FORMS: Final = (JSON, CSV, TSV)

#: A snapshot never changes, but the next one may be served at the same address.
CACHE_CONTROL: Final = "public, max-age=300"
#: What a release says is fixed; the software that writes it is not, so a week it is.
RELEASED_CACHE_CONTROL: Final = "public, max-age=604800"
#: What a writer keeps of things written before, in bytes, where nothing else is said.
MOST_WRITTEN: Final = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Served:
    """Which content an app answers from.

    version: the number of a release, with the snapshot's id as build metadata where it was not released.
    known: what else the answers depend on: the releases there are."""

    version: str
    snapshot: str
    cache_control: str = CACHE_CONTROL
    known: str = ""


def served_of(request: Request) -> Served:
    """Which content the app of a request answers from."""
    served: Served = request.app.state.served
    return served


def framework_of(request: Request) -> Framework:
    """The framework that the app of a request serves."""
    framework: Framework = request.app.state.framework
    return framework


def choose(request: Request, forms: Sequence[Form], suffix: str = "") -> Form:
    """The format to answer in: by the suffix of the key, else by ?format=, else by the Accept header.

    Raises BadParameter for a format name that is none of the forms, NotAcceptable if no form is accepted."""
    names = ", ".join(f"{form.name} ({form.media_type})" for form in forms)
    wanted = suffix or one_value(request, "format", f"ask for {names}")
    if wanted:
        for form in forms:
            if wanted.lower() in (form.name, form.media_type):
                return form
        raise BadParameter(
            f"there is no format {wanted[:50]!r} here", where="parameter format", mend=f"ask for {names}"
        )
    accept = ", ".join(request.headers.getlist("accept"))
    best = negotiate(accept or None, [form.media_type for form in forms])
    if best is None:
        raise NotAcceptable(
            "none of the accepted media types is one this address answers in",
            where=f"header Accept: {accept[:200]}",
            mend=f"accept {names}",
        )
    return forms[best]


def split_suffix(key: str, forms: Sequence[Form] = THING_FORMS) -> tuple[str, str]:
    """A key and the format suffix it carries: hcsw.ttl -> (hcsw, ttl), hcsw -> (hcsw, "")."""
    stem, dot, suffix = key.rpartition(".")
    return (stem, suffix) if dot and suffix in {form.name for form in forms} else (key, "")


def respond(
    request: Request, form: Form, write: Callable[[], bytes], headers: dict[str, str] | None = None
) -> Response:
    """The answer with its ETag; 304 without a body if the reader has it already. write: makes the body."""
    sent = {**cache_headers(request, form), **(headers or {})}
    if is_fresh(request, sent):
        return Response(status_code=304, headers=sent)
    keep(request)
    return Response(write(), headers={**sent, "Content-Type": content_type(form.media_type)})


def cache_headers(request: Request, form: Form) -> dict[str, str]:
    """The headers that let an answer in this format be kept and asked after again."""
    served = served_of(request)
    content = f"{served.snapshot}\n{served.known}"
    tag = _etag(content, form.name, request.url.path, request.url.query)
    return {"ETag": tag, "Cache-Control": served.cache_control, "Vary": "Accept"}


def is_fresh(request: Request, sent: Mapping[str, str]) -> bool:
    """Whether the reader already has the answer with these headers."""
    return has_tag(request.headers.getlist("if-none-match"), sent["ETag"])


def _etag(content: str, form: str, path: str, query: str) -> str:
    # The query as it stands: links to the next page repeat its order.
    digest = hashlib.sha256("\n".join((content, __version__, form, path, query)).encode())
    return f'"{digest.hexdigest()[:24]}"'


@lru_cache(maxsize=256)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def write_json(model: Any, value: Any) -> bytes:
    """A value of the model as JSON, its fields named as in Python."""
    return _adapter(model).dump_json(value)


class Writer:
    """Writes the things of one framework in any of THING_FORMS, and keeps the ones written last.

    most: bytes of all that is kept together; 0 keeps none."""

    def __init__(self, framework: Framework, most: int = MOST_WRITTEN) -> None:
        self.framework = framework
        self._most: Final = most
        self._size = 0
        self._lock = Lock()
        self._written: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    @cached_property
    def json_ld(self) -> JsonLd:
        """The writer of JSON-LD, made when the first reader asks for it."""
        return JsonLd(self.framework.stated_triples())

    def write(self, thing: Thing, form: Form) -> bytes:
        """The bytes of a thing; all forms but JSON hold the same triples."""
        key = (thing.iri, form.name)
        with self._lock:
            known = self._written.get(key)
            if known is not None:
                self._written.move_to_end(key)
                return known
        written = self._write(thing, form)
        with self._lock:
            # Threads may both have written it: the bytes are the same.
            if key not in self._written and len(written) <= self._most // 16:
                self._written[key] = written
                self._size += len(written)
                while self._size > self._most:
                    self._size -= len(self._written.popitem(last=False)[1])
        return written

    def _write(self, thing: Thing, form: Form) -> bytes:
        if form is JSON:
            return write_json(type(thing), thing)
        return self.write_triples(self.framework.describe(thing), form)

    def write_triples(self, triples: Sequence[Triple], form: Form) -> bytes:
        """Some triples in JSON-LD, Turtle or N-Triples."""
        if form is JSON_LD:
            return self.json_ld.write(triples)
        output = io.BytesIO()
        write_triples(triples, output, RdfFormat.TURTLE if form is TURTLE else RdfFormat.N_TRIPLES)
        if form is N_TRIPLES:
            return output.getvalue()
        # The store writes prefixes in any order, but an ETag promises the same bytes from every process.
        lines = output.getvalue().splitlines(keepends=True)
        prefixes = sorted(line for line in lines if line.startswith(b"@prefix "))
        return b"".join([*prefixes, *lines[len(prefixes) :]])


def writer_of(request: Request) -> Writer:
    """The writer that the app of a request keeps."""
    writer: Writer = request.app.state.writer
    return writer


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Raise BadParameter if the request has a parameter that is none of the known: a typo must not pass unseen."""
    if takes_version(request.url.path):
        # Its value has been looked at before the request came to this app.
        known = [*known, VERSION]
    for name in request.query_params:
        if name not in known:
            near = near_misses(name, known)
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            rest = f"parameters here are {', '.join(known)}" if known else "this address takes no parameters"
            raise BadParameter(
                f"there is no parameter {name[:50]!r} here", where=f"parameter {name[:50]}", mend=hint + rest
            )

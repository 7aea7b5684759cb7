"""The first bytes and the name of a file -> what kind it is. What we do not read is refused by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from cmh_graph.align.files.packed import member_names
from cmh_graph.errors import SourceError

Kind = Literal["text", "xlsx", "ods", "json", "jsonl", "rdf", "docx", "pdf"]

START: Final = 4096  # bytes looked at
_SAVE: Final = "save the list as .xlsx, .ods or .csv and try again"

#: First bytes -> what to call the file, and what to do instead.
_REFUSED: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\x1f\x8b", "this is a compressed file (gzip)", "unpack it and give the file inside"),
    (b"7z\xbc\xaf\x27\x1c", "this is a compressed file (7-Zip)", "unpack it and give the file inside"),
    (b"Rar!", "this is a compressed file (RAR)", "unpack it and give the file inside"),
    (b"BZh91AY", "this is a compressed file (bzip2)", "unpack it and give the file inside"),
    (b"\xfd7zXZ", "this is a compressed file (xz)", "unpack it and give the file inside"),
    (b"\x28\xb5\x2f\xfd", "this is a compressed file (Zstandard)", "unpack it and give the file inside"),
    (b"{\\rtf", "this is a rich text document", ""),
    (b"\x89PNG", "this is a picture", "give what it shows as text or as a table"),
    (b"\xff\xd8\xff", "this is a picture", "give what it shows as text or as a table"),
    (b"GIF8", "this is a picture", "give what it shows as text or as a table"),
    (b"SQLite format 3", "this is a database", "export the table of posts as .csv"),
    (b"PAR1", "this is a Parquet file", ""),
    (b"\x7fELF", "this is a program", ""),
    (b"MZ\x90", "this is a program", ""),
)

_RDF_NAMES: Final = (".ttl", ".rdf", ".owl", ".jsonld", ".nt", ".nq", ".trig", ".n3")


def is_folder(path: Path) -> bool:
    """Whether there is a folder of this name; a name that cannot be one is left to start_of."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def start_of(path: Path, save: str = _SAVE) -> bytes:
    """The first bytes of a file. save: how to mend it, in words.

    Raises SourceError if it is not a file that can be read, or is empty."""
    try:
        # A pipe or a device would never end, or never begin.
        if path.exists() and not path.is_file():
            what = "this is a folder" if path.is_dir() else "this is a pipe or a device, not a file"
            raise SourceError(what, where=str(path), mend="give the file itself")
        with path.open("rb") as opened:
            start = opened.read(START)
    except FileNotFoundError:
        raise SourceError("there is no such file", where=str(path), mend="check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            f"the file cannot be opened: {reason.lower()}", where=repr(str(path))[1:-1],
            mend="check its name and that you may read it",
        ) from None  # fmt: skip
    if not start.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        if len(start) < START and b"\x00" not in start:
            what = "the file is empty"
        else:
            what = f"the file begins with {len(start):,} blank or null bytes"
        raise SourceError(what, where=str(path), mend=save)
    return start


def kind_of(path: Path, start: bytes, save: str = _SAVE) -> Kind:
    """The kind of a file by what it holds; its name decides only between texts.

    save: what to do with a file that holds the right thing in the wrong form.
    Raises SourceError for kinds that we do not read, with what to do instead."""
    where, suffix = str(path), path.suffix.lower()
    for bytes_, what, mend in _REFUSED:
        if start.startswith(bytes_):
            raise SourceError(what, where=where, mend=mend or save)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_office(path)
    if start.startswith(b"%PDF"):
        return "pdf"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed_kind(path, save)
    if suffix in {".xlsx", ".xlsm", ".ods", ".docx"}:
        raise SourceError(
            f"the file is called {suffix} but does not hold what such a file holds",
            where=where,
            mend="open it in the program that made it and save it again",
        )
    if suffix in _RDF_NAMES:
        return "rdf"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix in {".jsonl", ".ndjson"}:
        return "jsonl"
    head = text[:1000].lower()
    if text.startswith(b"<"):
        if b"<rdf:rdf" in start.lower():
            return "rdf"
        if b"<html" in head or b"<table" in head or b"<!doctype html" in head:
            what = "this is a web page" + (f" saved as {suffix}" if suffix in {".xls", ".csv"} else "")
            raise SourceError(
                what, where=where, mend="open it in a spreadsheet program and save it as .xlsx or .csv"
            )
        if suffix in {".xml", ".xls", ".fods"} or head.startswith(b"<?xml"):
            raise SourceError("this is an XML file of a kind that we do not read", where=where, mend=save)
    plain = text.replace(b"\x00", b"").lstrip(b"\xff\xfe\xfe\xff")
    if suffix == ".json" or (suffix not in {".csv", ".tsv"} and _opens_json(plain)):
        return "json"
    if _looks_binary(start):
        raise SourceError("this is not a list that we can read: it is no text", where=where, mend=save)
    return "text"


def _opens_json(text: bytes) -> bool:
    return text[:1] == b"{" or (text[:1] == b"[" and text[1:].lstrip()[:1] in (b"{", b"[", b'"'))


def _looks_binary(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    control = sum(1 for byte in start if byte < 32 and byte not in b"\t\r\n\x00\x0c\x1b")
    return control > max(50, len(start) * 0.05)


def _packed_kind(path: Path, save: str) -> Kind:
    names = member_names(path)
    if "xl/workbook.bin" in names:
        raise SourceError("this is a binary workbook (.xlsb)", where=str(path), mend="save it as .xlsx")
    if "xl/workbook.xml" in names or any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.endswith(".iwa") or name.startswith("Index/") for name in names):
        raise SourceError("this is a Numbers file", where=str(path), mend="export it as Excel or CSV")
    if "content.xml" in names:
        return "ods"
    if "encrypted-package" in names:
        raise SourceError(
            "the file is protected by a password", where=str(path), mend="save a copy without a password"
        )
    if any(name.startswith("ppt/") for name in names):
        raise SourceError("this is a presentation", where=str(path), mend=save)
    if path.suffix.lower() in {".xlsx", ".xlsm", ".ods", ".docx"}:
        raise SourceError(
            "the file is damaged: the parts of a document are not in it",
            where=str(path),
            mend="open it in the program that made it and save it again",
        )
    raise SourceError("this is a zip file", where=str(path), mend="unpack it and give the file inside")


def _old_office(path: Path) -> SourceError:
    """An OLE container: an old binary document, or a new one behind a password."""
    try:
        with path.open("rb") as opened:
            begin = opened.read(1 << 20)
            opened.seek(max(0, path.stat().st_size - (1 << 20)))
            locked = "EncryptedPackage".encode("utf-16-le") in begin + opened.read(1 << 20)
    except OSError:
        locked = False
    if locked:
        return SourceError(
            "the file is protected by a password", where=str(path), mend="save a copy without a password"
        )
    if path.suffix.lower() == ".doc":
        return SourceError(
            "this is a Word file of the old kind (.doc)", where=str(path), mend="save it as .docx"
        )
    return SourceError(
        "this is a workbook of the old kind (.xls)",
        where=str(path),
        mend="open it in a spreadsheet program and save it as .xlsx",
    )

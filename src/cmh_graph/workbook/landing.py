"""What things will state -> new texts of the Turtle files, shown to say exactly that, and written all or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.errors import BuildError, SourceError
from cmh_graph.namespaces import compact
from cmh_graph.store import read_quads
from cmh_graph.workbook.blocks import File, read_blocks
from cmh_graph.workbook.content import Content, Statements, node_value
from cmh_graph.workbook.place import HEADERS, file_of, order_of, place_in, sheet_of_thing
from cmh_graph.workbook.proposals import Proposal
from cmh_graph.workbook.turtle import Writer, apply, edited, with_prefixes


@dataclass(frozen=True, slots=True)
class NewText:
    """before: the text as it was read; None for a file that is made."""

    path: Path
    before: str | None
    after: str


def new_texts(
    content: Content, wanted: Mapping[str, Statements], proposals: Sequence[Proposal]
) -> list[NewText]:
    """The files that change, each with its whole new text; by path. Nothing is written.

    Raises SourceError where a block cannot be edited as text, BuildError if a text would not say what is wanted."""
    files: dict[str, Path] = {}
    new = [one for one in proposals if one.new]
    for proposal in _owners_first(new):
        files[proposal.thing] = file_of(content, proposal, wanted[proposal.thing], files)
    paths = sorted({*files.values(), *(content.files[thing] for thing in wanted if thing not in files)})
    texts = []
    for path in paths:
        before = path.read_bytes().decode() if path.exists() else None
        here = [one for one in _owners_first(new) if files[one.thing] == path]
        after = _new_text(content, path, before, wanted, here)
        _prove(content, path, after, wanted, {one.thing for one in here})
        texts.append(NewText(path, before, after))
    return texts


def _owners_first(new: Sequence[Proposal]) -> list[Proposal]:
    """New things so that a thing in whose file others are kept comes before them."""
    first = ("roles", "skill-groups", "skills", "skill-levels", "i-statements")
    rank = {name: number for number, name in enumerate(first)}
    ordered = sorted(new, key=lambda one: rank.get(one.sheet.id, len(rank)))
    groups = {one.thing for one in new if "--any-of-" in one.thing}
    return sorted(ordered, key=lambda one: any(owner in groups for owner, _ in one.links))


def _new_text(
    content: Content,
    path: Path,
    before: str | None,
    wanted: Mapping[str, Statements],
    new: Sequence[Proposal],
) -> str:
    orders: dict[str, list[str]] = {}

    def order(sheet_id: str, thing: str) -> list[str]:
        if sheet_id not in orders:
            sheet = next((one.sheet for one in new if one.thing == thing), None) or sheet_of_thing(
                content, thing
            )
            orders[sheet_id] = order_of(content, sheet)
        return orders[sheet_id]

    if before is None:
        return _made(content, wanted, new, order)
    file = read_blocks(path, before)
    line_end = "\r\n" if "\r\n" in before else "\n"
    writer = Writer({name: place[0] for name, place in file.prefixes.items()})
    cuts: list[tuple[int, int, str]] = []
    ours = {block.subject for block in file.blocks}
    for thing in dict.fromkeys(block.subject for block in file.blocks):
        if thing in wanted:
            sheet = sheet_of_thing(content, thing)
            cuts += edited(file, thing, wanted[thing], order(sheet.id, thing), writer)
    sequence = [block.subject for block in file.blocks]
    for proposal in new:
        sequence.insert(place_in(sequence, proposal, wanted[proposal.thing]), proposal.thing)
    added = {one.thing: one for one in new}
    cuts += _insertions(
        file,
        sequence,
        ours,
        lambda thing: _block(wanted[thing], thing, order(added[thing].sheet.id, thing), writer),
    )
    cuts = [(start, end, text.replace("\n", line_end)) for start, end, text in cuts]
    after = apply(before, cuts)
    return with_prefixes(after, file, writer.lacking, line_end)


def _block(said: Statements, thing: str, order: Sequence[str], writer: Writer) -> str:
    rank = {name: number for number, name in enumerate(order)}
    return writer.block(thing, sorted(said.items(), key=lambda one: rank.get(one[0], len(rank))))


def _insertions(
    file: File, sequence: Sequence[str], ours: set[str], text_of: object
) -> list[tuple[int, int, str]]:
    """A cut for each run of new things: behind the block that they follow, a blank line between."""
    assert callable(text_of)
    ends = {block.subject: block.end for block in file.blocks}
    cuts = []
    after: str | None = None
    run: list[str] = []
    for thing in [*sequence, ""]:
        if thing and thing not in ours:
            run.append(text_of(thing))
            continue
        if run:
            if after is None:
                start = file.blocks[0].start if file.blocks else len(file.text)
                cuts.append((start, start, "\n\n".join(run) + "\n\n"))
            else:
                place = _line_end(file.text, ends[after])
                cuts.append((place, place, "".join(f"\n\n{one}" for one in run)))
        run, after = [], thing
    return cuts


def _line_end(text: str, place: int) -> int:
    """The end of the line, if only a comment stands there; otherwise the place itself."""
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    rest = text[place:end].strip()
    return place if rest and not rest.startswith("#") else place + len(text[place:end].rstrip())


def _made(content: Content, wanted: Mapping[str, Statements], new: Sequence[Proposal], order: object) -> str:
    """The text of a file that did not exist."""
    assert callable(order)
    writer = Writer({})
    sequence: list[str] = []
    for proposal in new:
        sequence.insert(place_in(sequence, proposal, wanted[proposal.thing]), proposal.thing)
    sheets = {one.thing: one.sheet.id for one in new}
    blocks = [_block(wanted[thing], thing, order(sheets[thing], thing), writer) for thing in sequence]
    name = next(
        (change.after for one in new for change in one.changes if change.column.id == "skos:prefLabel"), ""
    )
    header = HEADERS.get(new[0].sheet.id, "# {name}").replace("{name}", " ".join(name.split()))
    prefixes = [f"@prefix {name}: <{iri}> ." for name, iri in sorted(writer.lacking.items())]
    return "\n".join([header, *prefixes]) + "\n\n" + "\n\n".join(blocks) + "\n"


def _prove(content: Content, path: Path, text: str, wanted: Mapping[str, Statements], new: set[str]) -> None:
    """Raise BuildError unless a text states exactly what is wanted of the things of its file, and the rest
    as before."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "file.ttl"
        copy.write_text(text, encoding="utf-8", newline="")
        try:
            stated = {
                (node_value(quad.subject), quad.predicate.value, str(quad.object))
                for quad in read_quads(copy, "urn:x")
            }
        except SourceError as error:
            raise BuildError(
                f"the edited text does not parse: {error.what}",
                where=str(path),
                mend="nothing was written; edit this file by hand",
            ) from error
    things = new | {thing for thing, file in content.files.items() if file == path}
    meant = {
        (thing, name, str(value))
        for thing in things
        for name, values in (wanted[thing] if thing in wanted else content.things[thing]).items()
        for value in values
    }
    if stated != meant:
        thing = min(stated ^ meant)[0]
        raise BuildError(
            f"the edited text would not say what is wanted about {compact(thing)}",
            where=str(path),
            mend="nothing was written; edit this file by hand",
        )


def write_texts(texts: Sequence[NewText], home: Path) -> None:
    """Replace the files: all of them, or on a failure none. Only below home/ontology/catalogue.

    Raises SourceError if a file lies elsewhere or was changed meanwhile; then nothing is written."""
    catalogue = (home / "ontology" / "catalogue").resolve()
    for one in texts:
        real = one.path.resolve()
        if catalogue not in real.parents or one.path.is_symlink():
            raise SourceError(
                "this file lies outside the catalogue",
                where=str(one.path),
                mend="import into a framework of your own",
            )
        now = one.path.read_bytes().decode() if one.path.exists() else None
        if now != one.before:
            raise SourceError(
                "this file was changed meanwhile", where=str(one.path), mend="run the import again"
            )
    parts = [(one, one.path.with_name(f".{one.path.name}.part")) for one in texts]
    done: list[NewText] = []
    try:
        for one, part in parts:
            with part.open("w", encoding="utf-8", newline="") as opened:
                opened.write(one.after)
                opened.flush()
                os.fsync(opened.fileno())
            if one.before is not None:
                part.chmod(one.path.stat().st_mode & 0o777)
        for one, part in parts:
            done.append(one)
            part.replace(one.path)
    except OSError as error:
        for one in done:
            _restore(one)
        raise BuildError(
            f"the files could not be written: {error.strerror or error}",
            where=str(home),
            mend="what was written was set back; make the folder writable and try again",
        ) from error
    finally:
        for _, part in parts:
            part.unlink(missing_ok=True)


def _restore(one: NewText) -> None:
    if one.before is None:
        one.path.unlink(missing_ok=True)
    else:
        one.path.write_text(one.before, encoding="utf-8", newline="")

"""A file or a partner's folder -> its posts, each with its alignment and its texts."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from cmh_graph.align.labels import BANDS, RoleLabels
from cmh_graph.align.pipeline import align
from cmh_graph.align.tables import Field, Reject, TitleRow, read_table
from cmh_graph.align.texts.read_text import read_text
from cmh_graph.align.titles.aligner import Alignment
from cmh_graph.align.titles.title_parts import band_list
from cmh_graph.align.titles.zones import Zone
from cmh_graph.errors import SourceError

#: Most posts of one list: it is held in memory, as every post is compared with every other.
MOST_POSTS: Final = 150_000
#: Largest table inside a .gz file, in bytes.
MOST_UNPACKED: Final = 200 << 20
#: Most files read in a folder of texts.
MOST_TEXTS: Final = 2000
_TEXTS: Final = (".txt", ".md", ".docx", ".pdf")

TextKind = Literal["description", "advert", "person specification"]


@dataclass(frozen=True, slots=True)
class PostText:
    """One text of a post: its kind, the file or column it is from, and its words."""

    kind: TextKind
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Post:
    """A row of the list and what alignment made of it.

    band: for people and for counting, such as 3, 6-7, or a council's grade as written; "" if none. bands: of Agenda for
    Change. role: the first candidate, proposed or not for review; "" where the zone is none. doubts: why it is not
    accepted. candidates: (role, confidence), best first. nearest: what came nearest where nothing is proposed.
    extra: stems of telling words that an accepted role's name does not have. decided: the answer is of people."""

    row: int
    line: int
    key: str
    title: str
    band: str
    bands: frozenset[str]
    employer_type: str
    zone: Zone
    role: str
    confidence: float
    why: str
    doubts: tuple[str, ...]
    candidates: tuple[tuple[str, float], ...]
    nearest: str
    level_clash: bool
    clash: str
    extra: tuple[str, ...] = ()
    decided: bool = False
    texts: tuple[PostText, ...] = ()

    @property
    def accepted(self) -> str:
        """The role that was accepted; "" if none was."""
        return self.role if self.zone == "accept" else ""


@dataclass(slots=True)
class Posts:
    """A list as read: rows == len(posts) + rejected. rejects lists the first MOST_REJECTS."""

    name: str
    posts: list[Post]
    rejects: list[Reject]
    rejected: int
    columns: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.posts) + self.rejected


MOST_REJECTS: Final = 1000


def read_posts(
    path: Path,
    labels: RoleLabels,
    *,
    columns: Mapping[Field, str] | None = None,
    sheet: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Posts:
    """The posts of a list in any format that read_table knows, packed (.csv.gz) or not; of a folder also its texts and
    the answers that people gave.

    Raises SourceError and BadParameter as read_table does, and SourceError for a list of more than MOST_POSTS."""
    with _unpacked(path) as plain_path:
        table = read_table(plain_path, columns, sheet)
        name = path.name if path.suffix.lower() == ".gz" else table.name
        name = f"{path.name}/{name}" if path.is_dir() else name
        found = Posts(name, [], [], 0, {str(field): column for field, column in table.used.items()})
        for one in align(table.rows, labels, progress=progress):
            if isinstance(one, Reject):
                found.rejected += 1
                if len(found.rejects) < MOST_REJECTS:
                    found.rejects.append(one)
                continue
            found.posts.append(_post(*one))
            if len(found.posts) > MOST_POSTS:
                raise SourceError(
                    f"the list has more than {MOST_POSTS:,} posts",
                    where=str(path),
                    mend="split it by service",
                )
    found.notes += table.notes
    if path.is_dir():
        from cmh_graph.align.catalogues.decided import with_decisions

        found.posts = with_decisions(found.posts, path)
        _add_texts(found, path / "texts")
    return found


def _post(row: TitleRow, found: Alignment) -> Post:
    bands = band_of_pay(row.band) or found.parts.bands
    best = found.nearest[0] if found.nearest else None
    texts = (PostText("description", "description column", row.description),) if row.description else ()
    return Post(
        row.row,
        row.line,
        row.key,
        row.title,
        band_name(bands) or row.band[:40],
        bands,
        row.employer_type or row.employer,
        found.zone,
        found.candidates[0].role if found.candidates else "",
        found.confidence,
        found.why,
        found.decision.doubts,
        tuple((one.role, one.confidence) for one in found.candidates if one.zone != "none"),
        best.role if best else "",
        bool(best and best.features.level_clash and found.zone != "none"),
        found.decision.clash.kind if found.decision.clash else "",
        best.features.unexplained if best and found.zone == "accept" else (),
        texts=texts,
    )


_PAY = re.compile(
    r"(?:nhs\s*)?(?:a\.?f\.?c\.?|agenda for change)?\s*(?:(?:pay\s*)?bands?|bnd|bd|b)?\s*[.:-]?\s*"
    r"((?:[1-9]|one|two|three|four|five|six|seven|eight|nine)\s?[a-d]?"
    r"(?:\s*(?:-|–|/|,|to|or|and|&)\s*(?:band\s*|b)?(?:[1-9]\s?[a-d]?|[a-d]))?)",
    re.IGNORECASE,
)


def band_of_pay(text: str) -> frozenset[str]:
    """The Agenda for Change bands that a cell of pay names; none for another scale, such as 'Scale 5' or a salary."""
    whole = _PAY.fullmatch(" ".join(text.split()))
    return band_list(whole.group(1)) if whole else frozenset()


def band_name(bands: frozenset[str]) -> str:
    """Bands for people: '3', '6-7' for neighbours, '3, 5' for others, '' for none."""
    places = sorted(BANDS.index(band) for band in bands if band in BANDS)
    if not places:
        return ""
    if len(places) == 1:
        return BANDS[places[0]]
    if places == list(range(places[0], places[-1] + 1)):
        return f"{BANDS[places[0]]}-{BANDS[places[-1]]}"
    return ", ".join(BANDS[place] for place in places)


def band_order(band: str) -> tuple[int, str]:
    """Sorts bands by pay; other grades follow by name, and no band comes last."""
    first = re.split(r"[-,]", band)[0]
    return (BANDS.index(first), band) if first in BANDS else (len(BANDS) + (not band), band)


# --- folders, packed tables, texts --------------------------------------------------------------------------


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The path, or that of a copy without its packing for as long as the block lasts."""
    if path.suffix.lower() != ".gz":
        yield path
        return
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="check the path")
    with tempfile.TemporaryDirectory() as room:
        plain = Path(room) / (Path(path.stem).name or "table.csv")
        try:
            with gzip.open(path, "rb") as packed, plain.open("wb") as out:
                while block := packed.read(1 << 20):
                    out.write(block)
                    if out.tell() > MOST_UNPACKED:
                        raise SourceError(
                            f"the file unpacks to more than {MOST_UNPACKED:,} bytes",
                            where=str(path),
                            mend="split it",
                        )
        except (OSError, EOFError) as error:
            raise SourceError(
                f"the packed file cannot be read: {error}",
                where=str(path),
                mend="unpack it and give the table itself",
            ) from None
        yield plain


def text_kind(name: str) -> TextKind:
    """What a file's name says it is; a job description if nothing."""
    said = re.sub(r"[^a-z]+", " ", name.lower())
    if re.search(r"\b(?:advert|advertisement|ad|vacancy)\b", said):
        return "advert"
    if re.search(r"\bperson spec|\bps\b", said):
        return "person specification"
    return "description"


def _add_texts(found: Posts, folder: Path) -> None:
    """Give each text file of the folder to the post whose key begins its name; say which belong to none."""
    if not folder.is_dir():
        return
    files = sorted(one for one in folder.iterdir() if one.is_file() and one.suffix.lower() in _TEXTS)
    places: dict[str, list[int]] = {}
    for place, post in enumerate(found.posts):
        if post.key:
            places.setdefault(post.key.casefold(), []).append(place)
    strangers: list[str] = []
    for path in files[:MOST_TEXTS]:
        held = _post_named(path.stem.casefold(), places)
        if not held:
            strangers.append(path.name)
            continue
        text = PostText(text_kind(path.stem), path.name, read_text(path))
        for place in held:
            found.posts[place] = replace(found.posts[place], texts=(*found.posts[place].texts, text))
    if strangers:
        shown = ", ".join(strangers[:10]) + (" ..." if len(strangers) > 10 else "")
        found.notes.append(f"texts that belong to no post, as their names begin with no key: {shown}")
    if len(files) > MOST_TEXTS:
        found.notes.append(f"{len(files) - MOST_TEXTS} texts were not read; {MOST_TEXTS} is the most")


def _post_named(stem: str, places: Mapping[str, list[int]]) -> Sequence[int]:
    """The posts whose key is the name, or the name up to a mark; the longest key wins."""
    ends = [len(stem), *(match.start() for match in re.finditer(r"[^a-z0-9]", stem))]
    for end in sorted(ends, reverse=True):
        if stem[:end] in places:
            return places[stem[:end]]
    return ()

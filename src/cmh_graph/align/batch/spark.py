"""The engine for a cluster: Spark carries files, posts and answers; our functions read and match them.

The package must be installed where Spark's Python processes run. Nothing here is needed without the extra `spark`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cmh_graph.align.batch.columns import CANDIDATES, FORMATS, POSTS, READ, RESULTS, ROWS
from cmh_graph.align.batch.local import Progress
from cmh_graph.align.batch.matching import candidates_of
from cmh_graph.align.batch.reading import Part, is_of_a_list, name_of, rows_of
from cmh_graph.align.batch.steps import Summary, digest_of
from cmh_graph.align.batch.writing import as_cells
from cmh_graph.align.labels import RoleLabels, packed
from cmh_graph.align.tables import Field
from cmh_graph.align.titles.aligner import LONGEST_DESCRIPTION
from cmh_graph.errors import BadParameter, MissingProgram, SourceError

if TYPE_CHECKING:
    from pandas import DataFrame as Frame
    from pyspark.sql import DataFrame, SparkSession

#: Different posts of one step: what a run that is broken off has to do again.
_STEP: Final = 200_000
#: Posts that are matched at once.
_BLOCK: Final = 4_000
_WORK: Final = "_work"


def align_on_spark(
    path: str,
    out: str,
    labels: RoleLabels,
    *,
    session: SparkSession,
    columns: Mapping[Field, str] | None = None,
    top: int = 5,
    format: str = "parquet",
    progress: Progress | None = None,
) -> Summary:
    """Align a file or a folder of files; the tables of columns.RESULTS appear below out.

    path, out: addresses that Spark reads and writes, such as s3a://... or a path that all machines share.
    A run that was broken off goes on where it stopped. Raises SourceError for a file that cannot be read."""
    if format not in FORMATS:
        raise BadParameter(f"'{format}' is no format of tables", mend=f"use one of: {', '.join(FORMATS)}")
    say = progress or (lambda what, done, whole: None)
    sent = packed(labels)
    carrier = _Carrier(session, out.rstrip("/"), say)
    files = carrier.list(path)
    about = digest_of([*files, dict(sorted((columns or {}).items())), top], sent, "spark")
    carrier.take_up(about)
    carrier.step("read", lambda: _read(session, path, files, dict(columns or {})))
    carrier.step("posts", lambda: _different(carrier.table("read")))
    told = session.sparkContext.broadcast(sent)
    whole = carrier.table("posts").count()
    groups = 1 + whole // _STEP
    for group in range(groups):
        say("different posts matched", whole * group // groups, whole)
        carrier.step(f"candidates/{group}", lambda group=group: _match(carrier, group, groups, told, top))
    say("different posts matched", whole, whole)
    summary = carrier.write_results(format, len(files), groups)
    carrier.clear()
    return summary


def align_frame(rows: DataFrame, labels: RoleLabels, *, top: int = 5) -> DataFrame:
    """The candidates (columns.CANDIDATES) of the different posts among rows that are a table already.

    For platforms that give tables and no file system: nothing is read or written, and no step is kept. rows: a column
    title, and band, setting and description if there are; rows without a title are left out."""
    if "title" not in rows.columns:
        raise BadParameter(
            "the table has no column 'title'",
            where=", ".join(rows.columns),
            mend="rename the column of titles",
        )
    held = [name if name in rows.columns else f"'' AS {name}" for name in POSTS if name != "post"]
    sent = packed(labels)
    named = rows.selectExpr(*held).dropDuplicates().mapInPandas(name_frames, _schema(POSTS))
    posts = named.dropDuplicates(["post"])
    return posts.mapInPandas(lambda frames: match_frames(frames, _Sent(sent), top), _schema(CANDIDATES))


def session_for(master: str | None = None) -> SparkSession:
    """The session of the program we run in, or a new one. Raises MissingProgram without PySpark."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingProgram(
            "the Spark engine needs pyspark", mend="pip install 'cmh-graph[spark]', and Java 17 or later"
        ) from None
    made = SparkSession.builder.appName("cmh-graph align")
    if master:
        made = made.master(master)
    session: SparkSession = made.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


# --- the functions that Spark calls, in processes of its own ---


def read_frames(frames: Iterator[Frame], root: str, columns: Mapping[Field, str]) -> Iterator[Frame]:
    """Files, each as a line of address and bytes -> their rows (columns.READ)."""
    import pandas

    for frame in frames:
        for address, content in zip(frame["path"], frame["content"], strict=True):
            name = _below(root, address)
            with tempfile.TemporaryDirectory(prefix="cmh-graph-") as folder:
                file = Path(folder) / Path(name).name
                file.write_bytes(content)
                try:
                    for piece in rows_of(Part(name, file), columns):
                        yield pandas.DataFrame(piece, columns=list(READ))
                except SourceError as error:
                    # Told with the file's own name: the folder of this process means nothing to anybody.
                    raise RuntimeError(_TOLD + json.dumps([error.what, name, error.mend])) from None


def name_frames(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Rows of title, band, setting and description -> the posts that they name (columns.POSTS)."""
    import pandas

    for frame in frames:
        told = [
            [
                "" if absent else str(cell)
                for cell, absent in zip(frame[name], frame[name].isna(), strict=True)
            ]
            for name in POSTS
            if name != "post"
        ]
        lines = []
        for title, band, setting, said in zip(*told, strict=True):
            if title.strip():
                description = said[:LONGEST_DESCRIPTION]
                lines.append((name_of(title, band, setting, description), title, band, setting, description))
        yield pandas.DataFrame(lines, columns=list(POSTS))


class _Sent(NamedTuple):
    """Labels that go with the function, as a broadcast would hold them."""

    value: bytes


_TOLD: Final = "cmh-graph cannot read a file: "


def match_frames(frames: Iterator[Frame], labels: Any, top: int) -> Iterator[Frame]:
    """Different posts (columns.POSTS) -> their candidates (columns.CANDIDATES)."""
    import pandas

    for frame in frames:
        for start in range(0, len(frame), _BLOCK):
            block = frame.iloc[start : start + _BLOCK]
            posts = {name: block[name].tolist() for name in POSTS}
            yield pandas.DataFrame(candidates_of(posts, labels.value, top), columns=list(CANDIDATES))


def cell_frames(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The same lines as cells of CSV, as the local engine writes them."""
    import pandas

    for frame in frames:
        lines = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
        yield pandas.DataFrame([as_cells(line) for line in lines], columns=frame.columns)


# --- what is carried ---


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


def _read(session: SparkSession, path: str, files: list[list[Any]], columns: dict[Field, str]) -> DataFrame:
    found = session.read.format("binaryFile").load([address for address, *_ in files])
    # A file a task: the reader walks it from its beginning.
    found = found.select("path", "content").repartition(max(1, len(files)))
    return found.mapInPandas(lambda frames: read_frames(frames, path, columns), _schema(READ))


def _different(rows: DataFrame) -> DataFrame:
    return rows.where("post <> ''").select(*POSTS).dropDuplicates(["post"])


def _match(carrier: _Carrier, group: int, groups: int, labels: Any, top: int) -> DataFrame:
    # A name is a digest, so its first digits part the posts evenly.
    posts = carrier.table("posts").where(
        f"pmod(cast(conv(substring(post, 1, 6), 16, 10) as int), {groups}) = {group}"
    )
    # Titles that differ only in capitals or hours come together and are scored once.
    posts = posts.sortWithinPartitions("title", "post")
    return posts.mapInPandas(lambda frames: match_frames(frames, labels, top), _schema(CANDIDATES))


class _Carrier:
    """The tables of one run below an address; each is written once, and is there when Spark says so."""

    def __init__(self, session: SparkSession, out: str, say: Progress) -> None:
        self._session, self._out, self._say = session, out, say
        context: Any = session.sparkContext
        self._java = context._jvm
        self._settings = context._jsc.hadoopConfiguration()

    def _at(self, address: str) -> tuple[Any, Any]:
        path = self._java.org.apache.hadoop.fs.Path(address)
        return path.getFileSystem(self._settings), path

    def list(self, path: str) -> list[list[Any]]:
        """Address, size and time of each file of a list, by name. Raises SourceError if there is none."""
        system, root = self._at(path)
        if not system.exists(root):
            raise SourceError("there is no such file", where=path, mend="check the path")
        found = []
        waiting = system.listFiles(root, True)
        while waiting.hasNext():
            one = waiting.next()
            address = one.getPath().toString()
            if is_of_a_list(_below(path, address)) or not system.getFileStatus(root).isDirectory():
                found.append([address, one.getLen(), one.getModificationTime()])
        if not found:
            raise SourceError(
                "the folder holds no list that we read",
                where=path,
                mend="give a folder of .parquet, .csv, .tsv, .jsonl, .xlsx or .ods files",
            )
        large = [address for address, size, _ in found if size >= 2**31 - 2**20]
        if large:
            raise SourceError(
                "the file is larger than the 2 GB that Spark gives to a task", where=large[0], mend="split it"
            )
        return sorted(found)

    def take_up(self, about: str) -> None:
        """Keep what a run of the same has done; begin anew otherwise."""
        system, marked = self._at(f"{self._out}/{_WORK}/{about}")
        if not system.exists(marked):
            self.clear()
            system.mkdirs(marked)

    def clear(self) -> None:
        """Remove what was kept on the way."""
        system, work = self._at(f"{self._out}/{_WORK}")
        system.delete(work, True)

    def step(self, name: str, make: Any) -> None:
        """Make a table and write it, unless it is there."""
        address = f"{self._out}/{_WORK}/{name}"
        system, done = self._at(f"{address}/_SUCCESS")
        if system.exists(done):
            return
        self._say(name, 0, 0)
        try:
            make().write.mode("overwrite").parquet(address)
        except Exception as error:
            raise _as_ours(error) from error

    def table(self, name: str) -> DataFrame:
        """A table that a step wrote."""
        return self._session.read.parquet(f"{self._out}/{_WORK}/{name}")

    def write_results(self, format: str, files: int, groups: int) -> Summary:
        """Write the tables of columns.RESULTS and the summary."""
        read, posts = self.table("read"), self.table("posts")
        candidates = self._session.read.schema(_schema(CANDIDATES)).parquet(
            *[f"{self._out}/{_WORK}/candidates/{group}" for group in range(groups)]
        )
        best = candidates.where("rank <= 1").select("post", "zone", "role", "rolls_up_to", "confidence")
        rows = read.where("post <> ''").join(best, "post").select(*ROWS)
        tables = {"rows": rows, "candidates": candidates, "rejects": read.where("post = ''")}
        for name, (columns, order) in RESULTS.items():
            self._say(f"writing {name}", 0, 0)
            lines = tables[name].select(*columns).orderBy(*order)
            if format == "csv":
                lines = lines.mapInPandas(cell_frames, _schema(dict.fromkeys(columns, "string")))
                lines.write.mode("overwrite").option("header", True).option("escape", '"').option(
                    "emptyValue", ""
                ).csv(f"{self._out}/{name}")
            else:
                lines.write.mode("overwrite").option("compression", "zstd").parquet(f"{self._out}/{name}")
        zones = dict.fromkeys(("accept", "review", "none"), 0)
        zones |= {row["zone"]: row["count"] for row in rows.groupBy("zone").count().collect()}
        summary = Summary("spark", files, read.count(), tables["rejects"].count(), posts.count(), zones)
        system, address = self._at(f"{self._out}/summary.json")
        stream = system.create(address, True)
        stream.write(bytearray(summary.as_json(), "utf-8"))
        stream.close()
        return summary


def _below(root: str, address: str) -> str:
    """The name of a file below the folder that was given, or its own."""
    plain = address.split(":", 1)[1] if ":" in address.split("/", 1)[0] else address
    above = root.split(":", 1)[1] if ":" in root.split("/", 1)[0] else root
    plain, above = "/" + plain.lstrip("/"), "/" + above.strip("/")
    return plain[len(above) + 1 :] if plain.startswith(above + "/") else plain.rsplit("/", 1)[-1]


def _as_ours(error: Exception) -> Exception:
    """The fault of a file, told by one of Spark's processes, as our error; another as it is."""
    _, found, told = str(error).partition(_TOLD)
    if not found:
        return error
    what, name, mend = json.JSONDecoder().raw_decode(told)[0]
    return SourceError(what, where=name, mend=mend)

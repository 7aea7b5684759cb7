"""What the tables of a long list hold: name of a column -> its type, in words that DuckDB and Spark share."""

from __future__ import annotations

from typing import Final

#: A row as read. post: the digest of what counts in matching, "" for a reject, which has a reason instead.
#: file: its name below the folder that was given. line: 0 where a format has none.
READ: Final = {
    "file": "string",
    "row": "bigint",
    "line": "bigint",
    "key": "string",
    "title": "string",
    "band": "string",
    "setting": "string",
    "description": "string",
    "post": "string",
    "reason": "string",
    "raw": "string",
}
#: A different post, as it is matched.
POSTS: Final = {name: READ[name] for name in ("post", "title", "band", "setting", "description")}
#: A row as it is kept: what it says at length stands with its post.
KEPT: Final = {name: kind for name, kind in READ.items() if name != "description"}
#: A candidate of a different post; one line with rank 0 says why there is none.
CANDIDATES: Final = {
    "post": "string",
    "title": "string",
    "band": "string",
    "setting": "string",
    "rank": "int",
    "role": "string",
    "rolls_up_to": "string",
    "confidence": "double",
    "zone": "string",
    "why": "string",
}
#: A row with the best answer to its post.
ROWS: Final = {
    **{name: READ[name] for name in ("file", "row", "line", "key", "title", "band", "setting")},
    **{name: CANDIDATES[name] for name in ("zone", "role", "rolls_up_to", "confidence")},
    "post": "string",
}
REJECTS: Final = {name: READ[name] for name in ("file", "row", "line", "reason", "raw")}
#: What the result is -> its columns, and what its lines are put in order by.
RESULTS: Final = {
    "rows": (ROWS, ("file", "row")),
    "candidates": (CANDIDATES, ("post", "rank")),
    "rejects": (REJECTS, ("file", "row")),
}
FORMATS: Final = ("parquet", "csv")

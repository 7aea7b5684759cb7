"""The aligner's words as a page says them: without places on our disk, and without options of commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cmh_graph.errors import CmhGraphError

#: What only holds for commands -> what a page says.
_INSTEAD: Final = (
    (" (another: --title-column)", ""),
    (", or name that column with --title-column", ""),
    ("; for one job description use: cmh-graph describe FILE", ""),
    ("name the sheet with --sheet, or save it", "keep only the sheet with the titles, or save it"),
    ("and give the file inside", "and send the file inside"),
    ("give the file itself", "send the file itself"),
    (
        "save the list as .xlsx, .ods or .csv and try again",
        "save the list as .xlsx, .ods or .csv and send that",
    ),
)


def for_page(text: str, path: Path, name: str) -> str:
    """A text of the aligner about a file at a path, which the visitor knows by another name."""
    # In one go: the name that stands in for the path may hold it again.
    text = re.sub(f"{re.escape(str(path))}|{re.escape(path.name)}", lambda _: name, text)
    for was, instead in _INSTEAD:
        text = text.replace(was, instead)
    return text


def problem_of(error: CmhGraphError, path: Path, name: str) -> dict[str, str]:
    """An error as a page shows it: what, where and mend."""
    return {part: for_page(getattr(error, part), path, name) for part in ("what", "where", "mend")}

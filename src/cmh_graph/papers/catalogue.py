"""Which papers there are, and the formats they can be had in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.papers import html, markdown
from cmh_graph.papers.document import Paper
from cmh_graph.papers.interview_pack import interview_pack
from cmh_graph.papers.job_description import job_description
from cmh_graph.papers.post import Post


@dataclass(frozen=True, slots=True)
class PaperFormat:
    """suffix: of a file's name. write: a paper -> the bytes of the file."""

    name: str
    media_type: str
    suffix: str
    write: Callable[[Paper], bytes]


def _docx(paper: Paper) -> bytes:
    # What writes Word documents takes a while to load, and few ask for one.
    from cmh_graph.papers import docx

    return docx.write(paper)


FORMATS: Final[Mapping[str, PaperFormat]] = MappingProxyType(
    {
        "html": PaperFormat("html", "text/html", ".html", html.write),
        "docx": PaperFormat(
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ".docx",
            _docx,
        ),
        "md": PaperFormat("md", "text/markdown", ".md", markdown.write),
    }
)
#: Papers about a post, by name.
OF_A_POST: Final[Mapping[str, Callable[[Framework, Post], Paper]]] = MappingProxyType(
    {"job-description": job_description, "interview-pack": interview_pack}
)
#: The paper that starts from a gap.
DEVELOPMENT_PLAN: Final = "development-plan"
#: The page that people fill in; HTML only, as it works in the browser.
PASSPORT: Final = "passport"
NAMES: Final = (*OF_A_POST, DEVELOPMENT_PLAN, PASSPORT)

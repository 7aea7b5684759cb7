"""The pages on formats are true: what they show in Python comes out so from the files that the format writes."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from built import framework_graph
from cmh_graph.export import FORMATS, export, write_export

ROOT = Path(__file__).parent.parent
#: Pages named after a format, with something to try in Python.
PAGES = [
    path
    for path in sorted((ROOT / "docs" / "formats").glob("*.md"))
    if path.stem in FORMATS and ">>> " in path.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the formats were written to exchange/, as the pages' commands do."""
    made = tmp_path_factory.mktemp("formats")
    write_export(export(framework_graph().nquads, [page.stem for page in PAGES]), made / "exchange")
    return made


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_in_python_is_true(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried > 0
    assert failed == 0

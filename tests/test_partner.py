"""A partner's catalogue is read with its places, and refused with words that its owner can act on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cmh_graph.errors import SourceError
from cmh_graph.partner import partner_quads, read_partner
from cmh_graph.sources import partner_file

ROOT = Path(__file__).parent.parent


def test_northfield_is_read() -> None:
    partner = read_partner(ROOT / "examples" / "northfield")
    assert len(partner.posts) == 12
    kinds = {
        q.object.value.rsplit("#", 1)[1]
        for q in partner_quads(partner)
        if q.predicate.value.endswith("#type")
    }
    assert kinds == {"Source", "Organisation", "Title", "Post"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("NF002", "NF001", "line 3, column key"),
        ("Peer Wkr", "", "line 4, column title"),
        ("Duty,6", "Duty,33", "pay band '33' is not in the band scheme"),
        ("NF001", "NF 001", "no IRI can carry"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    folder = tmp_path / "northfield"
    shutil.copytree(ROOT / "examples" / "northfield", folder)
    about = folder / "source.toml"
    about.write_text(about.read_text().split("[sha256]")[0])
    table = folder / "roles.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(SourceError) as error:
        read_partner(folder)
    assert says in str(error.value)


def test_a_table_that_changed_since_it_was_received_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "northfield"
    shutil.copytree(ROOT / "examples" / "northfield", folder)
    with (folder / "roles.csv").open("a") as table:
        table.write("NF013,Chaplain,6,\n")
    with pytest.raises(SourceError, match="checksum"):
        read_partner(folder)


def test_a_folder_without_source_toml_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source\.toml"):
        partner_file(tmp_path)

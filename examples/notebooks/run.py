"""Runs the notebooks of this folder on a fresh graph and writes their outputs, always with the same bytes.

Usage: python examples/notebooks/run.py [NAME ...]"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from cmh_graph.build import build
from cmh_graph.snapshot import write_snapshot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 120


def run(path: Path, snapshots: Path) -> str:
    """The notebook with the outputs of a run in this checkout. snapshots: folder with a built graph.

    Raises nbclient's CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as own:
        environment = {
            **os.environ,
            "CMH_GRAPH_SNAPSHOTS": str(snapshots),
            "CMH_GRAPH_HOME": str(ROOT),
            # History and settings of whoever runs it have no part in the result.
            "IPYTHONDIR": own,
            "TERM": "dumb",
            "NO_COLOR": "1",
        }
        # Over files, not over ports: a run needs no network, not even this machine's own.
        transport = Config({"AsyncKernelManager": {"transport": "ipc", "ip": f"{own}/kernel"}})
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(ROOT)}},
            config=transport,
        )
        client.execute(env=environment)
    return nbformat.writes(plain(notebook), version=4) + "\n"


def plain(notebook: Any) -> Any:
    """A notebook without what differs from run to run: counts, ids, times, the kernel's version, HTML beside text."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id, cell.metadata = f"cell-{number}", {}
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        kept: list[Any] = []
        for output in cell.outputs:
            if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
                kept[-1].text += output.text
                continue
            if "data" in output:
                # Tables come as text and as HTML; the text says the same and shows in a diff.
                output.data = {"text/plain": output.data["text/plain"]}
                output.metadata = {}
            if "execution_count" in output:
                output.execution_count = None
            kept.append(output)
        for output in kept:
            if "text" in output:
                output.text = re.sub(r"[ \t]+$", "", output.text, flags=re.M)
        cell.outputs = kept
    return notebook


def notebooks() -> list[Path]:
    """The notebooks of this folder, by name."""
    return sorted(HERE.glob("*.ipynb"))


def main(names: list[str]) -> None:
    """Run the notebooks named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot(build(ROOT), Path(folder))
        for path in notebooks():
            if not names or path.stem in names or path.name in names:
                path.write_text(run(path, Path(folder)), encoding="utf-8")
                print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])

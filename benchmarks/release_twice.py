"""Release the present content twice, as two machines in two time zones would, and compare every byte.

Two copies of the checkout are given the version that the changes demand (in ontology/cmh.ttl, releases.ttl, the mapping
sets and __version__) and released with their own code, each in an environment of its own: time zone, language, hash
seed, home folder, working folder, place and age of the files. Exit 0: all equal; 1: some differ; 2: it could not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cmh_graph.build import build
from cmh_graph.versions import Releases, content_at, demanded_bump, diff, read_version
from cmh_graph.versions.headers import read_headers

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = (
    ("one", {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1", "HOME": "/nowhere"}, "."),
    ("deep/er ü/two", {"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"}, "/"),
)


def copy_to(folder: Path) -> None:
    """What a clone would hold: files that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, path)


def next_version() -> tuple[str, str]:
    """The stated version and the one that the changes since the last release demand."""
    graph = build(ROOT)
    now, releases = content_at(ROOT, graph.nquads, "current"), Releases(ROOT / "releases")
    stated = read_headers(ROOT, now.graph).version
    if releases.latest is None or stated not in releases.versions:
        return stated, stated
    bump = demanded_bump(one.class_ for one in diff(releases.content(releases.latest), now))
    return stated, str(read_version(releases.latest).next(bump or "patch"))


def set_version(folder: Path, old: str, new: str) -> None:
    """Write the version where people would write it."""
    if old == new:
        return
    for name in ("ontology/cmh.ttl", "src/cmh_graph/__init__.py"):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    for path in (folder / "ontology" / "matches").glob("*.sssom.tsv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            re.sub('mapping_set_version: "[^"]+"', f'mapping_set_version: "{new}"', text), encoding="utf-8"
        )
    entries = folder / "ontology/catalogue/releases.ttl"
    text = entries.read_text(encoding="utf-8")
    block = text[text.index(f"release:{old} a ") :].split(" .\n")[0] + " .\n"
    entries.write_text(f"{text}\n{block.replace(old, new)}", encoding="utf-8")


def main() -> int:
    old, new = next_version()
    print(f"releasing {new} twice (stated now: {old})")
    made: list[dict[str, bytes]] = []
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "clone"
        copy_to(clone)
        set_version(clone, old, new)
        for name, environment, cwd in ENVIRONMENTS:
            folder = Path(place) / name
            shutil.copytree(clone, folder)
            for path in folder.rglob("*"):
                age = len(name) * 1_000_000
                os.utime(path, (age, age))
            start = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "cmh_graph.cli", "release", new],
                cwd=folder if cwd == "." else cwd,
                env={
                    **os.environ, **environment, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1",
                    "CMH_GRAPH_HOME": str(folder),
                },
            )  # fmt: skip
            print(f"{name}: exit {done.returncode} after {time.monotonic() - start:.0f} s")
            if done.returncode:
                return 2
            made.append(
                {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
            )
    names = sorted({*made[0], *made[1]})
    differing = [name for name in names if made[0].get(name) != made[1].get(name)]
    for name in differing:
        print(f"differs: {name}")
    size = sum(map(len, made[0].values())) / 1e6
    print(
        f"{len(names)} files, {size:.0f} MB: {len(differing)} differ"
        if differing
        else f"{len(names)} files, {size:.0f} MB, all equal"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

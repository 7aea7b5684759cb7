"""Files of npm packages, made fit to be served by us: nothing in them loads from elsewhere.

    npm pack nhsuk-frontend@10.6.1 && tar xzf nhsuk-frontend-10.6.1.tgz
    python -m cmh_graph.web.vendor package
    npm pack accessible-autocomplete@3.0.1 && tar xzf accessible-autocomplete-3.0.1.tgz
    python -m cmh_graph.web.vendor package
    npm pack @zazuko/yasqe@4.6.2 && tar xzf zazuko-yasqe-4.6.2.tgz
    python -m cmh_graph.web.vendor package

Of the NHS design system the typeface that only NHS sites may use is left out, and icons are found beside the
stylesheet. Of the GOV.UK autocomplete only the script is taken: its looks are ours (app.css).
Of Yasqe, the SPARQL editor, the addresses that it would ask by itself are taken out: a service of completions and
a public endpoint.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
DESIGN_SYSTEM: Final = "nhsuk-frontend"
AUTOCOMPLETE: Final = "accessible-autocomplete"
EDITOR: Final = "@zazuko/yasqe"
#: What is replaced in the editor's script, each exactly once: addresses of others, and a style that our policy stops.
_IN_THE_EDITOR: Final = (
    ("`${r}lov.linkeddata.es/dataset/lov/api/v2/autocomplete/terms?${a.toString()}`", "`/query/terms.json`"),
    ("`https://dbpedia.org/sparql`", "`/sparql`"),
    ("<strong style='text-decoration:underline'>", "<strong>"),
)


def vendor(package: Path, static: Path) -> list[str]:
    """Copy what pages need from an unpacked npm package; gives the names written, below static.

    Raises ValueError for a package that pages do not use, or a stylesheet that would load from another host."""
    name = json.loads((package / "package.json").read_text(encoding="utf-8"))["name"]
    if name == DESIGN_SYSTEM:
        return _design_system(package / "dist" / "nhsuk", static)
    if name == AUTOCOMPLETE:
        return [_script(package / "dist" / f"{AUTOCOMPLETE}.min.js", static / f"{AUTOCOMPLETE}.js")]
    if name == EDITOR:
        return _editor(package / "build", static)
    raise ValueError(f"pages do not use {name}")


def _design_system(built: Path, static: Path) -> list[str]:
    css = (built / f"{DESIGN_SYSTEM}.min.css").read_text(encoding="utf-8")
    css = re.sub(r"@font-face\{[^}]*\}", "", css).replace("/assets/images/", "images/")
    css = re.sub(r"Frutiger W01,\s*", "", re.sub(r"/\*# sourceMappingURL.*?\*/", "", css))
    if re.search(r"url\(\s*[\"']?(?:https?:)?//", css):
        raise ValueError("the stylesheet loads something from another host")
    (static / f"{DESIGN_SYSTEM}.css").write_text(css.strip() + "\n", encoding="utf-8")
    script = _script(built / f"{DESIGN_SYSTEM}.min.js", static / f"{DESIGN_SYSTEM}.js")
    icons = sorted(set(re.findall(r"images/([\w-]+\.svg)", css)))
    (static / "images").mkdir(exist_ok=True)
    for icon in icons:
        shutil.copyfile(built / "assets" / "images" / icon, static / "images" / icon)
    return [f"{DESIGN_SYSTEM}.css", script, *(f"images/{icon}" for icon in icons)]


def _editor(built: Path, static: Path) -> list[str]:
    name = _script(built / "yasqe.min.js", static / "yasqe.js")
    text = (static / name).read_text(encoding="utf-8")
    for theirs, ours in _IN_THE_EDITOR:
        if text.count(theirs) != 1:
            raise ValueError(f"the editor holds {text.count(theirs)} times what is replaced once: {theirs}")
        text = text.replace(theirs, ours)
    (static / name).write_text(text, encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", (built / "yasqe.min.css").read_text(encoding="utf-8"))
    if "url(" in css:
        raise ValueError("the editor's stylesheet loads something")
    (static / "yasqe.css").write_text(css.strip() + "\n", encoding="utf-8")
    return [name, "yasqe.css"]


def _script(source: Path, target: Path) -> str:
    """Copy a script without the address of its map, which is not served."""
    text = re.sub(r"//# sourceMappingURL.*", "", source.read_text(encoding="utf-8"))
    target.write_text(text.strip() + "\n", encoding="utf-8")
    return target.name


if __name__ == "__main__":
    print("\n".join(vendor(Path(sys.argv[1]), STATIC)))

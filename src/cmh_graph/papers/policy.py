"""What a browser may do with a paper that is served: show just the styles and run just the script that we wrote.

A paper is one file, so that it can be kept and sent on; its styles and its script stand within it. They are known by
their digests (CSP level 3, hash-source): nothing that got into a text could run, and nothing inline is allowed as such.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Final

from cmh_graph.papers.passport import script

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.S)
#: Sizes, which papers write at the things themselves; no other style is let through.
_SIZE: Final = re.compile(
    r' style="((?:(?:min-|max-)?width: ?[0-9.]+(?:px|rem|%)|max-width:100%;height:auto))"'
)


def policy_of(page: bytes) -> str:
    """The content security policy of a paper or passport as HTML."""
    text = page.decode()
    sizes = sorted({_digest(found) for found in _SIZE.findall(text)})
    rules = ["default-src 'none'", "img-src data:", f"style-src {' '.join(_styles())}"]
    if sizes:
        rules.append(f"style-src-attr 'unsafe-hashes' {' '.join(sizes)}")
    if "<script>" in text:
        rules.append(f"script-src {_digest(_within_tags(script()))}")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])


def _within_tags(text: str) -> str:
    """The script as it stands between its tags in the passport's template."""
    return f"\n{text}\n"


@cache
def _styles() -> tuple[str, ...]:
    """The digests of the style sheets in our templates."""
    folder = resources.files("cmh_graph.papers").joinpath("templates")
    texts = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("paper.html", "passport.html"))
    return tuple(_digest(style) for text in texts for style in _STYLE.findall(text))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

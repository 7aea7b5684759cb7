"""Entity tags, as readers send them back."""

from __future__ import annotations

import re
from collections.abc import Sequence


def has_tag(fields: Sequence[str], tag: str) -> bool:
    """Whether If-None-Match names the tag; weak and strong tags compare alike here (RFC 9110, 13.1.2)."""
    joined = ",".join(fields)
    return joined.strip() == "*" or tag in re.findall(r'"[^"]*"', joined)

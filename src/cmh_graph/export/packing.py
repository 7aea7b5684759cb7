"""Packed copies of a format's files, the same bytes on every machine.

Gzip comes from libdeflate and Zstandard from its own library, both inside pinned wheels. Python's gzip module packs
with the zlib of the machine, and zlib, zlib-ng and others write different bytes for the same level.
"""

from __future__ import annotations

from typing import Final

import deflate
import zstandard

from cmh_graph.export.format import Files

#: Levels at which raising further costs much more time than it saves in size (measured on our own files).
_GZIP_LEVEL: Final = 9
_ZSTD_LEVEL: Final = 10


def packed(files: Files) -> dict[str, bytes]:
    """The files, and each of them as .gz and .zst beside it; without name and time, so equal content is equal bytes."""
    found: dict[str, bytes] = {}
    for name, data in files.items():
        found[name] = data
        found[f"{name}.gz"] = bytes(deflate.gzip_compress(data, _GZIP_LEVEL))
        found[f"{name}.zst"] = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True).compress(data)
    return found

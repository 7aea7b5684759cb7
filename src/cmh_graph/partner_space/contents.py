"""N-Quads packed for storage, and unpacked so that a wrong byte never gets out."""

from __future__ import annotations

import hashlib
from typing import Final

import zstandard

from cmh_graph.errors import BodyTooLarge, DataDamaged

#: SQLite keeps at most 1,000,000,000 bytes in a field.
LARGEST: Final = 900_000_000

_MEND: Final = "run cmh-graph data check; roll back to a version that is whole, or restore a backup"


def digest(nquads: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(nquads).hexdigest()


def pack(nquads: bytes) -> bytes:
    """The bytes packed with zstandard, size and checksum in the frame. Raises BodyTooLarge over LARGEST."""
    if len(nquads) > LARGEST:
        raise BodyTooLarge(
            f"a graph of more than {LARGEST:,} bytes cannot be kept", mend="split the catalogue"
        )
    return zstandard.ZstdCompressor(level=3, write_checksum=True, write_content_size=True).compress(nquads)


def unpack(packed: bytes, *, size: int, sha256: str, where: str) -> bytes:
    """What was packed. Raises DataDamaged unless size and SHA-256 are those that were recorded."""
    try:
        # Space is reserved by what the frame says of itself, so a damaged frame must not choose it.
        if zstandard.get_frame_parameters(packed).content_size != size or size > LARGEST:
            raise ValueError
        nquads = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    except (zstandard.ZstdError, ValueError, MemoryError):
        raise DataDamaged("the stored content cannot be unpacked", where=where, mend=_MEND) from None
    if len(nquads) != size or digest(nquads) != sha256:
        raise DataDamaged("the stored content is not what was written", where=where, mend=_MEND)
    return nquads

"""What was exported, described for portals, triple stores, archives and auditors. Written after all other files.

package      what is described: an edition, the files written of it, and its origin
media_types  the kind of a file by its name
parts        the parts of an edition: titles, licences, attribution
counting     what VoID counts
rdf          statements about them, and how they are written
dcat         catalog.ttl, catalog.jsonld: DCAT-AP 3.0.1
void         void.ttl: VoID
provenance   provenance.ttl: PROV-O
ro_crate     ro-crate-metadata.json: RO-Crate 1.2
"""

from __future__ import annotations

from typing import Final

from cmh_graph.export.descriptions import dcat, provenance, ro_crate, void
from cmh_graph.export.descriptions.package import Description, File, Origin, Package, file_of, origin_of

__all__ = ["DESCRIPTIONS", "Description", "File", "Origin", "Package", "file_of", "origin_of"]

#: name -> description, in the order they are written: the crate lists the others.
DESCRIPTIONS: Final[dict[str, Description]] = {
    one.name: one
    for one in (provenance.DESCRIPTION, void.DESCRIPTION, dcat.DESCRIPTION, ro_crate.DESCRIPTION)
}

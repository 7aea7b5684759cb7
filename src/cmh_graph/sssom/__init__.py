"""SSSOM mapping sets (https://mapping-commons.github.io/sssom/): files -> rows -> files again, and statements.

model  a file as it stands, line by line, and a row with its IRIs written out
read   TSV -> model
write  model -> TSV; what nobody changed keeps its bytes
rdf    rows -> statements of the graph
"""

from cmh_graph.sssom.model import (
    NO_TERM_FOUND,
    STATES,
    MappingFile,
    MappingRow,
    MappingSet,
    Row,
    State,
)
from cmh_graph.sssom.rdf import mapping_quads, set_quads
from cmh_graph.sssom.read import parse_mapping_file, read_mapping_file, read_mapping_set
from cmh_graph.sssom.write import replace_file, text_of_file

__all__ = [
    "NO_TERM_FOUND",
    "STATES",
    "MappingFile",
    "MappingRow",
    "MappingSet",
    "Row",
    "State",
    "mapping_quads",
    "parse_mapping_file",
    "read_mapping_file",
    "read_mapping_set",
    "replace_file",
    "set_quads",
    "text_of_file",
]

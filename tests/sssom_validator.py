"""Run by the Python of .venv-sssom: the verdict of the sssom package on mapping sets.

Takes files. Prints {file: {"rows", "wrong"}} as JSON in its last line: how many mappings the package read, and what
`sssom validate` finds wrong with them. The package leaves out without a word what it cannot read as a mapping, so a
verdict counts only where rows is the number of lines of the table. One process for all, as importing takes seconds."""

import json
import logging
import sys

from sssom.constants import DEFAULT_VALIDATION_TYPES
from sssom.parsers import parse_sssom_table, to_mapping_set_document
from sssom.validators import validate

MOST_SHOWN = 10


def verdict(path):
    try:
        table = parse_sssom_table(path)
        rows = len(to_mapping_set_document(table).mapping_set.mappings)
        reports = validate(table, validation_types=DEFAULT_VALIDATION_TYPES, fail_on_error=False)
    except Exception as error:  # the package raises many kinds
        return {"rows": 0, "wrong": [f"{type(error).__name__}: {error}"]}
    found = [result.message for report in reports.values() for result in report.results]
    return {"rows": rows, "wrong": found[:MOST_SHOWN]}


if __name__ == "__main__":
    logging.disable()
    verdicts = {path: verdict(path) for path in sys.argv[1:]}
    print("\n" + json.dumps(verdicts))

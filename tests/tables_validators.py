"""Run by the Python of .venv-tables: what others say of exported CSV tables.

Takes "JUDGE=FOLDER" for each verdict wanted; the folder holds csv-metadata.json and datapackage.json. Judges: csvw (the
csvw package, as csvwvalidate), frictionless, and csv2rdf (csvw_functions, which passes the W3C tests; minimal mode).
Prints {"JUDGE=FOLDER": {"wrong": [...], "triples": N-Triples or ""}} as JSON in its last line."""

import csv
import json
import os
import sys
import warnings
from pathlib import Path


def csvw(folder):
    from csvw import CSVW

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            passes = CSVW(str(folder / "csv-metadata.json"), validate=True).is_valid
        except Exception as error:  # the package raises many kinds
            return [f"{type(error).__name__}: {error}"], ""
    return [] if passes else [str(one.message) for one in said] or ["not valid"], ""


def frictionless(folder):
    from frictionless import validate

    os.chdir(folder)  # a path outside the working folder is no safe path to it
    report = validate("datapackage.json")
    found = [error.message for error in report.errors]
    return found + [error.message for task in report.tasks for error in task.errors], ""


def csv2rdf(folder):
    from csvw_functions import csvw_functions

    # The package takes a quoted cell that begins with a quote ('\"\"\"so\"\"') for a mistake; the csv module reads it.
    csvw_functions.get_list_of_cell_values = lambda text, *_: next(csv.reader([text]))
    try:
        tables = csvw_functions.create_annotated_table_group(
            f"file://localhost{folder / 'csv-metadata.json'}", encoding="utf-8"
        )
        triples = csvw_functions.create_rdf(tables, mode="minimal")
    except Exception as error:  # the package raises many kinds
        return [f"{type(error).__name__}: {error}"], ""
    # For an empty cell of a column with an aboutUrl the package makes a statement of nobody. The standard says that the
    # value URL of an empty cell is null (Metadata Vocabulary for Tabular Data, 5.1.3), so that there is none.
    return [], "".join(line + "\n" for line in triples.splitlines() if not line.startswith("_:"))


JUDGES = {"csvw": csvw, "frictionless": frictionless, "csv2rdf": csv2rdf}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    verdicts = {}
    for wanted in sys.argv[1:]:
        judge, _, folder = wanted.partition("=")
        wrong, triples = JUDGES[judge](Path(folder))
        verdicts[wanted] = {"wrong": wrong[:10], "triples": triples}
    print("\n" + json.dumps(verdicts))

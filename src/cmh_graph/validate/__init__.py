"""Dataset + shapes + checks -> findings.

Two kinds of rule: SHACL shapes (shapes/*.ttl, judged by a SHACL engine) say what one thing looks like; checks
(queries/checks/*.rq, run in our store) look at things together. Each row that a check returns is one finding.

    statements   a graph as lines of N-Triples: what is judged
    rules        statements, shapes and checks -> findings; pure: nothing is read, printed or fetched
    engines      who judges by shapes: our own columns of numbers (columns, shapes, constraints), or pySHACL
    reading      one file -> its statements, and what kept us from reading it; nothing is fetched
    places       where in files a thing is stated
    files        files + the framework they refer to -> a report, with file and line
    reports      a report as text for people, JSON, SARIF or JUnit

For many things, or often, give `validate` Statements: `framework.beside((), given.subjects(TYPE)) + given` is what
`validate_with` looks at. A Graph of rdflib is turned into Statements first, which takes longer than to judge it.
Judging starts no thread and opens no file, so a process may be forked before and after.
"""

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from cmh_graph.validate.columns import TYPE
    from cmh_graph.validate.engines import ENGINES
    from cmh_graph.validate.files import (
        Framework,
        framework_files,
        given_files,
        read_framework,
        validate_files,
        validate_with,
    )
    from cmh_graph.validate.findings import Finding, Report
    from cmh_graph.validate.reading import FORMATS, LARGEST_FILE, read_graph, read_statements
    from cmh_graph.validate.reports import REPORTS, report_json, report_junit, report_sarif, report_text
    from cmh_graph.validate.rules import Check, read_check, read_checks, read_shapes, validate
    from cmh_graph.validate.statements import Statements


__all__ = [
    "ENGINES", "FORMATS", "LARGEST_FILE", "REPORTS", "TYPE", "Check", "Finding", "Framework", "Report", "Statements",
    "framework_files", "given_files", "read_check", "read_checks", "read_framework", "read_graph", "read_shapes",
    "read_statements", "report_json", "report_junit", "report_sarif", "report_text", "validate", "validate_files",
    "validate_with",
]  # fmt: skip

__getattr__ = on_demand(
    __name__,
    {
        "TYPE": "columns",
        "ENGINES": "engines",
        "FORMATS": "reading",
        "LARGEST_FILE": "reading",
        "Framework": "files",
        "framework_files": "files",
        "given_files": "files",
        "read_framework": "files",
        "read_graph": "reading",
        "read_statements": "reading",
        "validate_files": "files",
        "validate_with": "files",
        "Finding": "findings",
        "Report": "findings",
        "REPORTS": "reports",
        "report_json": "reports",
        "report_junit": "reports",
        "report_sarif": "reports",
        "report_text": "reports",
        "Check": "rules",
        "read_check": "rules",
        "read_checks": "rules",
        "read_shapes": "rules",
        "validate": "rules",
        "Statements": "statements",
    },
)

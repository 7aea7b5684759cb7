"""Dataset + shapes + checks -> findings.

Two kinds of rule: SHACL shapes (shapes/*.ttl, judged by a SHACL engine) say what one thing looks like; checks
(queries/checks/*.rq, run in our store) look at things together. Each row that a check returns is one finding.

    rules      a graph, shapes and checks -> findings; pure: nothing is read, printed or fetched
    files      files + the framework they refer to -> a report, with file and line
    reports    a report as text for people, JSON, SARIF or JUnit
"""

from cmh_graph.validate.files import (
    FORMATS,
    LARGEST_FILE,
    Framework,
    framework_files,
    given_files,
    read_framework,
    read_graph,
    validate_files,
    validate_with,
)
from cmh_graph.validate.findings import Finding, Report
from cmh_graph.validate.reports import REPORTS, report_json, report_junit, report_sarif, report_text
from cmh_graph.validate.rules import ENGINES, Check, read_check, read_checks, read_shapes, validate

__all__ = [
    "ENGINES", "FORMATS", "LARGEST_FILE", "REPORTS", "Check", "Finding", "Framework", "Report", "framework_files",
    "given_files", "read_check", "read_checks", "read_framework", "read_graph", "read_shapes", "report_json",
    "report_junit", "report_sarif", "report_text", "validate", "validate_files", "validate_with",
]  # fmt: skip

"""A report as text for people, or in the formats that other programs read; same report, same bytes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

from cmh_graph.namespaces import BASE, compact
from cmh_graph.validate.findings import Finding, Report


def report_text(report: Report) -> str:
    """The report for people: a line of place, a line of what, a line of how to mend it; then the sum."""
    lines = []
    for finding in report.findings:
        place = ":".join(
            str(part) for part in (finding.file, finding.line, finding.column) if part is not None
        )
        about = compact(finding.entity) if finding.entity else ""
        lines.append(
            f"{place or '(place not known)'}: {finding.severity}: {about or 'file'} [{finding.rule}]"
        )
        lines.append(f"    {finding.message}")
        if finding.value and finding.value != finding.entity:
            named = compact(finding.property) or "value"
            lines.append(f"    {named}: {_short(compact(finding.value))}")
        if finding.mend:
            lines.append(f"    {finding.mend}")
    files = f"{len(report.files)} file{'' if len(report.files) == 1 else 's'}"
    counts = ", ".join(
        f"{report.count(s)} {s}{'' if report.count(s) == 1 else 's'}" for s in ("violation", "warning")
    )
    lines.append(f"{files}, {report.things:,} things: {counts}, {report.count('info')} notes")
    return "\n".join(lines) + "\n"


def _short(text: str, width: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def report_json(report: Report) -> str:
    """The report as one JSON object: exit_code, counts, files, things, findings."""
    body = {
        "exit_code": report.exit_code,
        "counts": {severity: report.count(severity) for severity in ("violation", "warning", "info")},
        "files": list(report.files),
        "things": report.things,
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def report_sarif(report: Report) -> str:
    """The report in SARIF 2.1.0, which code hosts show beside the lines of a change."""
    level = {"violation": "error", "warning": "warning", "info": "note"}
    rules: dict[str, Finding] = {}
    for finding in report.findings:
        rules.setdefault(finding.rule, finding)
    ids = sorted(rules)
    results: list[dict[str, Any]] = []
    for finding in report.findings:
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": ids.index(finding.rule),
            "level": level[finding.severity],
            "message": {"text": " ".join(part for part in (finding.message, finding.mend) if part)},
        }
        location: dict[str, Any] = {}
        if finding.file:
            location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.file)}}
            if finding.line:
                region = {"startLine": finding.line}
                if finding.column:
                    region["startColumn"] = finding.column
                location["physicalLocation"]["region"] = region
        if finding.entity:
            location["logicalLocations"] = [{"fullyQualifiedName": finding.entity, "kind": "resource"}]
        if location:
            result["locations"] = [location]
        results.append(result)
    body = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "cmh-graph validate",
                        "informationUri": BASE,
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": rules[rule].message},
                                "help": {"text": rules[rule].mend or rules[rule].message},
                                "defaultConfiguration": {"level": level[rules[rule].severity]},
                            }
                            for rule in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def report_junit(report: Report) -> str:
    """The report in JUnit XML: a file is a test case; each of its violations is a failure in it.

    Warnings and notes are in the case's output, unless the report is strict: then warnings fail too."""
    grave = {"violation", "warning"} if report.strict else {"violation"}
    by_file: dict[str, list[Finding]] = {name: [] for name in report.files}
    for finding in report.findings:
        by_file.setdefault(finding.file or "(place not known)", []).append(finding)
    failing = Counter(name for name, found in by_file.items() if any(f.severity in grave for f in found))
    totals = {"tests": str(len(by_file)), "failures": str(len(failing)), "errors": "0"}
    top = ElementTree.Element("testsuites", {"name": "cmh-graph validate", **totals})
    suite = ElementTree.SubElement(top, "testsuite", {"name": "cmh-graph validate", **totals})
    for name in sorted(by_file):
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": "cmh_graph.validate", "name": _xml(name)}
        )
        hard = [f for f in by_file[name] if f.severity in grave]
        soft = [f for f in by_file[name] if f.severity not in grave]
        if hard:
            failure = ElementTree.SubElement(
                case,
                "failure",
                {"type": hard[0].rule, "message": _xml(f"{len(hard)} findings; {hard[0].message}")},
            )
            failure.text = _xml("\n".join(map(_one_line, hard)))
        if soft:
            ElementTree.SubElement(case, "system-out").text = _xml("\n".join(map(_one_line, soft)))
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _one_line(finding: Finding) -> str:
    place = f"line {finding.line}: " if finding.line else ""
    about = f"{compact(finding.entity)}: " if finding.entity else ""
    return (
        f"{place}{finding.severity}: {about}{finding.message} {finding.mend}".rstrip() + f" [{finding.rule}]"
    )


def _xml(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


#: Name of a report's form -> what writes it.
REPORTS: Final[dict[str, Callable[[Report], str]]] = {
    "text": report_text,
    "json": report_json,
    "sarif": report_sarif,
    "junit": report_junit,
}

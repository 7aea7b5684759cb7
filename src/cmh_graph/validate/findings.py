"""What validation says: findings, and the report over some files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["violation", "warning", "info"]

#: Rules that are neither a shape nor a check: they are about the file itself.
CANNOT_BE_READ: Final = "file_cannot_be_read"
IRI_NOT_VALID: Final = "iri_not_valid"
_RANK: Final = {"violation": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in words for the person who owns the catalogue.

    rule: name of the shape (cmhsh:Role-prefLabel), of the check (role_without_step) or of the reader's own rules.
    entity, property, value: IRIs in full, or the text of a literal; "" where there is none.
    message: what is wrong. mend: what to do; "" if the message says it.
    file, line, column: where the entity is stated, counted from 1; None where that is not known."""

    rule: str
    severity: Severity
    entity: str
    property: str
    value: str
    message: str
    mend: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None


def order(finding: Finding) -> tuple[object, ...]:
    """The order of a report: by place, then the gravest first, then by name."""
    place = (finding.file or "", finding.line or 0, finding.column or 0)
    return (*place, _RANK[finding.severity], finding.entity, finding.rule, finding.property, finding.value)


@dataclass(frozen=True)
class Report:
    """What validate_files found. files: those that were looked at, as they were named. things: subjects in them."""

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    things: int
    strict: bool = False

    @property
    def exit_code(self) -> int:
        """1 if there is a violation, or when strict a warning; otherwise 0. Notes never count."""
        grave = {"violation", "warning"} if self.strict else {"violation"}
        return int(any(finding.severity in grave for finding in self.findings))

    def count(self, severity: Severity) -> int:
        """How many findings are of one severity."""
        return sum(finding.severity == severity for finding in self.findings)


# Rules -----------------------------------------------------------------------------------------------------------

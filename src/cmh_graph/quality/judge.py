"""Published lists + a subject -> a verdict for each check, and a score for each list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from cmh_graph.errors import SourceError
from cmh_graph.quality import clusters, metadata, service, terms
from cmh_graph.quality.lists import Accepted, CheckList, Published
from cmh_graph.quality.subject import Subject
from cmh_graph.store import Store
from cmh_graph.validate.findings import Finding, order
from cmh_graph.validate.rules import ask_checks

State: TypeAlias = Literal["passed", "accepted", "failed", "not judged"]
#: The least score with which a list lets a release pass, and the least with what we accept counted as failed.
GATE: Final = 0.9
STRICT_GATE: Final = 0.8
#: Name in decided_by -> what finds (thing, what about it); with what is wrong and how to mend it.
FUNCTIONS: Final[dict[str, tuple[Callable[[Store], Sequence[tuple[str, str]]], str, str]]] = {
    "hijacked": (
        terms.hijacked,
        "This term is not defined in its namespace.",
        "Correct its spelling, or define a term of our own.",
    ),
    "undefined_skos": (
        terms.undefined_skos,
        "SKOS defines no such term.",
        "Correct its spelling, or use a property that SKOS has.",
    ),
    "clusters": (
        clusters.clusters,
        "This concept and those tied to it are cut off from the rest of their scheme.",
        "Tie one of them to the rest, or make it a top concept.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one check.

    share: 0 to 1, what the score counts: for a check of several parts the share that holds, accepted parts set aside;
    None if it is not judged or wholly accepted. strict: the same with accepted findings as failures, or None.
    findings: those that nobody accepted. accepted: those that follow from a decision of ours. reasons: of these, each
    with the number of findings that it is for."""

    check: Published
    state: State
    share: float | None
    strict: float | None
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ListResult:
    """One list, judged. stale: ids of acceptances that no finding needs any more."""

    list: CheckList
    verdicts: tuple[Verdict, ...]
    stale: tuple[str, ...] = ()

    @property
    def judged(self) -> int:
        """How many checks were judged, those that we accept included."""
        return sum(one.strict is not None for one in self.verdicts)

    @property
    def score(self) -> float:
        """The mean share of the judged checks, 0 to 1; what we accept is set aside."""
        return _mean(one.share for one in self.verdicts)

    @property
    def strict_score(self) -> float:
        """The same with what we accept as failures."""
        return _mean(one.strict for one in self.verdicts)

    @property
    def least_score(self) -> float:
        """The strict score if what could fail elsewhere, such as the tests of public registries, had failed too."""
        return _mean(0.0 if one.check.could_fail else one.strict for one in self.verdicts)

    @property
    def passes(self) -> bool:
        """Whether the list lets a release pass."""
        return self.score >= GATE and self.strict_score >= STRICT_GATE

    def count(self, state: State) -> int:
        """How many checks have a state."""
        return sum(one.state == state for one in self.verdicts)


def _mean(shares: Iterable[float | None]) -> float:
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else 0.0


def judge(
    lists: Iterable[CheckList], subject: Subject, accepted: Sequence[Accepted] = ()
) -> tuple[ListResult, ...]:
    """The lists, judged, in their order. Raises SourceError where a check cannot run or names what is not there."""
    results = []
    for one in lists:
        verdicts = tuple(_verdict(one, check, subject, accepted) for check in one.checks)
        found = [
            (verdict.check.id, _about(verdict.check, finding))
            for verdict in verdicts
            for finding in verdict.accepted
        ]
        stale = tuple(
            each.id
            for each in accepted
            if each.list == one.key
            and not any(each.covers(one.key, check, entity) for check, entity in found)
        )
        results.append(ListResult(one, verdicts, stale))
    return tuple(results)


def _verdict(one: CheckList, check: Published, subject: Subject, accepted: Sequence[Accepted]) -> Verdict:
    if not check.decided_by:
        return Verdict(check, "not judged", None, None)
    found = sorted(findings(one.key, check, subject), key=order)
    if not found:
        return Verdict(check, "passed", 1.0, 1.0)
    by_part = bool(check.parts)
    taken: list[Finding] = []
    left: list[Finding] = []
    reasons: Counter[str] = Counter()
    for finding in found:
        about = _about(check, finding)
        fits = [each for each in accepted if each.covers(one.key, check.id, about)]
        (taken if fits else left).append(finding)
        reasons.update(each.reason for each in fits[:1])
    state: State = "failed" if left else "accepted"
    strict = 1 - len(found) / len(check.parts) if by_part else 0.0
    rest = len(check.parts) - len(taken)
    share = 1 - len(left) / rest if by_part and rest else (0.0 if left else None)
    return Verdict(check, state, share, strict, tuple(left), tuple(taken), tuple(reasons.items()))


def _about(check: Published, finding: Finding) -> str:
    """What an acceptance names a finding by: a part of the header by its name, anything else by its IRI."""
    return finding.value if check.parts else finding.entity


def findings(list_: str, check: Published, subject: Subject) -> list[Finding]:
    """What one check finds, unsorted; the rule of each is list:id."""
    rule = f"{list_}:{check.id}"
    store = subject.vocabulary if list_ == "qskos" else subject.graph
    how, _, name = check.decided_by.partition(":")
    if how == "query" and check.query is not None:
        return ask_checks(store, [replace(check.query, name=rule)])
    if how == "metadata":
        return [
            Finding(rule, "warning", iri, "", part, f"The header does not state: {part}.", f"Use {names}.")
            for iri in metadata.ontologies(store) or [""]
            for part in metadata.missing(check, metadata.header(store, iri))
            for names in (" or ".join(check.parts[part][:3]),)
        ]
    if how == "service" and name in service.CHECKS:
        return _service_findings(rule, name, subject)
    if how == "function" and name in FUNCTIONS:
        find, problem, mend = FUNCTIONS[name]
        return [Finding(rule, "warning", entity, "", value, problem, mend) for entity, value in find(store)]
    raise SourceError(
        f"the check {rule} is decided by {check.decided_by}, which is not there",
        where=f"queries/quality/{list_}.toml",
        mend="write query, metadata, function:NAME or service:NAME",
    )


def _service_findings(rule: str, name: str, subject: Subject) -> list[Finding]:
    iris = metadata.ontologies(subject.graph)
    if not iris:
        return [Finding(rule, "violation", "", "", "", "There is no ontology to ask for.", "Declare one.")]
    found = []
    for iri in iris:
        version = next(iter(metadata.header(subject.graph, iri).get(_VERSION_IRI, ())), "")
        wrong = service.CHECKS[name](iri, version, subject.ask)
        if wrong:
            mend = "Let the service answer at this address."
            found.append(Finding(rule, "violation", iri, "", "", f"{wrong[0].upper()}{wrong[1:]}.", mend))
    return found


_VERSION_IRI: Final = "http://www.w3.org/2002/07/owl#versionIRI"

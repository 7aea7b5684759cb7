"""Verdicts as text for people, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Final

from cmh_graph.namespaces import compact
from cmh_graph.quality.judge import GATE, STRICT_GATE, ListResult, Verdict
from cmh_graph.validate.findings import Finding

#: As many findings of a check are shown in text; JSON has all.
_SHOWN: Final = 5


def report_text(results: Sequence[ListResult]) -> str:
    """A line for each check, what it found below it, and the score of each list."""
    lines: list[str] = []
    for result in results:
        lines += [f"{result.list.name}: {result.list.about} ({result.list.source})"]
        for verdict in result.verdicts:
            lines += _verdict(verdict)
        lines += [_sum(result), ""]
        lines += [f"the acceptance of {one} is needed no more: take it out" for one in result.stale]
    return "\n".join(lines)


def _verdict(verdict: Verdict) -> list[str]:
    check = verdict.check
    state = verdict.state
    lines = [f"  {state:<10}  {check.id:<10}  {check.name} [{check.kind}]"]
    if state == "not judged":
        lines.append(f"      {check.reason}")
    lines += _findings(verdict.findings)
    if verdict.accepted:
        lines += [f"      {count} accepted: {reason}" for reason, count in verdict.reasons]
        lines.append(f"        {_names(verdict)}")
    return lines


def _findings(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for one in findings[:_SHOWN]:
        value = f" ({_short(compact(one.value))})" if one.value and one.value != one.entity else ""
        lines.append(f"      {compact(one.entity) or 'ontology'}{value}: {one.message} {one.mend}")
    if len(findings) > _SHOWN:
        lines.append(f"      and {len(findings) - _SHOWN} more; --format json has them all")
    return lines


def _names(verdict: Verdict) -> str:
    about = [one.value if verdict.check.parts else compact(one.entity) for one in verdict.accepted]
    names = list(dict.fromkeys(_short(one, 60) for one in about))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _sum(result: ListResult) -> str:
    parts = [
        f"{result.count(state)} {state}"
        for state in ("passed", "accepted", "failed", "not judged")
        if result.count(state)
    ]
    text = f"{result.list.name}: {result.score:.1%} of {result.judged} judged checks ({', '.join(parts)})"
    if result.strict_score < result.score:
        text += f"; {result.strict_score:.1%} if what is accepted had failed"
    if result.least_score < result.strict_score:
        text += f", {result.least_score:.1%} if what public registries know had failed too"
    return text + ("" if result.passes else f"; below the gate of {GATE:.0%}, or {STRICT_GATE:.0%} strictly")


def _short(text: str, width: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def report_json(results: Sequence[ListResult]) -> str:
    """One JSON object: gate, and lists with score, counts, stale acceptances and checks."""
    body = {
        "gate": GATE,
        "strict_gate": STRICT_GATE,
        "passes": all(result.passes for result in results),
        "lists": [
            {
                "key": result.list.key,
                "name": result.list.name,
                "source": result.list.source,
                "score": round(result.score, 4),
                "strict_score": round(result.strict_score, 4),
                "least_score": round(result.least_score, 4),
                "judged": result.judged,
                "stale_acceptances": list(result.stale),
                "checks": [_check_json(verdict) for verdict in result.verdicts],
            }
            for result in results
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _check_json(verdict: Verdict) -> dict[str, object]:
    check = verdict.check
    return {
        "id": check.id,
        "name": check.name,
        "kind": check.kind,
        "criterion": check.criterion,
        "state": verdict.state,
        "share": verdict.share,
        "strict_share": verdict.strict,
        "reason": check.reason or " ".join(reason for reason, _ in verdict.reasons),
        "findings": [asdict(one) for one in verdict.findings],
        "accepted": [asdict(one) for one in verdict.accepted],
    }


#: Name of a report's form -> what writes it.
REPORTS: Final = MappingProxyType[str, Callable[[Sequence[ListResult]], str]](
    {"text": report_text, "json": report_json}
)

"""Which class a change has: the first rule of the table that fits."""

from __future__ import annotations

from cmh_graph.versions.conditions import CONDITIONS, Case
from cmh_graph.versions.facts import literal_of
from cmh_graph.versions.rules import RULES, WORDING, Rule


def classify(case: Case) -> Rule:
    """The rule that decides a case; the last one fits every change of a property."""
    for rule in RULES:
        if fits(rule, case):
            return rule
    raise AssertionError(f"no rule for a thing that was {case.event}")


def fits(rule: Rule, case: Case) -> bool:
    """Whether a rule is for a case, and its condition holds."""
    if case.event not in rule.events or (rule.of and case.kind not in rule.of):
        return False
    if (
        rule.properties
        and case.property not in rule.properties
        and not (rule.properties is WORDING and _is_text(case))
    ):
        return False
    return not rule.when or CONDITIONS[rule.when](case)


def _is_text(case: Case) -> bool:
    """Whether all that came and went is text in a language: words for people, whatever the property."""
    return all(literal_of(text)[1] for text in (*case.gone, *case.come))

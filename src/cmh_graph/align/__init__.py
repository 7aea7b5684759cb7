"""Proposes which framework roles the titles of an employer's list mean.

read_table     a file -> rows, and rejects with line and reason
title_parts    a title -> its core words; band, hours, shift, contract kept as fields
abbreviations  core words -> readings with the short forms written out
candidates     readings -> the labels worth scoring
score          a reading and a label -> features, one score, a confidence
zones          scored roles -> accept, review or none
explain        the `why` in plain words
mapping_set    decisions -> SSSOM
report         decisions -> report.md, report.json
pipeline       all of it, in order
evaluate       decisions and right answers -> accuracy, precision, recall
"""

from __future__ import annotations

from .labels import RoleFacts, RoleLabel, RoleLabels
from .pipeline import align, run
from .report import AlignmentSummary

__all__ = ["AlignmentSummary", "RoleFacts", "RoleLabel", "RoleLabels", "align", "run"]

"""Versions: what was released, what changed between two of them, and whether it breaks anyone.

facts        statements that can be compared: blank nodes are named by what they say
content      what one version offers: graph, shapes, questions
change       one change, as a value and as JSON
view, strictness, conditions, rules, classify   the table of rules, and what it asks of a change
names        what things are called
diff         two versions -> changes
semver       version numbers, and the bump that changes demand
releases     released versions on disk
places       what a user may name as a version
report       changes as text, JSON and Markdown
retirement   what is retired, what takes its place, what was lost
upgrade      the update that carries others' data over
changelog    the section of a release in CHANGELOG.md
headers      the versions that ontology, catalogue and mapping sets state
release      all of it in order
"""

from cmh_graph.versions.change import Change, change_key, count_classes
from cmh_graph.versions.content import VersionContent, content_at, content_of
from cmh_graph.versions.diff import apply, diff
from cmh_graph.versions.releases import Release, Releases
from cmh_graph.versions.semver import Bump, Class, Version, demanded_bump, read_version

__all__ = [
    "Bump",
    "Change",
    "Class",
    "Release",
    "Releases",
    "Version",
    "VersionContent",
    "apply",
    "change_key",
    "content_at",
    "content_of",
    "count_classes",
    "demanded_bump",
    "diff",
    "read_version",
]

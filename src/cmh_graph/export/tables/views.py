"""Views of the SQLite file: what planners ask most, in words instead of keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

#: name -> (what a row is, the tables that it needs, its SELECT)
VIEWS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "role_requirements": (
        "One requirement of a role; members of an any-of group follow their group.",
        ("requirement", "requirement_anyOf", "role", "thing", "skill_level", "vocab_framework_level",
         "vocab_necessity"),
        """
        SELECT role.key AS role, role.label AS role_label, necessity.label AS necessity,
               replace(requirement.type, 'Requirement', '') AS kind, thing.key AS asks_for,
               thing.label AS asks_for_label, level.label AS level, "group".key AS any_of_group,
               requirement.status, requirement.note, requirement.key AS requirement
        FROM requirement
        LEFT JOIN requirement_anyOf AS member ON member.anyOf = requirement.key
        LEFT JOIN requirement AS "group" ON "group".key = member.requirement
        JOIN role ON role.key = coalesce(requirement.role, "group".role)
        LEFT JOIN thing ON thing.iri = requirement.asksFor
        LEFT JOIN skill_level ON skill_level.key = requirement.atSkillLevel
        LEFT JOIN vocab_framework_level AS level ON level.key = skill_level.atFrameworkLevel
        LEFT JOIN vocab_necessity AS necessity ON necessity.key = coalesce(requirement.necessity, "group".necessity)
        """,
    ),
    "role_bands": (
        "One pay band of a role, with who says so.",
        ("role", "band_assignment", "band_assignment_band", "vocab_band", "organisation", "scheme"),
        """
        SELECT role.key AS role, role.label AS role_label, band.label AS band, band."order" AS band_order,
               scheme.label AS pay_scheme, organisation.label AS assigned_by, a.status, a.note
        FROM band_assignment AS a
        JOIN role ON role.key = a.role
        JOIN band_assignment_band AS b ON b.band_assignment = a.key
        JOIN vocab_band AS band ON band.key = b.band
        LEFT JOIN scheme ON scheme.key = a.payScheme
        LEFT JOIN organisation ON organisation.key = a.assignedBy
        """,
    ),
    "role_places": (
        "One setting or kind of employer that a role is found in.",
        ("role", "placement", "placement_inSetting", "placement_employerType", "vocab_setting", "vocab_employer_type"),
        """
        SELECT role.key AS role, role.label AS role_label, 'setting' AS kind, setting.label AS place, p.status
        FROM placement AS p JOIN role ON role.key = p.role
        JOIN placement_inSetting AS s ON s.placement = p.key JOIN vocab_setting AS setting ON setting.key = s.inSetting
        UNION ALL
        SELECT role.key, role.label, 'employer', employer.label, p.status
        FROM placement AS p JOIN role ON role.key = p.role
        JOIN placement_employerType AS e ON e.placement = p.key
        JOIN vocab_employer_type AS employer ON employer.key = e.employerType
        """,
    ),
    "role_titles": (
        "One job title that means a role.",
        ("role", "title", "title_meaning", "scheme"),
        """
        SELECT role.key AS role, role.label AS role_label, title.label AS title, scheme.label AS used_by, m.status
        FROM title_meaning AS m
        JOIN role ON role.key = m.meansRole
        JOIN title ON title.key = m.title
        LEFT JOIN scheme ON scheme.key = title.belongsTo
        """,
    ),
    "skill_statements": (
        "What a holder of a skill says of themselves at one level.",
        ("skill", "skill_level", "i_statement", "vocab_framework_level", "skill_group"),
        """
        SELECT skill.key AS skill, skill.label AS skill_label, skill_group.label AS skill_group, level.label AS level,
               level."order" AS level_order, i.text AS i_statement, i.status
        FROM i_statement AS i
        JOIN skill_level ON skill_level.key = i.skill_level
        JOIN skill ON skill.key = skill_level.ofSkill
        LEFT JOIN skill_group ON skill_group.key = skill.broader
        JOIN vocab_framework_level AS level ON level.key = skill_level.atFrameworkLevel
        """,
    ),
    "steps_between_roles": (
        "One step from a role or waypoint to another.",
        ("step", "thing", "route", "vocab_step_kind"),
        """
        SELECT step.key AS step, origin.key AS from_key, origin.label AS from_label, goal.key AS to_key,
               goal.label AS to_label, kind.label AS kind, route.label AS route, step.minimumMonths, step.maximumMonths,
               step.status, step.note
        FROM step
        JOIN thing AS origin ON origin.iri = step.fromPosition
        JOIN thing AS goal ON goal.iri = step.toPosition
        LEFT JOIN vocab_step_kind AS kind ON kind.key = step.stepKind
        LEFT JOIN route ON route.key = step.viaRoute
        """,
    ),
    "sources_of_things": (
        "One source of a thing.",
        ("thing", "thing_source", "source"),
        """
        SELECT thing."table", thing.key, thing.label, source.label AS source, source.publisher, source.url
        FROM thing_source
        JOIN thing ON thing.iri = thing_source.thing
        JOIN source ON source.key = thing_source.source
        """,
    ),
}  # fmt: skip


def views_over(tables: Collection[str]) -> dict[str, str]:
    """View -> its SQL, for those whose tables are all there: a part of the framework has fewer."""
    return {
        name: f'CREATE VIEW "{name}" AS -- {what}{select.rstrip()}'
        for name, (what, needed, select) in VIEWS.items()
        if set(needed) <= set(tables)
    }

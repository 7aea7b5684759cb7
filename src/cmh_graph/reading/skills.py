"""Skills, values, experience and qualifications, from the nodes of a store."""

from __future__ import annotations

from typing import Final

from cmh_graph.model import (
    Background,
    EducationLevelKey,
    Experience,
    FrameworkLevelKey,
    Iri,
    IStatement,
    Key,
    Qualification,
    QualificationForm,
    Ref,
    Skill,
    SkillLevel,
    Value,
)
from cmh_graph.namespaces import key_of
from cmh_graph.reading.nodes import Nodes, short

_QUALIFICATION_FORMS: Final[dict[str, QualificationForm]] = {
    "cmh:ApprenticeshipStandard": "apprenticeship",
    "cmh:Registration": "registration",
}


def read_skill(nodes: Nodes, iri: str) -> Skill:
    levels = nodes.pointing("cmh:ofSkill", iri)
    statements = [str(node) for level in levels for node in nodes.cells(level, "cmh:hasIStatement")]
    made = [read_skill_level(nodes, level) for level in levels]
    scale = nodes.of_type("cmh:FrameworkLevel")
    rank = {key_of(level): nodes.cell(level, "cmh:order") for level in scale}
    return Skill(
        **nodes.thing(iri, [*levels, *statements]),
        alternatives=nodes.texts(iri, "skos:altLabel"),
        group=nodes.link(iri, "skos:broader"),
        levels=tuple(sorted(made, key=lambda level: (rank.get(level.level) or 0, level.key))),
    )


def read_skill_level(nodes: Nodes, iri: str) -> SkillLevel:
    return SkillLevel(
        **{**nodes.thing(iri), "remarks": ()},
        skill=nodes.link(iri, "cmh:ofSkill") or Ref("skill", Key(""), ""),
        level=nodes.key(iri, "cmh:atFrameworkLevel", FrameworkLevelKey) or FrameworkLevelKey(""),
        i_statements=tuple(
            IStatement(
                key=Key(key_of(node)),
                iri=Iri(node),
                text=nodes.text(node, "cmh:text") or "",
                says=nodes.says(node),
            )
            for node in nodes.cells(iri, "cmh:hasIStatement")
        ),
    )


def read_background(nodes: Nodes, iri: str) -> Background:
    return Background(**nodes.thing(iri), builds_skills=nodes.refs(iri, "cmh:buildsSkill"))


def read_value(nodes: Nodes, iri: str) -> Value:
    return Value(
        **nodes.thing(iri),
        sets=nodes.refs(iri, "skos:inScheme"),
        close_to=nodes.refs(iri, "skos:closeMatch"),
    )


def read_experience(nodes: Nodes, iri: str) -> Experience:
    lived = bool(nodes.cell(iri, "cmh:isLivedExperience"))
    return Experience(
        **nodes.thing(iri), is_lived_experience=lived, gained_in=nodes.refs(iri, "cmh:gainedIn")
    )


def read_qualification(nodes: Nodes, iri: str) -> Qualification:
    kinds = {short(str(kind)) for kind in nodes.cells(iri, "rdf:type")}
    forms = (form for name, form in _QUALIFICATION_FORMS.items() if name in kinds)
    return Qualification(
        **nodes.thing(iri),
        form=next(forms, "qualification"),
        qualification_kind=nodes.key(iri, "cmh:qualificationKind", Key) or "general",
        education_levels=nodes.keys(iri, "cmh:educationLevel", EducationLevelKey),
        level_as_stated=nodes.text(iri, "cmh:levelAsStated"),
        alternatives=nodes.texts(iri, "skos:altLabel"),
        registers=nodes.refs(iri, "cmh:onRegister"),
        met_by=nodes.refs(iri, "cmh:metBy"),
        code=nodes.text(iri, "skos:notation"),
        lars_code=nodes.text(iri, "cmh:larsCode"),
        typical_duration_months=nodes.cell(iri, "cmh:typicalDurationMonths"),
        maximum_funding_gbp=nodes.cell(iri, "cmh:maximumFundingGBP"),
        typical_job_titles=nodes.texts(iri, "cmh:typicalJobTitle"),
        funding_notes=nodes.texts(iri, "cmh:fundingNote"),
        checked_on=nodes.cell(iri, "cmh:checkedOn"),
    )

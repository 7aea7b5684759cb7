"""Keys of things, and the words of closed lists."""

from __future__ import annotations

from typing import Literal, NewType, TypeAlias

Iri = NewType("Iri", str)
#: A thing's key, unique within its kind.
Key = NewType("Key", str)

SourceKey = NewType("SourceKey", str)
BandKey = NewType("BandKey", str)
FrameworkLevelKey = NewType("FrameworkLevelKey", str)
EducationLevelKey = NewType("EducationLevelKey", str)
AhpStageKey = NewType("AhpStageKey", str)
FamilyKey = NewType("FamilyKey", str)
SettingKey = NewType("SettingKey", str)
EmployerTypeKey = NewType("EmployerTypeKey", str)
CountryKey = NewType("CountryKey", str)
SkillLevelKey = NewType("SkillLevelKey", str)

Status: TypeAlias = Literal["seed", "public", "inferred", "confirmed"]
Necessity: TypeAlias = Literal["essential", "desirable", "gained-in-post"]
RoleForm: TypeAlias = Literal["job", "trainee", "function", "grouping"]
RequirementKind: TypeAlias = Literal[
    "skill", "value", "experience", "qualification", "registration", "any-of", "none-required"
]
QualificationForm: TypeAlias = Literal["qualification", "apprenticeship", "registration"]

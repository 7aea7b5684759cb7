"""The post that a paper is about: a role, at a band, with a kind of employer, in a setting."""

from __future__ import annotations

from dataclasses import dataclass

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import BandKey, Requirement, Role
from cmh_graph.pathways.choices import concepts_of, refuse_grouping, refuse_unknown_concept


@dataclass(frozen=True, slots=True)
class Post:
    """band, setting and employer_type are None where the paper is about the role in general."""

    role: Role
    band: BandKey | None = None
    employer_type: str | None = None
    setting: str | None = None

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What the role asks for in this setting and with this kind of employer."""
        return tuple(
            one
            for one in self.role.requirements
            if (self.setting is None or not one.settings or self.setting in one.settings)
            and (
                self.employer_type is None
                or not one.employer_types
                or self.employer_type in one.employer_types
            )
        )

    @property
    def slug(self) -> str:
        """The post as part of a file name."""
        parts = (self.role.key, f"band-{self.band}" if self.band else "", self.employer_type, self.setting)
        return "-".join(part for part in parts if part)


def post_of(
    framework: Framework,
    role: str,
    *,
    band: str | None = None,
    employer_type: str | None = None,
    setting: str | None = None,
) -> Post:
    """The post. Raises UnknownThing for a role that is not there, BadParameter for a group of roles, for a band that
    nobody gives the role, and for a word that is in no scheme."""
    found = framework.role(role)
    refuse_grouping(found, "role")
    if band is not None:
        framework.band(band)
        if band not in found.bands:
            given = (
                f"bands given are {', '.join(found.bands)}" if found.bands else "no source gives it a band"
            )
            raise BadParameter(
                f"no source puts {found.label} at band {band}",
                where="band",
                mend=f"{given}; or leave the band out",
            )
    refuse_unknown_concept(framework, "employer-type", [employer_type])
    refuse_unknown_concept(framework, "setting", [setting])
    return Post(found, BandKey(band) if band else None, employer_type, setting)


def concept_label(framework: Framework, scheme: str, key: str) -> str:
    """The label of a concept of a closed scheme, or its key."""
    return next((one.label for one in concepts_of(framework, scheme) if one.key == key), key)

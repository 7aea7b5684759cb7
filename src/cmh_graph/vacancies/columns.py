"""The usual names of columns and fields -> the names that schema.org gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cmh_graph.vacancies.shapes import local_name

#: Name of schema.org, or of ours for what an export splits -> usual names, compared by their letters alone.
_USUAL: Final[Mapping[str, str]] = {
    "identifier": "id jobid jobref jobreference jobreferencenumber reference ref refno referencenumber vacancyid "
    "vacancyref vacancyreference vacancynumber advertid advertref advertreference postingid postreference jobnumber",
    "title": "jobtitle vacancytitle posttitle positiontitle roletitle advertisedtitle position vacancy jobname role "
    "post name",
    "description": "jobdescription details jobdetails summary jobsummary advert adverttext advertisement body "
    "mainduties overview",
    "responsibilities": "duties keyresponsibilities",
    "qualifications": "qualificationsrequired requirements personspecification",
    "hiringOrganization": "employer employername organisation organization organisationname organizationname company "
    "companyname trust trustname hiringorganisation hiringorganizationname recruiter",
    "jobLocation": "location place town city joblocationname site base locationname worklocation workplace",
    "postcode": "postalcode zip zipcode locationpostcode",
    "jobLocationType": "",
    "datePosted": "posted posteddate postedon postdate dateadvertised dateopened opendate openingdate opens opened "
    "publisheddate publicationdate datepublished publishdate livedate golivedate advertdate startsadvert created",
    "validThrough": "closingdate dateclosing closedate closes closing closeson expires expirydate expiry expireson "
    "enddate deadline applicationdeadline applyby applybefore validuntil",
    "employmentType": "contracttype contract jobtype typeofemployment workingpattern",
    "baseSalary": "salary pay salaryrange remuneration wage salarytext salarydetails estimatedsalary",
    "salaryMinimum": "salarymin minsalary minimumsalary salaryfrom salarylow salarylower",
    "salaryMaximum": "salarymax maxsalary salaryto salaryhigh maximumsalary salaryupper",
    "salaryUnit": "salaryperiod payperiod salaryinterval salaryfrequency",
    "salaryCurrency": "currency",
    "workHours": "hours workinghours hoursperweek weeklyhours hoursofwork",
    "url": "link joburl applyurl advertlink adverturl vacancyurl vacancylink weblink webaddress applicationurl "
    "applylink joblink webpage",
    "band": "payband afcband agendaforchangeband grade paygrade jobgrade",
    "skills": "", "experienceRequirements": "", "educationRequirements": "",
}  # fmt: skip
FIELDS: Final = frozenset(_USUAL)
#: Names that speak of a person: their columns are never read.
_PERSONAL: Final = re.compile(
    r"contact|e-?mail|phone|telephone|mobile|recruiter.?name|hiring.?manager|line.?manager", re.IGNORECASE
)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


_FIELD_OF: Final[Mapping[str, str]] = {
    usual: field for field, names in _USUAL.items() for usual in (_letters(field), *names.split())
}


def field_of(name: str) -> str:
    """The field that a column or key of an export stands for; "" for one that is not read."""
    if is_personal(name):
        return ""
    local = local_name(name)
    return local if local in FIELDS else _FIELD_OF.get(_letters(local), "")


def is_personal(name: str) -> bool:
    """Whether a column speaks of a person to contact."""
    return bool(_PERSONAL.search(name))

"""Names of columns, and cells, that speak of a person: they are not used, and cells are never repeated."""

from __future__ import annotations

import re
from typing import Final

from cmh_graph.align.tables.columns import spellings

#: A column with one of these words is about a person, whatever else it says.
_SURE: Final = frozenset(
    {
        "surname", "forename", "firstname", "lastname", "fullname", "email", "nino", "dob", "birth", "birthday",
        "birthdate", "payroll", "personnel", "phone", "telephone", "mobile", "postcode", "gender", "sex", "ethnic",
        "ethnicity", "religion", "disability", "disabled", "nationality", "marital", "postholder", "pronouns", "age",
        "passport", "salutation", "orientation", "belief", "pregnancy", "sickness", "username", "initials",
        "incumbent", "appointee",
    }
)  # fmt: skip
#: Phrases that are about a person as a whole name of a column, or inside it.
_PHRASES: Final = (
    "national insurance", "e mail", "date of birth", "post holder", "home address", "known as", "ni number", "ni no",
    "first name", "last name", "given name", "family name", "middle name", "full name", "preferred name", "legal name",
    "line manager", "nhs number", "bank account", "sort code", "next of kin",
)  # fmt: skip
_SUMS: Final = ("number of", "no of", "num of", "count of")
_WHOLE: Final = frozenset(
    {
        "name",
        "names",
        "ni",
        "person",
        "employee",
        "staff member",
        "manager",
        "address",
        "holder",
        "worker",
        "supervisor",
        "contact",
    }
)
#: Beside these words, a name, a number or an id is a person's.
_PEOPLE: Final = frozenset(
    {
        "employee",
        "emp",
        "staff",
        "person",
        "worker",
        "member",
        "assignment",
        "esr",
        "colleague",
        "individual",
        "user",
        "hr",
        "manager",
        "holder",
        "supervisor",
    }
)
_MARKS: Final = frozenset(
    {"name", "names", "number", "no", "num", "id", "ref", "reference", "code", "identifier"}
)

_CELLS: Final = (
    ("an e-mail address", re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}\.[^\s@]{2,}")),
    ("a National Insurance number", re.compile(r"(?i)\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")),
    # Inside a title a date is more often a cohort's or a contract's.
    ("a date", re.compile(r"^\s*(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2})\s*$")),
    ("a telephone number", re.compile(r"(?<!\d)(?:\+44 ?|0)\d{4} ?\d{3} ?\d{3}(?!\d)")),
)
_FORMS_OF_ADDRESS: Final = re.compile(r"(?i)(?:mr|mrs|ms|miss|mx|dr|prof|sir|dame|rev|lord|lady)\.?")


def is_personal_column(name: str) -> bool:
    """Whether the name of a column says that it is about a person: a name, an address, a payroll number."""
    for one in spellings(name):
        parts = frozenset(one.split())
        if one in _WHOLE or parts & _SURE or any(f" {phrase} " in f" {one} " for phrase in _PHRASES):
            return True
        # "Number of staff" is a sum, "staff number" is a person's.
        if parts & _PEOPLE and parts & _MARKS and not one.startswith(_SUMS):
            return True
    return False


def personal_in(cell: str) -> str:
    """What a cell holds that is a person's, in words; empty if it holds nothing of the kind that we can see."""
    cell = cell[:2000]
    if _FORMS_OF_ADDRESS.fullmatch(cell.strip()):
        return "a form of address"
    return next((words for words, pattern in _CELLS if pattern.search(cell)), "")

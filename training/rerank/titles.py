"""Titles that are not the development set: what the re-ranker learns from, and what make bench-align calls
unseen wording. Every draw comes from a hash of the title, so the same inputs give the same titles."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cmh_graph.align.labels import BANDS, RoleLabels
from cmh_graph.align.wording import JOINING, plain, rows_of, stem, words

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
MATCHES = ROOT / "ontology" / "matches"
SURE = {"skos:exactMatch", "skos:closeMatch", "skos:narrowMatch"}
#: Occupations mapped for one of their titles only, and outside ones that may be ours: not used either way.
UNCLEAR = {"21-1093.00", "21-1015.00", "31-2022.00", "21-1029.00"}
#: What else is right for titles of an occupation, where two of our roles share its work.
ALSO = {
    "43-6013.00": {"team-administrator"},
    "045f05f2-4ff8-46b2-9d08-e12a81657498": {"team-administrator"},
    "21-1023.00": {"mental-health-practitioner", "psychological-therapist"},
    "a76a05bb-e04d-4be8-953e-1ffd691dd58d": {"mental-health-practitioner", "amhp"},
    "31-2021.00": {"ot-assistant"},
    "31-2011.00": {"physiotherapy-assistant"},
    "31-2012.00": {"physiotherapy-assistant"},
    "c7ad889f-10fc-4346-b740-bd479ad82b47": {"community-connector", "mental-health-support-worker"},
    "39e9fc8f-02bd-4577-b603-2dc96204ce74": {"social-prescribing-link-worker"},
    "19-3033.00": {"psychological-therapist"},
}
SETTINGS = ["CMHT", "Crisis Team", "Older Adults", "Inpatient", "Community", "Home Treatment", "Memory Clinic",
            "Rehab", "Early Intervention", "Hub", "East"]  # fmt: skip
PAYROLL = ["Nights", "37.5 hours", "Fixed Term", "Bank", "Part Time", "0.6 WTE"]


@dataclass(frozen=True, slots=True)
class Query:
    """A made-up or borrowed title. gold: right targets; none means 'none of these'. without: a label's text
    that is taken out of the index for it. group: what must not be on both sides of a fold."""

    text: str
    gold: frozenset[str]
    source: str
    group: str
    without: str = ""
    band: str = ""
    employer: str = ""


def share(*key: str) -> float:
    """A number from 0 to 1 that depends on the key alone."""
    return int.from_bytes(hashlib.sha256("|".join(key).encode()).digest()[:6], "big") / 2**48


def pick(options: Sequence[str], *key: str) -> str:
    return options[int(share(*key) * len(options))]


# --- titles ---


def occupations() -> dict[str, dict[str, list[str]]]:
    """scheme -> code -> titles, the name of the occupation first."""
    found: dict[str, dict[str, list[str]]] = {"esco": {}, "onet-soc": {}, "soc-2020": {}, "nhs-sds": {}}
    with (DATA / "esco-occupations-en-1.1.1.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            alternatives = filter(None, row["alt_labels"].split(" | "))
            found["esco"][row["uri"].rsplit("/", 1)[-1]] = [row["label"], *alternatives]
    with (DATA / "onet27-occupations.csv").open(encoding="utf-8", newline="") as lines:
        found["onet-soc"] = {row["onet_soc_code"]: [row["title"]] for row in csv.DictReader(lines)}
    with gzip.open(DATA / "onet27-alternate-titles.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found["onet-soc"][row["onet_soc_code"]].append(row["alternate_title"])
    with gzip.open(DATA / "soc2020-related-job-titles.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found["soc-2020"].setdefault(row["soc2020_unit_group"], []).append(row["related_job_title"])
    with (DATA / "nhs-sds-job-roles.csv").open(encoding="utf-8", newline="") as lines:
        found["nhs-sds"] = {row["code"]: [row["display"]] for row in csv.DictReader(lines)}
    return found


def mappings(labels: RoleLabels) -> dict[str, tuple[dict[str, set[str]], set[str]]]:
    """scheme -> (code -> targets of sure mappings, codes named by any mapping)."""
    found = {}
    for scheme in ("esco", "onet-soc", "soc-2020", "nhs-sds"):
        text = (MATCHES / f"{scheme}.sssom.tsv").read_text(encoding="utf-8")
        sure: dict[str, set[str]] = defaultdict(set)
        named: set[str] = set()
        unsure: set[str] = set()
        for row in csv.DictReader((x for x in text.splitlines() if x[:1] != "#"), delimiter="\t"):
            code, role = row["object_id"].split(":")[1], row["subject_id"].split(":")[1]
            if code == "NoTermFound":
                continue
            named.add(code)
            target = labels.facts[role].rolls_up_to if role in labels.facts else None
            if row["predicate_id"] in SURE and target:
                sure[code].add(target)
            else:
                unsure.add(code)
        found[scheme] = (sure, named)
    return found


def near_field(scheme: str, code: str, esco_code: str) -> bool:
    """Outside occupations worth more examples: health, care, social work, clerks, managers of services."""
    prefixes = {
        "esco": (
            "22",
            "32",
            "53",
            "2634",
            "2635",
            "3412",
            "134",
            "2359",
            "411",
            "4226",
            "334",
            "516",
            "3423",
        ),
        "onet-soc": ("21-", "29-", "31-", "19-303", "43-6", "43-4", "11-91", "11-30", "39-9"),
        "soc-2020": ("22", "32", "61", "117", "123", "246", "35", "42", "415"),
    }[scheme]
    return (esco_code if scheme == "esco" else code).startswith(prefixes)


def held_out(code: str) -> bool:
    """As in ../title_vectors/train.py: occupations that the held table has not seen."""
    return hashlib.sha256(code.encode()).digest()[0] < 102


def queries(labels: RoleLabels) -> list[Query]:
    found: list[Query] = []
    every, maps = occupations(), mappings(labels)
    own = {plain(label.text) for label in labels.labels}
    with (DATA / "esco-occupations-en-1.1.1.csv").open(encoding="utf-8", newline="") as lines:
        esco_codes = {row["uri"].rsplit("/", 1)[-1]: row["code"] for row in csv.DictReader(lines)}
    same = defaultdict(set)  # the words of a label -> every target that has them
    for label in labels.labels:
        same[stems_of(label.text)].add(labels.facts[label.role].target)
    for scheme, (sure, named) in maps.items():
        for code, titles in every[scheme].items():
            titles = sorted(set(titles), key=lambda text: share(code, text))
            clinical = re.search(r"(?<!child)(?<!school)(?<!family) social worker$", every[scheme][code][0])
            if code in UNCLEAR or (clinical and code not in sure):
                continue
            if code in sure:
                right = sure[code] | ALSO.get(code, set())
                found += [
                    Query(text, frozenset(right | same.get(stems_of(text), set())), scheme, code)
                    for text in titles[:25]
                ]
            elif code not in named and scheme != "nhs-sds" and held_out(code):
                # The NHS list is of our own sector: what has no mapping there may still be a role of ours.
                most = 3 if near_field(scheme, code, esco_codes.get(code, "")) else 1
                found += [
                    Query(text, frozenset(), scheme + " outside", code)
                    for text in titles[:most]
                    if plain(text) not in own and stems_of(text) not in same
                ]
    of_target: dict[str, int] = defaultdict(int)
    for label in labels.labels:
        of_target[labels.facts[label.role].target] += 1
    for label in labels.labels:
        facts = labels.facts[label.role]
        if facts.rolls_up_to is None:
            continue
        shared = frozenset(same[stems_of(label.text)])
        gold, group = shared, facts.target
        found.append(Query(noised(label.text, "a"), gold, "label in noise", group))
        if of_target[facts.target] > 1 and len(shared) == 1:
            found.append(Query(label.text, gold, "label withheld", group, label.text))
            found.append(Query(noised(label.text, "b"), gold, "label withheld", group, label.text))
    return [surrounded(one, labels) for one in found]


def stems_of(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text) if word not in JOINING)


def noised(text: str, salt: str) -> str:
    """A label as a payroll might hold it: a word dropped, shortened or misspelt, a setting added."""
    parts = text.split()
    if len(parts) > 2 and share(text, salt, "drop") < 0.3:
        del parts[int(share(text, salt, "which") * len(parts))]
    short = {row["expansion"].lower(): row["abbr"] for row in rows_of("abbreviations.csv")
             if row["kind"] in {"word", "qualifier", "role"}}  # fmt: skip
    if share(text, salt, "short") < 0.5:
        parts = [short.get(part.lower(), part) for part in parts]
    if share(text, salt, "typo") < 0.15:
        place = max(range(len(parts)), key=lambda n: len(parts[n]))
        word = parts[place]
        if len(word) > 6:
            cut = 2 + int(share(text, salt, "cut") * (len(word) - 4))
            parts[place] = word[:cut] + word[cut + 1 :]
    out = " ".join(parts)
    if share(text, salt, "setting") < 0.6:
        form = pick(["{} - {}", "{} ({})", "{}, {}"], text, salt, "form")
        out = form.format(out, pick(SETTINGS, text, salt, "where"))
    if share(text, salt, "payroll") < 0.3:
        out += " " + pick(PAYROLL, text, salt, "noise")
    return out.upper() if share(text, salt, "upper") < 0.1 else out


def surrounded(one: Query, labels: RoleLabels) -> Query:
    """With a band and an employer now and then: those of the role, mostly, or any where there is none."""
    key = (one.text, one.source)
    bands: list[str] = []
    if one.gold:
        target = min(one.gold)
        bands = sorted(labels.facts[target].bands & set(BANDS)) if target in labels.facts else []
        if bands and share(*key, "near") < 0.15:
            place = BANDS.index(bands[-1])
            bands = [BANDS[min(place + 1, len(BANDS) - 1)]]
    else:
        bands = list(BANDS[1:8])
    band = pick(bands, *key, "band") if bands and share(*key, "banded") < 0.5 else ""
    employer = pick(["NHS trust", "charity", "council", "", "", ""], *key, "employer")
    return replace(one, band=band, employer=employer)

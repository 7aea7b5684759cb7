"""docs/reference/: pages made from the ontology, the query headers, the settings, the commands and the API.

They are written by `cmh-graph docs` and never by hand; a test says when one is out of date.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from cmh_graph.build import build
from cmh_graph.namespaces import CMH, PREFIXES, compact, key_of
from cmh_graph.ontology_docs import documentation, offline_page, ontology_triples, shape_triples
from cmh_graph.quality.reference import quality_page
from cmh_graph.store import Store, parse_nquads, text_of

_MADE: Final = "<!-- Made by `cmh-graph docs`. Do not edit. -->\n\n"
#: The classes of the picture: the ones a reader needs to find their way.
_DRAWN: Final = (
    "Role", "Requirement", "Skill", "SkillLevel", "IStatement", "Value", "Experience", "Qualification", "Step", "Route",
    "Pathway", "PathwayStage", "Position", "BandAssignment", "PayBand", "Regulation", "Register", "Title",
    "TitleMeaning", "Placement", "Post", "Source", "SourcedThing", "Statement", "FrameworkLevel", "Organisation",
)  # fmt: skip

_WORDS: Final = (
    ("subClassOf", "a kind of"), ("domain", "from"), ("domainIncludes", "from"),
    ("range", "to"), ("rangeIncludes", "to"),
)  # fmt: skip

_TERMS = """
SELECT ?term ?kind ?label ?definition ?scope ?example ?file WHERE {
  VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty }
  ?term a ?kind ; skos:prefLabel ?label ; skos:definition ?definition ; skos:scopeNote ?scope ; skos:example ?example .
} ORDER BY LCASE(STR(?term))"""
_LINKS = """
SELECT ?term ?link ?value WHERE {
  VALUES ?link { rdfs:subClassOf rdfs:domain rdfs:range schema:domainIncludes schema:rangeIncludes }
  ?term ?link ?value .
}"""


def pages(home: Path) -> dict[str, str]:
    """File name -> text of every reference page, for the framework below home."""
    store = Store.from_quads(parse_nquads(build(home).nquads))
    return {
        "model.md": _MADE + _model(store),
        "terms.md": _MADE + _terms(store),
        "ontology.html": offline_page(
            documentation(ontology_triples(store.quads()), shape_triples(home / "shapes"))
        ),
        "questions.md": _MADE + _questions(home),
        "checks.md": _MADE + _checks(home),
        "quality.md": _MADE + quality_page(home),
        "settings.md": _MADE + _settings(),
        "commands.md": _MADE + _commands(),
        "api.md": _MADE + _api(),
    }


def _links(store: Store) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in store.select(_LINKS):
        if text_of(row["term"]).startswith(CMH):
            found[text_of(row["term"])][key_of(text_of(row["link"]))].append(text_of(row["value"]))
    for links in found.values():
        for values in links.values():
            values.sort()
    return found


def _model(store: Store) -> str:
    drawn = {CMH + name for name in _DRAWN}
    links = _links(store)
    lines = ["classDiagram", "  direction LR"]
    for term, has in sorted(links.items()):
        for above in sorted(has.get("subClassOf", [])):
            if term in drawn and above in drawn:
                lines.append(f"  {key_of(above)} <|-- {key_of(term)}")
    for term, has in sorted(links.items()):
        for start in has.get("domain", []) + has.get("domainIncludes", []):
            for end in has.get("range", []) + has.get("rangeIncludes", []):
                if start in drawn and end in drawn:
                    lines.append(f"  {key_of(start)} --> {key_of(end)} : {key_of(term)}")
    return (
        "# The model\n\n"
        "Drawn from the ontology: the main classes, what they are kinds of, and the links between them. Every sourced\n"
        "thing carries `status` and `dcterms:source`. All terms are listed in [terms](terms.md).\n\n"
        "```mermaid\n" + "\n".join(lines) + "\n```\n"
    )


def _terms(store: Store) -> str:
    links = _links(store)
    by_kind: dict[str, list[str]] = defaultdict(list)
    names = {
        "Class": "Classes",
        "ObjectProperty": "Links",
        "DatatypeProperty": "Values",
        "AnnotationProperty": "Annotations",
    }
    for row in store.select(_TERMS):
        term = text_of(row["term"])
        if not term.startswith(CMH):
            continue
        has = links[term]
        facts = [
            f"{word} {', '.join(f'`{compact(v)}`' for v in sorted(has[link]))}"
            for link, word in _WORDS
            if has.get(link)
        ]
        by_kind[key_of(text_of(row["kind"]))].append(
            f"### `{compact(term)}`\n\n"
            f"**{text_of(row['label'])}**" + (f" ({'; '.join(facts)})" if facts else "") + ". "
            f"{text_of(row['definition'])}\n\n{text_of(row['scope'])} *Example:* {text_of(row['example'])}\n"
        )
    parts = [f"## {title}\n\n" + "\n".join(by_kind[kind]) for kind, title in names.items()]
    return f"# Terms\n\nNamespace `{PREFIXES['cmh']}`, preferred prefix `cmh`.\n\n" + "\n".join(parts)


def _questions(home: Path) -> str:
    from cmh_graph.queries import load_questions

    parts = [
        "# Questions\n\nRun one with `cmh-graph ask NAME`, at `/v1/questions/NAME`, or paste its file into `/sparql`.\n"
    ]
    for q in sorted(load_questions(home / "queries" / "questions").values(), key=lambda q: q.id):
        takes = ", ".join(f"`${p.name}` ({p.kind}{', optional' if p.optional else ''})" for p in q.parameters)
        parts.append(
            f"## {q.id} `{q.name}`\n\n{q.question}\n\n"
            f"- asked by: {q.asked_by}\n- takes: {takes or 'nothing'}\n"
            f"- gives: {', '.join(f'`{c}`' for c in q.columns)}\n"
            + (f"- missing: {q.missing}\n" if q.missing else "")
        )
    return "\n".join(parts)


def _checks(home: Path) -> str:
    lines = ["# Quality checks\n", "Each row that a check returns is one finding of `cmh-graph validate`.\n"]
    lines += ["| check | problem | mend |", "|---|---|---|"]
    for path in sorted((home / "queries" / "checks").glob("*.rq")):
        head: dict[str, str] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# ") and ": " in line:
                name, _, text = line[2:].partition(": ")
                head.setdefault(name, text)
        lines.append(f"| `{path.stem}` | {head.get('problem', '')} | {head.get('mend', '')} |")
    return "\n".join(lines) + "\n"


def _settings() -> str:
    from cmh_graph.settings import Settings, variable_of

    lines = [
        "# Settings\n",
        "Read from the environment.\n",
        "| variable | what it is | default |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "the checkout or installed package" if field.default_factory else f"`{field.default}`"
        lines.append(f"| `{variable_of(name)}` | {field.description} | {default} |")
    return "\n".join(lines) + "\n"


def _commands() -> str:
    import typer

    from cmh_graph.cli import app

    group = typer.main.get_group(app)
    lines = ["# Commands\n", "Exit 0: all well; 1: findings; 2: it could not run.\n"]
    commands = _flat(group)
    for name in sorted(commands):
        command = commands[name]
        lines.append(f"## `cmh-graph {name}`\n\n{command.help}\n")
        for one in command.params:
            names = ", ".join(f"`{name}`" for name in one.opts)
            lines.append(f"- {names}: {getattr(one, 'help', None) or ''}")
        lines.append("")
    return "\n".join(lines)


def _flat(group: Any) -> dict[str, Any]:
    """Name -> command, of groups within groups too."""
    commands: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = _flat(command) if hasattr(command, "commands") else {"": command}
        commands |= {f"{name} {part}".strip(): one for part, one in inner.items()}
    return commands


def _api() -> str:
    from cmh_graph.api.app import create_app
    from cmh_graph.settings import Settings

    document = create_app(Settings()).openapi()
    lines = [
        "# API\n",
        "The whole description is at `/openapi.json`.\n",
        "| call | what it gives |",
        "|---|---|",
    ]
    for path, item in sorted(document["paths"].items()):
        for method, one in sorted(item.items()):
            if method in ("get", "post"):
                lines.append(f"| `{method.upper()} {path}` | {one.get('summary', '')} |")
    return "\n".join(lines) + "\n"

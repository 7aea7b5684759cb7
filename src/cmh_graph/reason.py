"""Rules at build time -> derived triples, in a graph of their own; and HermiT as a gate.

Nothing is reasoned while a query runs. The rules are the OWL RL rules that our ontology needs, and shortcuts that make
plain queries short; each is a CONSTRUCT file in queries/rules/.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.errors import BuildError, MissingProgram
from cmh_graph.namespaces import GRAPH_DERIVED, PREFIXES
from cmh_graph.store import Quad, Store, parse_nquads, write_ntriples

#: A rule set that has not settled after this many rounds feeds on itself.
_MOST_ROUNDS = 12
#: Rules of OWL 2 RL that join the ontology with one statement: what follows from a new statement by them follows from
#: it and the ontology alone (https://www.w3.org/TR/owl2-profiles/, tables 5 and 7).
_OF_ONE_STATEMENT = ("(OWL RL cax-sco)", "(OWL RL prp-spo1)", "(OWL RL prp-dom)", "(OWL RL prp-rng)")
#: The first of them, if it goes up to the top at once: it finds nothing more in what it found.
_OF_CLASSES, _TO_THE_TOP = _OF_ONE_STATEMENT[0], "rdfs:subClassOf+"
#: How a line about the property of being a member begins.
_OF_TYPE = f"<{PREFIXES['rdf']}type> ".encode()
#: What these take from the ontology.
_ONTOLOGY = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
CONSTRUCT { ?s ?p ?o . ?s a ?class }
WHERE {
  { VALUES ?p { rdfs:subClassOf rdfs:subPropertyOf rdfs:domain rdfs:range } ?s ?p ?o }
  UNION
  { VALUES ?class { owl:ObjectProperty } ?s a ?class }
}
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: the name of its file without suffix, what it says, and its CONSTRUCT."""

    name: str
    says: str
    construct: str


def read_rules(folder: Path) -> list[Rule]:
    """The rules in a folder, by file name. Raises BuildError for a file with no "# rule:" line."""
    rules = []
    for path in sorted(folder.glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        first = text.splitlines()[0] if text else ""
        if not first.startswith("# rule: "):
            raise BuildError(
                "this rule does not say what it does", where=f"{path}, line 1", mend="begin with '# rule: '"
            )
        rules.append(Rule(path.stem, first.removeprefix("# rule: "), text))
    return rules


def derive(quads: Iterable[Quad], rules: Sequence[Rule]) -> list[Quad]:
    """What the rules add to the quads, as quads of the derived graph, until nothing new follows.

    Triples that some graph states already are left out. Raises BuildError if the rules do not settle."""
    # Rules see all graphs as one. Lines of N-Triples go into the engine and come out of it whole, which is much faster
    # than objects; and the store grows: to fill it anew for each round took most of the time.
    written = io.BytesIO()
    write_ntriples(quads, written)
    text = written.getvalue()
    known = set(text.split(b"\n"))
    store = Store.from_ntriples((text,), ours=True)
    derived: set[bytes] = set()
    ontology = store.construct_lines(_ONTOLOGY)
    fresh: set[bytes] | None = None
    for _ in range(_MOST_ROUNDS):
        new, closed = _following(rules, store, ontology, fresh)
        new -= known
        if not new:
            lines = b"\n".join([*sorted(derived), b""])
            return parse_nquads(lines.replace(b" .\n", f" <{GRAPH_DERIVED}> .\n".encode()))
        known |= new
        derived |= new
        store.grow_lines(b"\n".join([*new, b""]), ours=True)
        fresh = new - closed
        if (grown := store.construct_lines(_ONTOLOGY)) != ontology:
            # What a new axiom says of old statements is to be found among all of them.
            ontology, fresh = grown, None
    raise BuildError(
        f"the rules add new triples even after {_MOST_ROUNDS} rounds",
        where="queries/rules/",
        mend="look for a rule whose result feeds itself",
    )


def _following(
    rules: Sequence[Rule], store: Store, ontology: set[bytes], fresh: set[bytes] | None
) -> tuple[set[bytes], set[bytes]]:
    """What the rules say of a store, if all of it is fresh (None), or else at least what they say because of the fresh.

    And, apart, those of it from which nothing more follows by the rules of one statement."""
    few = store
    if fresh is not None:
        # Most of the time goes into these rules, which go through every statement.
        few = Store.from_ntriples((b"\n".join([*(ontology | fresh), b""]),), ours=True)
    # Of being a member nothing else follows, as long as no axiom is about rdf:type itself.
    plain = not any(line.startswith(_OF_TYPE) for line in ontology)
    found, closed = set[bytes](), set[bytes]()
    for rule in rules:
        one = rule.says.endswith(_OF_ONE_STATEMENT)
        lines = (few if one else store).construct_lines(rule.construct)
        if plain and rule.says.endswith(_OF_CLASSES) and _TO_THE_TOP in rule.construct:
            closed = lines
        found |= lines
    return found, closed


@dataclass(frozen=True, slots=True)
class Consistency:
    """What HermiT found: whether the graph is consistent, and the classes that can have no member."""

    consistent: bool
    unsatisfiable: tuple[str, ...]


def check_consistency(quads: Iterable[Quad]) -> Consistency:
    """Run HermiT over the quads taken together as one OWL 2 ontology.

    Raises MissingProgram, with what to install, where owlready2 or Java is missing."""
    try:
        import owlready2
    except ImportError:
        raise MissingProgram(
            "the reasoner's library is not installed",
            where="owlready2",
            mend="pip install 'cmh-graph[reason]'",
        ) from None
    if shutil.which(owlready2.JAVA_EXE) is None:
        raise MissingProgram(
            "the reasoner needs Java, which is not installed",
            where=owlready2.JAVA_EXE,
            mend="install a Java runtime, version 17 or later (Debian: apt install default-jre-headless)",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nt"
        with path.open("wb") as output:
            write_ntriples(quads, output)
        world = owlready2.World()
        ontology = world.get_ontology(path.as_uri()).load()
        try:
            with ontology:
                owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
        except owlready2.OwlReadyInconsistentOntologyError:
            return Consistency(False, ())
        return Consistency(
            True, tuple(sorted(c.iri for c in world.inconsistent_classes() if c.iri.startswith("http")))
        )

"""Commands for organisations that publish beside the framework: who they are, their tokens, their graphs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cmh_graph.errors import BadParameter, DataFailed
from cmh_graph.settings import Settings

from .terminal import choose, note, table

if TYPE_CHECKING:
    from cmh_graph.partner_space import PartnerSpace
    from cmh_graph.partner_space.records import Token, Version

partner = typer.Typer(
    name="partner",
    help="Organisations that publish beside the framework.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
token = typer.Typer(
    name="token",
    help="Tokens by which an organisation's programs read and write.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
partner.add_typer(token)

Key = Annotated[str, typer.Argument(help="The organisation's key.")]
As = Annotated[
    str, typer.Option("--as", help="The desk or job that acts, for the log; never a person's name.")
]


@contextmanager
def _space(*, new: bool = False) -> Iterator[PartnerSpace]:
    """The partner space. new: whether it is made if it is not there. Otherwise raises DataFailed."""
    from cmh_graph.partner_space import PartnerSpace
    from cmh_graph.partner_space.folder import is_space

    settings = Settings()
    if not new and not is_space(settings.data):
        raise DataFailed(
            "there is no partner space",
            where=str(settings.data.absolute()),
            mend="set CMH_GRAPH_DATA to its folder, or begin one with cmh-graph partner add",
        )
    with PartnerSpace.open(settings.data, keep=settings.versions_kept) as space:
        yield space


@partner.command("add")
def add(
    key: Annotated[
        str, typer.Argument(help="Key for its names: 2 to 40 small letters and digits, a letter first.")
    ],
    name: Annotated[str, typer.Option(help="The organisation's name.")],
    namespace: Annotated[
        list[str] | None,
        typer.Option(help="Where else it names things: an IRI ending in / or #; repeatable."),
    ] = None,
    days: Annotated[int, typer.Option(help="Days that its first token holds.")] = 365,
    no_token: Annotated[bool, typer.Option("--no-token", help="Make no token yet.")] = False,
    by: As = "operator",
) -> None:
    """Add an organisation, its graph private and empty, and print its first token, which may write."""
    from cmh_graph.partner_space import Operator, framework_keys

    taken = framework_keys(_framework_iris())
    with _space(new=True) as space:
        operator = Operator(by)
        made = space.add_organisation(key, name, namespaces=namespace or (), taken=taken, by=operator)
        note(f"added {made.key}: {made.name}; its graph is {made.graph} and private")
        if no_token:
            return
        _, secret = space.add_token(key, may="write", label="first token", days=days, by=operator)
    _print_secret(secret, days)


@partner.command("list")
def list_organisations(
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """List the organisations and what they show."""
    choose("--format", format, ("text", "json"))
    found: list[dict[str, object]] = []
    with _space() as space:
        for one in space.organisations():
            now = space.current(one.key)
            found.append(
                {
                    "key": one.key,
                    "name": one.name,
                    "shown to": _shown_to(one.visibility, one.shared_with),
                    "version": now.number if now else None,
                    "statements": now.statements if now else None,
                    "since": _time(now) if now else None,
                }
            )
    _print_rows(found, format, ("key", "name", "shown to", "version", "statements", "since"))


@partner.command("show")
def show(key: Key, format: Annotated[str, typer.Option(help="text or json")] = "text") -> None:
    """Show one organisation: names, visibility, current version, tokens that hold."""
    from cmh_graph.partner_space.own_names import OwnNames

    choose("--format", format, ("text", "json"))
    with _space() as space:
        one, now = space.organisation(key), space.current(key)
        tokens = [each.id for each in space.tokens(key) if space.token_holds(each)]
        kept = [each.number for each in space.versions(key)]
    facts: dict[str, object] = {
        "key": one.key,
        "name": one.name,
        "graph": one.graph,
        "own names": [OwnNames(one.key).example("{kind}"), *one.namespaces],
        "shown to": _shown_to(one.visibility, one.shared_with),
        "version": now.number if now else None,
        "sha256": now.sha256 if now else None,
        "statements": now.statements if now else None,
        "versions kept": kept,
        "tokens that hold": tokens,
    }
    if format == "json":
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name.ljust(width)}  {_text(value)}")


@partner.command("share")
def share(
    key: Key,
    visibility: Annotated[str, typer.Argument(help="private, shared or public")],
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="An organisation that may read it; repeatable.")
    ] = None,
    by: As = "operator",
) -> None:
    """Say who may read an organisation's graph: nobody else, organisations that are named, or everybody."""
    from cmh_graph.partner_space import Operator
    from cmh_graph.partner_space.records import SHOWN

    chosen = next((one for one in SHOWN if one == visibility), None)
    if chosen is None:
        choose("visibility", visibility, SHOWN)
        return
    with _space() as space:
        now = space.show_to(key, chosen, with_ or (), by=Operator(by))
    print(f"{key} is shown to {_shown_to(now.shown, now.with_)}")


@partner.command("versions")
def versions(key: Key, format: Annotated[str, typer.Option(help="text or json")] = "text") -> None:
    """List the versions of an organisation's graph that can be brought back."""
    choose("--format", format, ("text", "json"))
    with _space() as space:
        now = space.current(key)
        found: list[dict[str, object]] = [
            {
                "version": one.number,
                "shown": one == now,
                "when": _time(one),
                "statements": one.statements,
                "bytes": one.size,
                "by": f"{one.by} ({one.label})",
                "how": one.how,
                "sha256": one.sha256,
            }
            for one in space.versions(key)
        ]
    _print_rows(found, format, ("version", "shown", "when", "statements", "bytes", "by", "how"))


@partner.command("content")
def content(
    key: Key,
    version: Annotated[
        int | None, typer.Option(help="Number of the version; the current one if left out.")
    ] = None,
) -> None:
    """Print a version of an organisation's graph as canonical N-Quads."""
    from cmh_graph.partner_space.versions import nothing_there

    with _space() as space:
        wanted = space.version(key, version) if version is not None else space.current(key)
        if wanted is None:
            raise nothing_there(key)
        data = space.content(wanted)
    sys.stdout.buffer.write(data)


@partner.command("rollback")
def rollback(
    key: Key,
    version: Annotated[int, typer.Argument(help="Number of the version to bring back.")],
    by: As = "operator",
) -> None:
    """Bring back an old version of an organisation's graph, as a new version."""
    from cmh_graph.partner_space import Operator

    with _space() as space:
        made = space.roll_back(key, version, by=Operator(by))
    print(f"{key} shows version {made.number}, with the content of version {version}")


@partner.command("remove")
def remove(
    key: Key,
    forget: Annotated[
        bool, typer.Option("--forget", help="Drop all old versions too; they cannot be brought back.")
    ] = False,
    by: As = "operator",
) -> None:
    """Show nothing of an organisation any more. The organisation, its tokens and its log stay."""
    from cmh_graph.partner_space import Operator

    with _space() as space:
        gone = space.remove(key, by=Operator(by), forget=forget)
    print(f"{key} shows nothing; " + ("no version is kept" if forget else f"version {gone.number} is kept"))


@partner.command("log")
def log(
    key: Annotated[str, typer.Argument(help="Only what concerns this organisation.")] = "",
    format: Annotated[str, typer.Option(help="text, json (one entry a line) or turtle (PROV)")] = "text",
) -> None:
    """Print what happened, oldest first: landings, roll-backs, tokens, visibility."""
    from cmh_graph.partner_space.provenance import provenance, words
    from cmh_graph.store import RdfFormat, write_triples

    choose("--format", format, ("text", "json", "turtle"))
    with _space() as space:
        entries = space.log(key or None)
        if format == "turtle":
            write_triples(dict.fromkeys(provenance(entries)), sys.stdout.buffer, RdfFormat.TURTLE)
            return
        for one in entries:
            if format == "json":
                print(json.dumps(one.as_data(), ensure_ascii=False))
            else:
                when = one.as_data()["when"]
                print(
                    f"{one.seq:>6}  {when}  {one.organisation or '-':<16}  {words(one)}  by {one.by} ({one.label})"
                )


@token.command("add")
def add_token(
    key: Key,
    label: Annotated[str, typer.Option(help="The desk or system that will use it; never a person's name.")],
    may: Annotated[str, typer.Option(help="read or write")] = "read",
    days: Annotated[int, typer.Option(help="Days that it holds; 0 for no end.")] = 365,
    by: As = "operator",
) -> None:
    """Make a token and print it. It is shown once: what is kept cannot be turned back into it."""
    from cmh_graph.partner_space import Operator
    from cmh_graph.partner_space.records import MAY

    right = next((one for one in MAY if one == may), None)
    if right is None:
        choose("--may", may, MAY)
        return
    if days < 0:
        raise BadParameter(
            "a token cannot hold less than no day", where="--days", mend="give 1 or more, or 0"
        )
    with _space() as space:
        made, secret = space.add_token(key, may=right, label=label, days=days or None, by=Operator(by))
    note(f"token {made.id} may {made.may} for {key}")
    _print_secret(secret, days)


@token.command("list")
def list_tokens(key: Key, format: Annotated[str, typer.Option(help="text or json")] = "text") -> None:
    """List an organisation's tokens, without their secrets."""
    choose("--format", format, ("text", "json"))
    with _space() as space:
        found: list[dict[str, object]] = [
            {
                "id": one.id,
                "may": one.may,
                "label": one.label,
                "made": _moment(one.made),
                "expires": _moment(one.expires) if one.expires else "never",
                "state": _state(space, one),
            }
            for one in space.tokens(key)
        ]
    _print_rows(found, format, ("id", "may", "label", "made", "expires", "state"))


@token.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="The token's id, the middle part of it.")],
    by: As = "operator",
) -> None:
    """End a token at once."""
    from cmh_graph.partner_space import Operator

    with _space() as space:
        ended = space.revoke(token_id, by=Operator(by))
    print(f"token {ended.id} of {ended.organisation} holds no more")


def _framework_iris() -> Iterator[str]:
    """Every IRI of the current snapshot."""
    from cmh_graph.snapshot import DATASET, current_snapshot
    from cmh_graph.store import NamedNode, iter_nquads

    for quad in iter_nquads((current_snapshot(Settings().snapshots) / DATASET).read_bytes()):
        for term in (quad.subject, quad.object, quad.graph_name):
            if isinstance(term, NamedNode):
                yield term.value


def _print_secret(secret: str, days: int) -> None:
    print(secret)
    note(
        f"this token is shown once; it holds {f'for {days} days' if days else 'until it is revoked'}. Send it as the "
        "header 'Authorization: Bearer ...', and keep it as you keep a password"
    )


def _state(space: PartnerSpace, one: Token) -> str:
    if one.revoked:
        return "revoked"
    return "holds" if space.token_holds(one) else "expired"


def _shown_to(shown: str, others: tuple[str, ...]) -> str:
    return ", ".join(others) if shown == "shared" else {"private": "nobody else"}.get(shown, "everybody")


def _time(version: Version) -> str:
    return _moment(version.when)


def _moment(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return (
        {None: "-", True: "yes", False: ""}.get(value, str(value))
        if value in (None, True, False)
        else str(value)
    )


def _print_rows(found: list[dict[str, object]], format: str, columns: tuple[str, ...]) -> None:
    if format == "json":
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif found:
        print(table(columns, [[_text(row[name]) for name in columns] for row in found]))
    else:
        note("there is none yet")

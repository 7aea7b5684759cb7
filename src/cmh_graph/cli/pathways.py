"""Commands that show what stands between people and roles, and which steps lead there."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import TypeAdapter

from cmh_graph.pathways.answers import GapAnswer, NeedAnswer, ProgressionsAnswer

from .terminal import choose, note, table

FORMATS = ("text", "json")
#: How many a need shows on a terminal; json has all.
MOST_CLOSERS = 3


def gap(
    to: Annotated[str, typer.Argument(help="Key of the role wanted.")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Key of the role held or place where you are, or a code such as onet:31-1131.00."
        ),
    ] = None,
    skill: Annotated[
        list[str] | None, typer.Option(help="A skill you have, with its level if you know it: key:level.")
    ] = None,
    value: Annotated[list[str] | None, typer.Option(help="A value you hold.")] = None,
    experience: Annotated[list[str] | None, typer.Option(help="A kind of experience you have.")] = None,
    qualification: Annotated[list[str] | None, typer.Option(help="A qualification you have.")] = None,
    background: Annotated[
        list[str] | None, typer.Option(help="Work or life outside mental health, such as retail.")
    ] = None,
    setting: Annotated[str | None, typer.Option(help="Setting of the post.")] = None,
    employer_type: Annotated[str | None, typer.Option(help="Kind of employer.")] = None,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """Show what a role asks for beyond the role you have, or beyond what you say that you have."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.answers import gap_answer

    choose("--format", format, FORMATS)
    found = gap_answer(
        open_framework(),
        to,
        start,
        skills=skill or (),
        values=value or (),
        experiences=experience or (),
        qualifications=qualification or (),
        backgrounds=background or (),
        setting=setting,
        employer_type=employer_type,
    )
    if format == "json":
        print(TypeAdapter(GapAnswer).dump_json(found, indent=2).decode())
        return
    print(f"From {found.holder} to {found.role.label}")
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    print(f"Essential: {counts or 'nothing asked for'}. Size of the gap: {found.size:g}")
    had = [_name(one) for one in found.essential if one.state == "have"]
    if had:
        print(f"\nAlready there: {'; '.join(had)}")
    for name, needs in (("Essential", found.essential), ("Desirable", found.desirable)):
        rows = [_row(one) for one in needs if one.state != "have"]
        if rows:
            print(f"\n{name}, not yet there")
            print(table(["state", "asked for", "why", "status"], rows))
    helped = [one for one in found.essential if one.closers]
    if helped:
        print("\nWhat helps, by the catalogue")
        for need in helped:
            said = "; ".join(f"{one.thing.label} ({one.why})" for one in need.closers[:MOST_CLOSERS])
            more = len(need.closers) - MOST_CLOSERS
            print(f"  {_name(need)}: {said}" + (f"; {more} more" if more > 0 else ""))
    if found.gained_in_post:
        print(f"\nGained in post: {', '.join(map(_name, found.gained_in_post))}")
    if found.spoken_of:
        print(f"\nTo be talked about, never scored: {', '.join(map(_name, found.spoken_of))}")
    if found.no_need_of:
        print(f"\nThe role says: {', '.join(one.label for one in found.no_need_of)}")
    if found.for_role:
        print("\nHelp towards this role")
        for label in dict.fromkeys(f"  {one.thing.label}: {one.why}" for one in found.for_role):
            print(label)
    for said in found.notes:
        note(f"note: {said}")


def _name(need: NeedAnswer) -> str:
    if need.members:
        return "one of: " + ", ".join(map(_name, need.members))
    label = need.asks_for.label if need.asks_for else need.kind
    return f"{label} ({need.skill_level.rpartition('--')[2]})" if need.skill_level else label


def _row(need: NeedAnswer) -> list[object]:
    return [need.state, _name(need), need.rule, need.says.status]


def progressions(
    start: Annotated[
        str, typer.Argument(help="Key of the role or place where you are, or a code such as onet:31-1131.00.")
    ],
    to: Annotated[
        str | None, typer.Argument(help="Key of the role wanted; leave out to give conditions.")
    ] = None,
    k: Annotated[int, typer.Option(help="How many ways.")] = 3,
    by: Annotated[
        str,
        typer.Option(help="fewest-steps, smallest-gap, shortest-time, fewest-qualifications, or all."),
    ] = "fewest-steps",
    paid: Annotated[bool, typer.Option("--paid", help="No unpaid step.")] = False,
    within: Annotated[int | None, typer.Option(help="Most months, assumed ones included.")] = None,
    avoid: Annotated[list[str] | None, typer.Option(help="A place not to pass; repeatable.")] = None,
    sourced: Annotated[bool, typer.Option("--sourced", help="No step that is our inference.")] = False,
    registered: Annotated[bool, typer.Option("--registered", help="To any registered role.")] = False,
    band: Annotated[list[str] | None, typer.Option(help="To any role at this band; repeatable.")] = None,
    family: Annotated[str | None, typer.Option(help="To any role of this family.")] = None,
    level: Annotated[str | None, typer.Option(help="To any role of this framework level.")] = None,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """Show the best ways from where you are to a role, or to any role that meets a condition."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.answers import progressions_answer
    from cmh_graph.pathways.conditions import Conditions, goals_that_are
    from cmh_graph.pathways.network import network_of

    choose("--format", format, FORMATS)
    framework = open_framework()
    network = network_of(framework)
    goals = None
    if registered or band or family or level:
        goals = goals_that_are(
            framework, network, registered=registered, bands=band or (), family=family, level=level
        )
    found = progressions_answer(
        framework,
        network,
        start,
        to,
        goals=goals,
        k=k,
        by=by,
        conditions=Conditions(paid, within, frozenset(avoid or ()), sourced),
    )
    if format == "json":
        print(TypeAdapter(ProgressionsAnswer).dump_json(found, indent=2).decode())
        raise typer.Exit(0 if found.progressions else 1)
    print(f"From {found.start.label}, best by {found.by}: {found.model}")
    for number, way in enumerate(found.progressions, start=1):
        costs = ", ".join(f"{model} {cost:g}" for model, cost in way.costs.items())
        print(f"\n{number}. {costs}")
        for step in way.steps:
            months = f"{step.minimum_months}" + (
                f" to {step.maximum_months}" if (step.maximum_months or 0) > step.minimum_months else ""
            )
            said = [f"{months} months" + (" (assumed)" if step.months_are_assumed else "")]
            said += [f"by {' or '.join(one.label for one in step.via_routes)}"] if step.via_routes else []
            said += [f"needs {', '.join(one.label for one in step.needs)}"] if step.needs else []
            said += (
                [f"needs one of {', '.join(o.label for o in step.needs_one_of)}"] if step.needs_one_of else []
            )
            said += (
                [f"offered by {', '.join(one.label for one in step.offered_by)}"] if step.offered_by else []
            )
            said += [step.says.status] if step.says else []
            print(f"   {step.from_position.label} -> {step.to_position.label}: {'; '.join(said)}")
    for told in found.notes:
        note(f"note: {told}")
    for said_once in dict.fromkeys(text for way in found.progressions for text in way.assumptions):
        note(f"note: {said_once}")
    if not found.progressions:
        print(found.why)
        for bridge in found.missing:
            print(f"  would be needed: {bridge.why}")
        raise typer.Exit(1)


def similar(
    role: Annotated[
        str | None, typer.Argument(help="Key of a role; without one, pairs that one description could serve.")
    ] = None,
    most: Annotated[int, typer.Option(help="How many roles to list.", min=1, max=60)] = 10,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """Show the roles most like a role, or pairs so alike that one job description could serve both."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.choices import refuse_grouping
    from cmh_graph.pathways.similarity import Similarities, Similarity

    choose("--format", format, FORMATS)
    framework = open_framework()
    similarities = Similarities(framework)
    if role:
        wanted = framework.role(role)
        refuse_grouping(wanted, "role")
        found = similarities.nearest(wanted, most=most)
    else:
        found = similarities.one_description_could_serve
    if format == "json":
        print(TypeAdapter(list[Similarity]).dump_json(found, indent=2).decode())
        return
    rows = [
        [f"{one.score:.2f}", one.one.label, one.other.label, ", ".join(s.skill.label for s in one.shared[:4])]
        for one in found
    ]
    print(table(["likeness", "role", "other role", "most telling skills they share"], rows))
    note("note: skills are weighted by how few roles ask for them; a person must judge what can be one post")


def network(format: Annotated[str, typer.Option(help="text or json")] = "text") -> None:
    """Show where people come in, where progress stops, and which places many ways depend on."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.network import network_of
    from cmh_graph.pathways.reach import Reach, reach

    choose("--format", format, FORMATS)
    framework = open_framework()
    found = reach(framework, network_of(framework))
    if format == "json":
        print(TypeAdapter(Reach).dump_json(found, indent=2).decode())
        return
    print(f"{found.places} places, {found.steps} steps")
    for title, places in (
        ("Where people come in: no step leads here", found.entries),
        ("Where progress stops: roles that no step leaves", found.dead_ends),
        ("Roles that no step touches", found.apart),
    ):
        print(f"\n{title}\n  {'; '.join(one.label for one in places) or 'none'}")
    print("\nWhat many ways depend on")
    rows = [[one.place.label, str(one.cut), f"{one.share:.3f}"] for one in found.bottlenecks]
    print(table(["place", "pairs connected only through it", "share of shortest ways"], rows))
    print("\nRegistered roles within reach of entry roles")
    print(table(["entry role", "registered roles"], [[one.label, str(n)] for one, n in found.from_entries]))


COMMANDS = (gap, progressions, similar, network)

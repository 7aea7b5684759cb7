"""The results of a part as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recording.lines import METHOD, Growth, Line, Spread, figure


def cell(text: str) -> str:
    """Text that stays one cell of a table, whatever it holds."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def wanted(line: Line) -> str:
    """What is wanted of a line, in words."""
    parts = []
    if line.wanted is not None:
        within = (
            f" (within {figure(1 / line.wanted)}x)" if 0 < line.wanted < 1 and line.better == "lower" else ""
        )
        parts.append(f"{figure(line.wanted)}x{within}")
    if line.bound is not None:
        parts.append(
            f"{'at least' if line.better == 'higher' else 'at most'} {figure(line.bound)} {line.unit}"
        )
    if line.ahead is not None:
        parts.append(f"accuracy {100 * line.ahead:.0f} points ahead")
    if line.judged and line.equal is not None:
        parts.append("same answers")
    return ", ".join(parts)


def verdict(line: Line) -> str:
    if line.wrong:
        return f"**{cell(line.wrong)}**"
    if line.equal is False:
        return "**answers differ**"
    return "" if line.met is None else "met" if line.met else "**short**"


def reached(line: Line) -> str:
    """The ratio, or the figure where only a bound is wanted."""
    ratio = line.ratio
    if line.bound is not None and line.wanted is None:
        return f"{Spread.of(line.ours)} {line.unit}"
    return f"{ratio}x{' (extrapolated)' if line.extrapolated else ''}" if ratio else ""


def table(lines: Sequence[Line]) -> str:
    """The lines; columns that nobody fills are left out."""
    columns: dict[str, list[str]] = {
        "work": [cell(line.work) for line in lines],
        "scale": [cell(line.scale) for line in lines],
        "against": [cell(line.peer) for line in lines],
        "ours": [figure(Spread.of(line.ours).median) for line in lines],
        "theirs": [figure(Spread.of(line.theirs).median) if line.theirs else "" for line in lines],
        "unit": [cell(line.unit) for line in lines],
        "ratio [least, most]": [
            f"{line.ratio}{' (extrapolated)' if line.extrapolated else ''}" if line.ratio else ""
            for line in lines
        ],
        "wanted": [wanted(line) for line in lines],
        "": [verdict(line) for line in lines],
        "same answers": [{None: "", True: "yes", False: "**no**"}[line.equal] for line in lines],
        "accuracy": [
            ", ".join(f"{who} {value:.3f}" for who, value in line.accuracy.items()) for line in lines
        ],
        "of the limit": [
            f"{line.share:.0%} of {cell(line.limit_is)}" if line.share else "" for line in lines
        ],
        "note": [cell(line.note) for line in lines],
    }
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    right = {"ours", "theirs", "ratio [least, most]"}
    rows = [
        f"| {' | '.join(kept)} |",
        "|" + "|".join("---:" if name in right else "---" for name in kept) + "|",
    ]
    rows += [f"| {' | '.join(cells)} |" for cells in zip(*kept.values(), strict=True)]
    return "\n".join(rows) + "\n"


def growth_table(growths: Sequence[Growth]) -> str:
    rows = ["| growth of | side | figures | exponent | why |", "|---|---|---|---:|---|"]
    for one in growths:
        points = ", ".join(
            f"{figure(scale)}: {figure(value)} {one.unit}" for scale, value in one.figures.items()
        )
        why = one.why if one.explained else "**not explained**"
        rows.append(f"| {cell(one.work)} | {cell(one.side)} | {points} | {one.exponent:.2f} | {cell(why)} |")
    return "\n".join(rows) + "\n"


def heading(about: Mapping[str, Any]) -> str:
    """What a figure has to carry: when it is a trial, whether the machine was busy, what it was measured with."""
    found = []
    if about["trial"]:
        found.append("**A trial: small, and not to be quoted.**\n")
    if about["busy"]:
        found.append(
            f"**Busy machine**: others kept {about['others_before']:.0%} of the cores busy before the run "
            f"and {about['others_while']:.0%} while it ran.\n"
        )
    machine = about["machine"]
    found.append(
        f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gib']} GiB, {machine['kernel']}, "
        f"Python {machine['python']}. Others took {about['others_while']:.0%} of the cores while it ran, "
        f"the host held back {about['held_back']:.0%}. Commit {about['commit'] or 'not known'}. "
        f"It took {figure(round(about['seconds'] / 60, 1))} minutes.\n"
    )
    found.append(
        "Versions: " + ", ".join(f"{name} {value}" for name, value in about["versions"].items()) + ".\n"
    )
    return "\n".join(found)


def page(
    about: Mapping[str, Any],
    lines: Sequence[Line],
    growths: Sequence[Growth],
    notes: Sequence[str],
    plots: Sequence[str],
) -> str:
    """The whole page. plots: names of the SVG files beside it."""
    parts = [f"# {about['title']}\n", heading(about)]
    if lines:
        parts += [table(lines), METHOD + "\n"]
    if growths:
        parts += [growth_table(growths), "Exponent: slope of log figure over log scale, by least squares.\n"]
    parts += [f"{note.rstrip()}\n" for note in notes]
    parts += [f"![{name.removesuffix('.svg').replace('-', ' ')}]({name})\n" for name in plots]
    return "\n".join(parts)

"""Earlier decisions in a new run: they are kept, and they teach labels, refusals and weights for one employer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.mapping_set import catalogue_name, subject_base
from cmh_graph.align.pipeline import run
from cmh_graph.align.review.decide import Decision, Reviewer
from cmh_graph.align.review.learn import Reviewed, facts_of, learn, learn_from, read_reviewed
from cmh_graph.align.review.work import Work
from cmh_graph.align.titles.aligner import Aligner, Post
from cmh_graph.align.titles.evaluate import read_gold
from cmh_graph.align.titles.rerank import shipped
from cmh_graph.align.titles.score import Weights
from cmh_graph.errors import SourceError
from cmh_graph.namespaces import iri, key_of
from cmh_graph.partner import partner_quads, read_partner, titles_of
from cmh_graph.sssom import read_mapping_file, read_mapping_set
from cmh_graph.sssom.targets import Targets, framework_targets
from cmh_graph.store import text_of

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "align"
BY = Reviewer("Example team (made up)", "2026-11-22")


@cache
def labels() -> RoleLabels:
    return read_labels(CASES / "labels.csv")


@cache
def targets() -> Targets:
    return framework_targets(ROOT)


def catalogue(folder: Path, *posts: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "source.toml").write_text(
        'name = "small"\nowner = "Small (made up)"\nemployer_type = "nhs-trust"\n'
        'licence = "CC BY 4.0"\ndate = 2026-11-22\n'
    )
    (folder / "roles.csv").write_text("key,title,band\n" + "".join(f"{post}\n" for post in posts))
    return folder


def shown(path: Path) -> list[tuple[str, str, str]]:
    """State, key of the title and of the role of each row, in order."""
    file = read_mapping_file(path)
    return [
        (
            str(file.state(row)),
            key_of(file.iri(row, "subject_id")).partition("-")[2],
            key_of(file.iri(row, "object_id")),
        )
        for row in file.rows
    ]


# --- subjects ---


@pytest.mark.parametrize("employer", ["northfield", "eastmere"])
def test_subjects_are_the_titles_of_the_partners_graph(employer: str, tmp_path: Path) -> None:
    folder = ROOT / "examples" / employer
    run(folder, tmp_path, labels())
    found = read_mapping_set(tmp_path / "mappings.sssom.tsv")
    titles = {text_of(quad.subject) for quad in partner_quads(read_partner(folder))}
    assert {row.subject for row in found.rows} == set(titles_of(read_partner(folder)))
    assert {row.subject for row in found.rows} <= titles


@pytest.mark.parametrize(
    ("path", "name"),
    [("examples/northfield", "northfield"), ("examples/northfield/roles.csv", "northfield"),
     ("examples/northfield.xlsx", "northfield"), ("lists/posts 2026.csv", "posts 2026")],
)  # fmt: skip
def test_a_catalogue_has_one_name_however_it_is_brought(path: str, name: str) -> None:
    assert catalogue_name(ROOT / path) == name
    assert subject_base(ROOT / path, None) == iri("title", name.replace(" ", "-") + "-")


def test_machine_rows_are_candidates_and_never_exact(tmp_path: Path) -> None:
    run(ROOT / "examples" / "northfield", tmp_path, labels())
    for row in read_mapping_set(tmp_path / "mappings.sssom.tsv").rows:
        if not row.reviewer:
            assert (row.state, row.is_exact, row.negated) == ("candidate", False, False)


# --- kept decisions ---


def test_decisions_outlive_a_run(tmp_path: Path) -> None:
    folder = catalogue(
        tmp_path / "small", "P1,HCA Bank,2", "P2,Porter,", "P3,Staff Nurse CMHT,5", "P4,OT Asst,3"
    )
    out = tmp_path / "out"
    run(folder, out, labels())
    path = out / "mappings.sssom.tsv"
    first = path.read_bytes()
    run(folder, out, labels())
    assert path.read_bytes() == first, "without a decision a second run changes nothing"
    work = Work(path, targets())
    waiting = {one.titles[0][1]: one for one in work.waiting()}
    work.decide(waiting["HCA Bank"], Decision("accept", BY, iri("role", "str-worker"), reason="our own rule"))
    shown_roles = tuple(choice.target for choice in waiting["OT Asst"].choices)
    work.decide(waiting["OT Asst"], Decision("none", BY, shown=shown_roles))
    decided = [line for line in path.read_bytes().splitlines() if b"2026-11-22" in line]
    summary = run(folder, out, labels())
    assert [line for line in path.read_bytes().splitlines() if b"2026-11-22" in line] == decided
    assert "2 titles were decided earlier and are not asked again" in summary.notes
    assert [one for one in shown(path) if one[1] in ("P1", "P4")] == [
        ("accepted", "P1", "str-worker"), ("accepted", "P4", "NoTermFound"), ("rejected", "P4", "ot-assistant"),
    ]  # fmt: skip
    assert (summary.rows, summary.aligned) == (4, 4), "the report still counts every post"


def test_what_changed_since_a_decision_is_told(tmp_path: Path) -> None:
    folder = catalogue(tmp_path / "small", "P1,HCA Bank,2", "P2,OT Asst,3", "P3,Porter,")
    out = tmp_path / "out"
    run(folder, out, labels())
    path = out / "mappings.sssom.tsv"
    work = Work(path, targets())
    for one in work.waiting():
        role = iri("role", "senior-hcsw")
        work.decide(one, Decision("accept", BY, role) if one.choices else Decision("none", BY))
    text = path.read_text(encoding="utf-8")
    hcsw = next(row for row in read_mapping_set(path).rows if row.state == "accepted").proposal
    path.write_text(text.replace(f"\t{hcsw}\n", "\tnurse-of-old\n"), encoding="utf-8")
    catalogue(folder, "P1,HCA Bank,2", "P2,Ward Clerk,3")
    notes = "\n".join(run(folder, out, labels()).notes)
    assert (
        f"'HCA Bank' stays senior-hcsw, as decided; the machine now proposes {hcsw} instead of nurse-of-old"
        in notes
    )
    assert "'Ward Clerk' was 'OT Asst' when it was decided as senior-hcsw: it is asked again" in notes
    assert "1 decided titles are not in the table any more and were kept: small-P3" in notes
    assert [one for one in shown(path) if one[0] == "accepted"] == [
        ("accepted", "P1", "senior-hcsw"), ("accepted", "P2", "senior-hcsw"), ("accepted", "P3", "NoTermFound"),
    ]  # fmt: skip
    assert [one.titles[0][1] for one in Work(path, targets()).waiting()] == ["Ward Clerk"]


def test_the_published_decisions_of_a_catalogue_count_too_and_the_later_day_wins(tmp_path: Path) -> None:
    folder = catalogue(tmp_path / "small", "P1,HCA Bank,2")
    out = tmp_path / "out"
    run(folder, out, labels())
    path, published = out / "mappings.sssom.tsv", folder / "mappings.sssom.tsv"
    work = Work(path, targets())
    work.decide(work.waiting()[0], Decision("accept", Reviewer("A", "2026-11-20"), iri("role", "hcsw")))
    published.write_bytes(path.read_bytes().replace(b"2026-11-20", b"2026-11-25").replace(b"\tA\t", b"\tB\t"))
    run(folder, out, labels())
    assert [row.reviewer for row in read_mapping_set(path).rows] == ["B"]
    path.unlink()
    run(folder, out, labels())
    assert [row.reviewer for row in read_mapping_set(path).rows] == ["B"]


def test_decisions_on_another_catalogue_are_not_written_over(tmp_path: Path) -> None:
    one = catalogue(tmp_path / "small", "P1,HCA Bank,2")
    other = catalogue(tmp_path / "other", "P1,Porter,")
    out = tmp_path / "out"
    run(one, out, labels())
    run(other, out, labels())  # nothing was decided, so nothing is lost
    work = Work(out / "mappings.sssom.tsv", targets())
    work.decide(work.waiting()[0], Decision("none", BY))
    with pytest.raises(SourceError, match="another catalogue"):
        run(one, out, labels())


def test_columns_and_prefixes_of_others_are_kept(tmp_path: Path) -> None:
    folder = catalogue(tmp_path / "small", "P1,HCA Bank,2")
    out = tmp_path / "out"
    run(folder, out, labels())
    path = out / "mappings.sssom.tsv"
    work = Work(path, targets())
    work.decide(work.waiting()[0], Decision("accept", BY, iri("role", "hcsw")))
    lines = path.read_text(encoding="utf-8").splitlines()
    table = next(n for n, line in enumerate(lines) if line.startswith("subject_id"))
    lines[table] += "\tour_note"
    lines[table + 1 :] = [line + "\tsee minutes" for line in lines[table + 1 :]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(folder, out, labels())
    assert [row["our_note"] for row in read_mapping_file(path).rows] == ["see minutes"]


# --- what decisions teach ---


def gold(count: int) -> list[Reviewed]:
    return [
        Reviewed(one.title, frozenset(sorted(one.gold)[:1]), band=one.band, employer_type=one.employer_type)
        for one in read_gold(CASES / "title-alignment-dev.csv")[:count]
    ]


def test_without_decisions_nothing_changes() -> None:
    learned = learn([], labels())
    titles = [Post("HCA Bank"), Post("Porter"), Post("CPN Band 6")]
    plain = Aligner(labels())
    for one, other in zip(learned.aligner(labels()).align_all(titles), plain.align_all(titles), strict=True):
        assert (one.zone, one.confidence, one.why) == (other.zone, other.confidence, other.why)


def test_an_accepted_title_becomes_a_label_for_its_wording() -> None:
    learned = learn(
        [Reviewed("Wellbeing Buddy - East", frozenset({"peer-support-worker"}))], labels(), refit=False
    )
    title = "Wellbeing Buddy East (Nights)"
    before, after = Aligner(labels()).align(title), learned.aligner(labels()).align(title)
    assert before.nearest[0].role != "peer-support-worker"
    assert after.nearest[0].role == "peer-support-worker" and after.nearest[0].features.label_covered == 1
    assert after.nearest[0].entry.label.kind == "reviewed"
    assert after.confidence > before.confidence


def test_a_title_sent_to_none_stays_there_and_says_why() -> None:
    learned = learn([Reviewed("Peer Support Worker", frozenset())], labels(), refit=False)
    aligner = learned.aligner(labels())
    refused, other = (
        aligner.align("Peer support worker - Band 3"),
        aligner.align("Senior peer support worker"),
    )
    assert (refused.zone, refused.candidates) == ("none", ())
    assert "your reviewers found no role" in refused.why
    assert other.zone != "none", "only this wording"


def test_contradictory_decisions_teach_no_label() -> None:
    both = [Reviewed("Wellbeing Buddy", frozenset({one})) for one in ("peer-support-worker", "volunteer")]
    assert learn(both, labels(), refit=False).labels == ()
    told = [Reviewed("Wellbeing Buddy", frozenset()), Reviewed("Wellbeing Buddy", frozenset({"volunteer"}))]
    assert learn(told, labels(), refit=False).nowhere == frozenset()


def test_the_refit_is_drawn_to_the_shipped_weights_and_is_the_same_each_time() -> None:
    few, many = (learn(gold(count), labels()).coefficients for count in (5, 60))
    assert many == learn(gold(60), labels()).coefficients

    def moved(of: object) -> float:
        return float(np.abs([of.of[name] - shipped().of[name] for name in shipped().of]).max())  # type: ignore[attr-defined]

    assert 0 < moved(few) < moved(many) < 1.5, "more decisions move more, and never far"
    assert many.of["level_clash"] == pytest.approx(shipped().of["level_clash"], abs=0.1), (
        "a rule stays a rule"
    )
    assert set(facts_of(learn(gold(60), labels()))) & {"slope", "shift"}, "confidences are fitted too"
    assert many.slope > 0


def test_the_refit_makes_the_decisions_likelier() -> None:
    """What a fit must do: under its weights the chosen roles stand better among the nearest than before."""
    reviewed = gold(80)

    def lead(aligner: Aligner) -> float:
        posts = [Post(one.title, one.band, one.employer_type) for one in reviewed]
        out = []
        for one, found in zip(reviewed, aligner.align_all(posts), strict=True):
            held = [near.score for near in found.nearest if near.target in one.roles]
            if held and len(found.nearest) > 1:
                rest = max(near.score for near in found.nearest if near.target not in one.roles)
                out.append(np.log(held[0] / (1 - held[0])) - np.log(rest / (1 - rest)))
        return float(np.mean(np.minimum(out, 3)))

    learned = learn(reviewed, labels())
    assert lead(Aligner(labels(), Weights(learned.coefficients))) > lead(Aligner(labels()))


def test_only_decisions_on_the_same_kind_of_job_teach(tmp_path: Path) -> None:
    found = {
        one.title: one for one in read_reviewed([ROOT / "examples" / "northfield" / "mappings.sssom.tsv"])
    }
    assert "AMHP Lead" not in found, "only related"
    assert found["Porter"].roles == frozenset()
    assert found["Snr HCA Birch Unit Band 3"].roles == {"senior-hcsw"}, "what was superseded teaches nothing"


def test_learning_through_the_pipeline(tmp_path: Path) -> None:
    folder = catalogue(tmp_path / "small", "P1,Wellbeing Buddy,3", "P2,Porter,")
    run(folder, tmp_path / "out", labels())
    path = tmp_path / "out" / "mappings.sssom.tsv"
    work = Work(path, targets())
    one = next(one for one in work.waiting() if one.titles[0][1] == "Wellbeing Buddy")
    work.decide(one, Decision("accept", BY, iri("role", "peer-support-worker")))
    other = catalogue(tmp_path / "other", "Q1,Wellbeing Buddy (Nights),3")
    run(other, tmp_path / "plain", labels())
    run(other, tmp_path / "learned", labels(), learned=learn_from([path], labels()))

    def roles(name: str) -> Sequence[str]:
        return [role for _, _, role in shown(tmp_path / name / "mappings.sssom.tsv")]

    assert roles("learned")[0] == "peer-support-worker"
    assert roles("plain")[0] != "peer-support-worker"

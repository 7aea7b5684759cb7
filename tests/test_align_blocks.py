"""Laws of aligning in blocks: a title's answer depends on that title alone, and arrays say what plain loops say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels, read_labels
from cmh_graph.align.titles import aligner as aligner_module
from cmh_graph.align.titles import title_parts as title_parts_module
from cmh_graph.align.titles.abbreviations import is_one_case
from cmh_graph.align.titles.aligner import Aligner, Alignment, Post
from cmh_graph.align.titles.candidates import MOST, NEAREST
from cmh_graph.align.titles.evaluate import read_gold
from cmh_graph.align.titles.features import Features
from cmh_graph.align.titles.label_arrays import band_distance, head_likeness, head_stem
from cmh_graph.align.titles.label_index import Entry, LabelIndex
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.score import Weights
from cmh_graph.align.titles.title_parts import take_apart
from cmh_graph.align.titles.vectors import Compared, read_table, title_vectors
from cmh_graph.align.wording import rows_of, stem

CASES = Path(__file__).parent / "cases" / "align"
TABLE = Path(aligner_module.__file__).parents[1] / "data" / "title_vectors.npz"


@cache
def labels() -> RoleLabels:
    return read_labels(CASES / "labels.csv")


@cache
def one_by_one() -> Aligner:
    return Aligner(labels())


@cache
def in_blocks() -> Aligner:
    return Aligner(labels())


@cache
def in_blocks_all_along() -> Aligner:
    return Aligner(labels())


def forgetting(aligner: Aligner) -> Aligner:
    """An aligner without the answers that it kept, so that it works each of them out."""
    aligner.forget()
    return aligner


def everything(found: Alignment) -> tuple[Any, ...]:
    """All that an answer says; numbers to the last bit."""
    return (
        found.zone,
        found.why,
        found.confidence,
        found.role,
        [(one.role, one.rolls_up_to, one.zone, one.why) for one in found.candidates],
        [(one.entry, one.reading, one.features, one.score, one.confidence) for one in found.nearest],
        found.parts,
        found.decision,
    )


# --- titles as people write them ---

NAMES = sorted(
    {label.text for label in labels().labels}
    | {one.title for one in read_gold(CASES / "title-alignment-dev.csv")}
    | {"Paediatric nurse", "Domestic", "Head of Finance", "Web developer", "TBC", "", "护士", "nurse " * 60}
)
SHORT = [row["abbr"] for row in rows_of("abbreviations.csv")]
ASIDE = ["Band 3", "b5/6", "8a - 8c", "Band Six", "37.5 hrs", ".6 wte", "Nights", "Bank", "FTC 12 mths", "F/T",
         "ref: AB12/9", "£30,000 p.a.", "CMHT East", "(Older Adults)", "A&E", "Ward 5", "Nıght ſhift"]  # fmt: skip
FORMS = ["{} {}", "{1} {0}", "{} - {}", "{} ({})", "{}, {}", "{}/{}", "{} – {}"]


@st.composite
def titles(draw: st.DrawFn) -> str:
    title = draw(st.sampled_from(NAMES))
    for _ in range(draw(st.integers(0, 2))):
        title = draw(st.sampled_from(FORMS)).format(title, draw(st.sampled_from(ASIDE + SHORT)))
    change = draw(st.sampled_from(["as it is", "as it is", "upper", "lower", "slip"]))
    if change == "slip" and len(title) > 6:
        place = draw(st.integers(1, len(title) - 2))
        title = title[:place] + title[place + 1 :]
    return getattr(title, change)() if change in {"upper", "lower"} else title


posts = st.builds(
    Post,
    titles(),
    st.sampled_from(["", "", "3", "Band 6 to 7", "8", "unpaid"]),
    st.sampled_from(["", "NHS trust", "council", "charity"]),
    st.sampled_from(["", "", "Works on the ward with patients; drives between sites."]),
)


# --- laws ---


@given(st.lists(posts, min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_block_gives_what_each_title_gives_alone(asked: list[Post]) -> None:
    together = list(forgetting(in_blocks()).align_all(asked))
    assert len(together) == len(asked)
    for post, found in zip(asked, together, strict=True):
        alone = forgetting(one_by_one()).align(
            post.title, band=post.band, employer_type=post.employer_type, description=post.description
        )
        assert everything(found) == everything(alone)


@given(st.lists(posts, min_size=2, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_a_list_does_not_matter(asked: list[Post], chance: Any) -> None:
    before = dict(zip(asked, map(everything, forgetting(in_blocks()).align_all(asked)), strict=True))
    shuffled = list(asked)
    chance.shuffle(shuffled)
    after = dict(zip(shuffled, map(everything, forgetting(in_blocks()).align_all(shuffled)), strict=True))
    assert before == after


@given(st.lists(posts, min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_answers_kept_for_other_titles_change_none(asked: list[Post]) -> None:
    """One aligner remembers all that it was asked in every example; titles that read alike share what it keeps."""
    for post, found in zip(asked, in_blocks_all_along().align_all(asked), strict=True):
        assert everything(found) == everything(next(forgetting(one_by_one()).align_all([post])))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Support worker - Band 3", "SUPPORT WORKER (b3) 37.5 hours", True),
        ("Support worker", "Support worker Band 3", False),  # a band counts
        ("Support worker", "Support worker, night shift", True),
        ("Support worker CMHT East", "Support worker CMHT West", False),  # a place may tell
        ("Salt", "SALT", False),  # capitals make it a speech therapist
        ("OT Band 6", "OT", False),
        ("CPN - home treatment", "CPN - crisis", False),
    ],
)
def test_titles_of_one_wording_are_scored_once(one: str, other: str, alike: bool) -> None:
    aligner = forgetting(in_blocks())
    first, second = aligner.align_all([Post(one), Post(other)])
    assert (first._answer is second._answer) is alike
    assert [part.text for part in first.parts.parts] != [
        part.text for part in second.parts.parts
    ] or not alike


def test_where_blocks_end_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [Post(title) for title in (*NAMES, *NAMES[::-1])]
    whole = [everything(one) for one in forgetting(in_blocks()).align_all(asked)]
    for size, kept in ((1, 10_000), (7, 3), (1000, 0)):
        monkeypatch.setattr(aligner_module, "BLOCK", size)
        monkeypatch.setattr(aligner_module, "_MOST_KEPT", kept)
        parted = forgetting(in_blocks())
        assert [everything(one) for one in parted.align_all(asked)] == whole
        assert len(parted._kept) <= kept


def test_without_keeping_posts_the_answers_are_the_same() -> None:
    asked = [Post(title) for title in (*NAMES, *NAMES[::-1])]
    fresh = Aligner(labels(), repeats=False)
    assert [everything(one) for one in fresh.align_all(asked)] == [
        everything(one) for one in forgetting(in_blocks()).align_all(asked)
    ]
    assert not fresh._kept


def test_posts_are_taken_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligner_module, "BLOCK", 5)
    taken = []

    def rows() -> Iterator[Post]:
        for place in range(1000):
            taken.append(place)
            yield Post(f"Nurse {place}")

    assert len(list(islice(in_blocks().align_all(rows()), 3))) == 3
    assert len(taken) == 5, "a list of any length needs the memory of one block"


def test_nothing_asked_nothing_answered() -> None:
    assert list(in_blocks().align_all([])) == []
    only_placeholders = list(in_blocks().align_all([Post("TBC"), Post("")]))
    assert [one.zone for one in only_placeholders] == ["none", "none"]


def test_without_vectors_blocks_give_the_same_too() -> None:
    plain = Aligner(labels(), weights=Weights(vectors=False))
    asked = [Post(title) for title in NAMES]
    together = [everything(one) for one in plain.align_all(asked)]
    assert [everything(forgetting(plain).align(post.title)) for post in asked] == together


def test_several_threads_get_the_same_answers() -> None:
    asked = [[Post(f"{name} {n}") for name in NAMES[n::4]] for n in range(4)]
    fresh = Aligner(labels())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: [everything(one) for one in fresh.align_all(part)], asked))
    expected = [[everything(one) for one in forgetting(in_blocks()).align_all(part)] for part in asked]
    assert found == expected


# --- looking first never hides anything ---


@given(st.one_of(titles(), st.text(max_size=40), st.text(alphabet="Bb and38-/:.hHwtfeEſıİK£ ", max_size=25)))
@settings(max_examples=400, deadline=None)
def test_no_noise_is_missed_by_looking_for_what_it_needs(title: str) -> None:
    quick = take_apart(title)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(title_parts_module, "_possible_noise", lambda text: title_parts_module._NOISE)
        assert take_apart(title) == quick


#: Where a title is cut, each way on its own; the product finds them all by how they begin.
CUTS = re.compile(
    r"\s[-–—]+\s|[–—|()\[\]{};:•·\n]|\s-(?=\S)|(?<=\S)-\s|(?<=[A-Za-z]{3})/(?=[A-Za-z]{3})|\s/+\s|\s\\\s"
)


@given(st.one_of(titles(), st.text(alphabet="abc -–—/\\|(:;•1", max_size=25), st.text(max_size=20)))
@settings(max_examples=400, deadline=None)
def test_a_title_is_cut_where_each_rule_says(title: str) -> None:
    spaced = " ".join(title.split())
    assert title_parts_module._CUT.split(spaced) == CUTS.split(spaced)


@given(st.one_of(titles(), st.text(max_size=12), st.text(alphabet="aB1 é", max_size=6)))
@settings(max_examples=200, deadline=None)
def test_one_case_is_a_matter_of_letters(text: str) -> None:
    letters = [char for char in text if char.isalpha()]
    assert is_one_case(text) == (all(map(str.isupper, letters)) or all(map(str.islower, letters)))


#: Something for each pattern of noise and for each word that a pattern can begin with.
NOISE = """Ref no: AB12/9; vacancy # 12; ABC-12345; 37.5 hrs per week; 30 hpw; 0.6 WTE; .8 f.t.e.; 1 w.t.e;
wte: 1; FTE; full time; part-time; F/T; p/t; term time only; job-share; fixed term contract; FTC; 6
months; 12 mths; 3 mnths; mat cover; maternity leave; secondment; permanent; temporary; temp; zero
hours; agency; casual; sessional; bank staff; staff bank; as and when; internal only; Band 3; band
six; bnd 4; bd. 5; AfC 6; a.f.c. 7; a f.c 5; agenda for change 6; afc band 2; B5; b 5/6; 8a; 8 b-c;
scale 6; Grade SO2; spine point 12; scp 12; Level 3; days/nights; earlies and lates; early or late;
weekend & nights; twilight - days; permanent nights; night shift; weekends; twilights; long days;
late shifts; rotating shift; shift; rotational; on-call; on call; out of hours; OOH; 24/7; £25k;
£20,000 - £25,000 per annum; newly qualified; preceptorship; NQP; multiple posts;
various roles""".replace("\n", " ").split("; ")  # fmt: skip


def test_every_pattern_is_tried_where_it_matches() -> None:
    every = title_parts_module._NOISE
    met = set()
    for text in (
        form for one in NOISE for form in (one, one.upper(), one.lower(), f"Nurse – {one}", f"Nurse ({one})")
    ):
        matching = {place for place, noise in enumerate(every) if noise.pattern.search(text)}
        tried = {every.index(noise) for noise in title_parts_module._possible_noise(text)}
        assert matching <= tried, text
        met |= matching
    assert met == set(range(len(every))), "each pattern has an example here"


# --- vectors ---


def test_a_vector_depends_on_its_words_alone() -> None:
    fresh, phrases = read_table(TABLE), [tuple(name.lower().split()) for name in NAMES]
    together = fresh.of_words(phrases)
    alone = np.concatenate([read_table(TABLE).of_words([one]) for one in phrases[:5]])
    assert (together[:5] == alone).all()
    assert (together == np.concatenate([fresh.of_words([one]) for one in phrases])).all()


@pytest.mark.parametrize("count", [1, 31, 32, 33, 200])
def test_likeness_is_the_product_and_depends_on_two_vectors_alone(count: int) -> None:
    ours, others = title_vectors().of(NAMES[:count]), title_vectors().of(NAMES)
    found = Compared(ours).likeness(others)
    assert np.allclose(found, others.astype(np.float64) @ ours.astype(np.float64).T, atol=1e-6)
    alone = np.concatenate([Compared(ours).likeness(one[None]) for one in others])
    assert (alone == found).all()


# --- plain loops ---


def plain_features(
    reading: Reading, entry: Entry, bands: frozenset[str], said: frozenset[str], index: LabelIndex
) -> dict[str, Any]:
    """The features of words by their definitions, one label and one stem at a time."""
    core, tail = ({stem(word) for word in part} for part in (reading.core, reading.tail))
    alike = head_likeness(reading.head, entry.head)
    counts = dict.fromkeys(said, 0.4) | {stem(word): 0.7 for word in reading.setting}
    counts |= dict.fromkeys(tail, 0.9) | dict.fromkeys(core, 1.0)
    noun = head_stem(entry.head)
    shares = {
        one: counts.get(one, 0.0) or (alike if one == noun and reading.head.word else 0.0)
        for one in entry.stems
    }
    weights = {one: index.weight(entry, one) for one in sorted(entry.stems)}
    telling = max((one for one in weights if one != noun), key=lambda one: weights[one], default="")
    left = (core | tail) - entry.stems
    lost = sum(
        index.unexplained(one)
        * (1.0 if one in core else 0.6)
        * (1 - alike if one == head_stem(reading.head) and entry.head.word else 1)
        for one in left
    )
    whole = sum(index.unexplained(one) * (1.0 if one in core else 0.6) for one in core | tail)
    exact = alike >= 0.85 and (core | tail) in (entry.stems, entry.stems - entry.aside)
    return {
        "label_covered": sum(weights[one] * shares[one] for one in weights) / (sum(weights.values()) or 1),
        "title_covered": 1 - lost / whole if whole else 0.0,
        "head": alike,
        "exact": exact,
        "keyword_missing": bool(telling) and weights[telling] >= 0.7 and shares[telling] < 0.4,
        "no_target": entry.role.rolls_up_to is None and not exact,
        "level_clash": reading.registered is not None
        and reading.registered != entry.role.registered
        and not (reading.registered and entry.head.registered is None),
        "band_distance": band_distance(bands, index.bands(entry.role)),
        "doubt": reading.doubt,
        "missing": tuple(sorted(one for one in entry.stems if not shares[one])),
        "unexplained_cost": sum(
            index.unexplained(one)
            for one in left
            if index.unexplained(one) > 0.5 and not (one == head_stem(reading.head) and alike >= 0.5)
        ),
        "unexplained": tuple(sorted(one for one in left if index.unexplained(one) > 0.5)),
    }


def check_features(found: Features, expected: dict[str, Any], name: str) -> None:
    for feature, value in expected.items():
        held = getattr(found, feature)
        assert held == (pytest.approx(value) if isinstance(value, float) else value), (name, feature)


@given(st.lists(posts, min_size=1, max_size=10))
@settings(max_examples=40, deadline=None)
def test_arrays_give_the_features_that_plain_loops_give(asked: Sequence[Post]) -> None:
    index = in_blocks()._scorer.index
    for post, found in zip(asked, in_blocks().align_all(asked), strict=True):
        said = frozenset(
            stem(word) for word in post.description.lower().replace(";", "").replace(".", "").split()
        )
        for one in found.nearest:
            bands = title_parts_module.band_list(post.band) or found.parts.bands
            expected = plain_features(one.reading, one.entry, bands, said, index)
            check_features(one.features, expected, post.title)


def test_candidates_are_the_labels_that_share_the_most_telling_words() -> None:
    index, scorer = one_by_one()._scorer.index, one_by_one()._scorer
    for title in NAMES[:60]:
        found = one_by_one().align(title)
        if not found.nearest:
            continue
        reading = found.nearest[0].reading
        _, pairs, _ = scorer.compare([aligner_module.ReadTitle([reading])])
        stems = [stem(word) for word in dict.fromkeys((*reading.core, *reading.tail, *reading.setting))]
        worth = [
            sum(index.rarity(one) for one in stems if one in entry.stems)
            + (0.2 if entry.head.word and entry.head == reading.head else 0.0)
            for entry in index.entries
        ]
        best = sorted(range(len(worth)), key=lambda place: (-round(worth[place], 9), place))[:MOST]
        assert {place for place in best if worth[place]} <= set(pairs.label.tolist()), title
        assert len(pairs.label) <= MOST + NEAREST


def test_many_labels_make_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = RoleFacts("nurse", "nurse", registered=True)
    many = RoleLabels([RoleLabel("nurse", f"Mental health nurse {n}") for n in range(50)], [facts])
    monkeypatch.setattr(aligner_module, "_MOST_CELLS", 150)
    taken = iter(range(100))
    first = next(Aligner(many).align_all(Post(f"Nurse {n}") for n in taken))
    assert first.role == "nurse" or first.zone == "none"
    assert next(taken) == 3

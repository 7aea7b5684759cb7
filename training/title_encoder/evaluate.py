"""Measures the encoder beside the shipped table, paired: MELO and JobBERT, alone and averaged with the table.

python evaluate.py --encoder FOLDER"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "title_vectors"))
sys.path.insert(1, str(Path(__file__).resolve().parent))
import train as tables
from vectors import read_table  # found by what ../title_vectors put on the path

DATA = tables.DATA
SHIPPED = tables.ROOT / "src" / "cmh_graph" / "align" / "data" / "title_vectors.npz"


def encoded(folder: Path, texts: list[str]) -> np.ndarray:
    """Vectors of length 1, one row a text."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = (
        AutoTokenizer.from_pretrained(str(folder)),
        AutoModel.from_pretrained(str(folder)).eval(),
    )
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    out = np.zeros((len(texts), 384), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), 256):
            part = order[start : start + 256]
            held = tokenizer([texts[n].lower() for n in part], padding=True, truncation=True, max_length=24,
                             return_tensors="pt")  # fmt: skip
            weight = held["attention_mask"].unsqueeze(-1)
            mean = (model(**held).last_hidden_state * weight).sum(1) / weight.sum(1)
            out[part] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return out


def interval(values: np.ndarray) -> str:
    draws = np.random.default_rng(1).integers(len(values), size=(2000, len(values)))
    low, high = np.quantile(values[draws].mean(1), [0.025, 0.975])
    return f"{values.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def report(name: str, near: dict[str, np.ndarray], rank: object) -> None:
    found = {kind: rank(one) for kind, one in near.items()}  # type: ignore[operator]
    for kind, values in found.items():
        print(f"{name:10}{kind:24}MRR {interval(values)}")
        if kind != "table":
            print(
                f"{name:10}{'':24}gain over the table, paired {interval(values - found['table'])}", flush=True
            )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--encoder", type=Path, required=True)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    table = read_table(SHIPPED)
    folder = DATA / "melo-usa-en"
    rows = lambda name: [row.split("\t") for row in (folder / name).read_text("utf-8").splitlines()]  # noqa: E731
    elements, queries = rows("corpus.tsv"), rows("queries.tsv")
    right: dict[str, set[str]] = defaultdict(set)
    for query, _, element, _ in rows("annotations.tsv"):
        right[query].add(element)
    ids = np.array([one[0] for one in elements])

    def near_of(asked: list[str], labels: list[str]) -> dict[str, np.ndarray]:
        by_table = table.of(asked) @ table.of(labels).T
        by_encoder = encoded(chosen.encoder, asked) @ encoded(chosen.encoder, labels).T
        return {"table": by_table, "encoder": by_encoder, "average of both": (by_table + by_encoder) / 2}

    def melo_rank(near: np.ndarray) -> np.ndarray:
        found = []
        for place, (query, *_) in enumerate(queries):
            hits = np.isin(ids, list(right[query]))
            found.append(1 / (1 + int((near[place] > near[place][hits].max()).sum())))
        return np.array(found)

    report("MELO", near_of([one[1] for one in queries], [one[1] for one in elements]), melo_rank)
    with (DATA / "esco-occupations-en-1.1.1.csv").open(encoding="utf-8", newline="") as lines:
        occupations = list(csv.DictReader(lines))
    with (DATA / "jobbert-titles" / "validation-sample.csv").open(encoding="utf-8", newline="") as lines:
        vacancies = list(csv.DictReader(lines))
    place = {row["uri"]: n for n, row in enumerate(occupations)}
    asked = [row for row in vacancies if row["conceptUri"] in place]
    gold = [place[row["conceptUri"]] for row in asked]

    def jobbert_rank(near: np.ndarray) -> np.ndarray:
        hit = near[np.arange(len(asked)), gold]
        return 1 / (1 + (near > hit[:, None]).sum(axis=1))

    report(
        "JobBERT",
        near_of([row["vacancyTitle"] for row in asked], [row["label"] for row in occupations]),
        jobbert_rank,
    )


if __name__ == "__main__":
    main()

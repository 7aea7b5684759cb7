"""Fine-tunes MiniLM-L6 as an encoder of titles, on the synonyms that the table of title vectors learns from.

python train.py --seed 1 --out FOLDER [--withhold] [--steps 150]

Writes the weights as safetensors. Inputs, pairs, noise and masking are those of ../title_vectors. One thread, no
network; about 20 minutes on an idle core."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "title_vectors"))
import train as tables  # the pairs are the same

LONGEST = 24  # word pieces


def encode(model: torch.nn.Module, tokenizer: object, texts: list[str]) -> torch.Tensor:
    """Mean of the last layer over the pieces, brought to length 1."""
    held = tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")  # type: ignore[operator]
    out = model(**held).last_hidden_state
    weight = held["attention_mask"].unsqueeze(-1)
    return functional.normalize((out * weight).sum(1) / weight.sum(1), dim=1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--steps", type=int, default=150)
    options.add_argument("--rate", type=float, default=1e-4)
    options.add_argument("--mix", default="0.45,0.45,0.06,0.04", help="ESCO, O*NET, SOC, abbreviations")
    options.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    options.add_argument("--withhold", action="store_true")
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(chosen.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(chosen.seed)
    tokenizer = AutoTokenizer.from_pretrained(str(chosen.base))
    model = AutoModel.from_pretrained(str(chosen.base))
    model.train()
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    withheld: frozenset[str] = frozenset()
    if chosen.withhold:
        lines = (tables.DATA / "melo-usa-en" / "queries.tsv").read_text(encoding="utf-8").splitlines()
        withheld = frozenset(line.split("\t")[1] for line in lines)
    sources = [
        tables.Source("ESCO", tables.esco(False)),
        tables.Source("O*NET", tables.onet(withheld, False)),
        tables.Source("SOC", tables.soc(False)),
        tables.Source("abbreviations", tables.abbreviations()),
    ]
    share = np.array([float(one) for one in chosen.mix.split(",")])
    share /= share.sum()
    optimiser = torch.optim.AdamW(model.parameters(), lr=chosen.rate, weight_decay=0.01, fused=True)
    started, seen = time.perf_counter(), 0
    for step in range(chosen.steps):
        for group in optimiser.param_groups:
            group["lr"] = chosen.rate * min(1.0, (step + 1) / 15) * max(0.05, 1 - step / chosen.steps)
        source = sources[int(rng.choice(len(sources), p=share))]
        batch = source.batch(rng)
        left, right = [" ".join(a) for _, a, _ in batch], [" ".join(b) for _, _, b in batch]
        scores = encode(model, tokenizer, left) @ encode(model, tokenizer, right).T / tables.TEMPERATURE
        where: dict[str, list[int]] = defaultdict(list)
        for place, (concept, _, _) in enumerate(batch):
            for name in source.owners[concept]:
                where[name].append(place)
        mask = torch.zeros(len(batch), len(batch), dtype=torch.bool)
        for place in range(len(batch)):
            for other in where.get(left[place], ()):
                mask[place, other] = other != place
            for other in where.get(right[place], ()):
                mask[other, place] = mask[other, place] or other != place
        scores = scores.masked_fill(mask, -1e4)
        goal = torch.arange(len(batch))
        loss = (functional.cross_entropy(scores, goal) + functional.cross_entropy(scores.T, goal)) / 2
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seen += len(batch)
        if (step + 1) % 10 == 0:
            print(f"step {step + 1}: {source.name} loss {loss.item():.3f}, {seen} pairs, "
                  f"{time.perf_counter() - started:.0f} s", flush=True)  # fmt: skip
            model.save_pretrained(chosen.out)
    model.save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)


if __name__ == "__main__":
    main()

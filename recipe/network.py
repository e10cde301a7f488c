"""The network: a small Qwen3 decoder, read as log-odds of ` yes` against ` no` at the last position."""

import math

import numpy as np
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from tokens import EXITS, LEVELS, NO, PAD, YES

SIZES = dict(
    hidden_size=128,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    intermediate_size=256,
    max_position_embeddings=16384,
    tie_word_embeddings=True,
    use_cache=False,
)


class Judge:
    """A network with its tokenizer."""

    def __init__(self, tokenizer, seed):
        torch.manual_seed(seed)
        self.tokenizer = tokenizer
        self.pad, self.yes, self.no = (tokenizer.token_to_id(t) for t in (PAD, YES, NO))
        config = Qwen3Config(vocab_size=tokenizer.get_vocab_size(), pad_token_id=self.pad, **SIZES)
        self.net = Qwen3ForCausalLM(config)

    def ids(self, texts):
        return [e.ids for e in self.tokenizer.encode_batch(texts)]

    def padded(self, rows):
        """-> ids [rows, longest], index of the last real token [rows]."""
        table = torch.full((len(rows), max(map(len, rows))), self.pad)
        for i, row in enumerate(rows):
            table[i, : len(row)] = torch.tensor(row)
        return table, torch.tensor([len(row) - 1 for row in rows])

    def log_odds(self, rows, dropped=0.0):
        """Log-odds [rows]. `dropped`: share of the input tokens that are blanked."""
        table, last = self.padded(rows)
        inputs = self.net.model.embed_tokens(table)
        if dropped:
            inputs = inputs * (torch.rand(table.shape) >= dropped)[..., None]
        hidden = self.net.model(inputs_embeds=inputs).last_hidden_state
        head = self.net.lm_head.weight
        return hidden[torch.arange(len(rows)), last] @ (head[self.yes] - head[self.no])

    @torch.no_grad()
    def predict(self, rows):
        out = np.zeros(len(rows))
        for batch in batches(rows, 32):
            out[batch] = self.log_odds([rows[i] for i in batch]).numpy()
        return out

    @torch.no_grad()
    def fill_unseen(self, rows):
        """A value that training never showed gets the vector of the nearest lower one that it did."""
        seen = {f" {k}={v}" for r in rows for k, v in r["facts"].items()}
        table = self.net.model.embed_tokens.weight
        for key in rows[0]["facts"]:
            values = EXITS[::-1] if key == "exit" else range(LEVELS)
            names = [f" {key}={v}" for v in values]
            nearest = next(name for name in names if name in seen)
            for name in names:
                nearest = name if name in seen else nearest
                table[self.tokenizer.token_to_id(name)] = table[self.tokenizer.token_to_id(nearest)]

    def save(self, folder):
        self.net.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        self.tokenizer.save(str(folder / "tokenizer.json"))


def batches(rows, size, rng=None):
    """Indices of rows of about equal length; in random order with a generator."""
    noise = rng.random(len(rows)) * 60 if rng else np.zeros(len(rows))
    order = np.argsort([len(r) for r in rows] + noise, kind="stable")
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    if rng:
        rng.shuffle(parts)
    return parts


class Descent:
    """AdamW with a short warm-up and a cosine down to a tenth."""

    def __init__(self, net, rate, steps, warm=30):
        flat = [p for p in net.parameters() if p.ndim < 2]
        deep = [p for p in net.parameters() if p.ndim > 1]
        groups = [dict(params=deep, weight_decay=0.05), dict(params=flat, weight_decay=0.0)]
        self.net, self.rate, self.steps, self.warm, self.at = net, rate, steps, warm, 0
        self.adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))

    def step(self):
        done = min(1.0, self.at / self.steps)
        share = min(1.0, (self.at + 1) / self.warm) * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))
        for group in self.adam.param_groups:
            group["lr"] = self.rate * share
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.adam.step()
        self.adam.zero_grad()
        self.at += 1

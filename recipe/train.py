"""Training in two stages: the teacher's answers on blended facts, then the real prompts with their labels."""

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as loss_of

from network import Descent, Judge, batches
from teacher import Teacher, blends, unseen_answers


def fit(rows, tokenizer, options, seed):
    """rows: text, facts, resolved, task_id -> a trained Judge."""
    rng = np.random.default_rng(seed)
    judge = Judge(tokenizer, seed)
    texts, facts = blends(rows, options.blends, rng)
    learn(judge, texts, Teacher(rows, seed)(facts), options.blend_rounds, 2e-3, rng)
    label = np.array([r["resolved"] for r in rows], float)
    # Half label, half what teachers that never saw the task say: labels alone are few and noisy.
    target = (label + unseen_answers(rows, seed)) / 2
    learn(judge, [r["text"] for r in rows], target, options.rounds, 5e-4, rng, dropped=0.1)
    judge.fill_unseen(rows)
    return judge


def learn(judge, texts, target, rounds, rate, rng, dropped=0.0):
    """Cross-entropy against soft targets in [0, 1]."""
    ids = judge.ids(texts)
    target = torch.tensor(target, dtype=torch.float32)
    order = [batch for _ in range(rounds) for batch in batches(ids, 32, rng)]
    descent = Descent(judge.net, rate, len(order))
    for batch in order:
        loss_of(judge.log_odds([ids[i] for i in batch], dropped), target[batch]).backward()
        descent.step()

"""The tokenizer: byte-level BPE learned from the prompts of the training part, with every fact as one token."""

import re
from collections import defaultdict

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

PAD, YES, NO = "<pad>", " yes", " no"
FACT = re.compile(r" ([+\w:]+)=(\w+)")


def fact_lines(text):
    """The lines between `# Facts` and the question."""
    return text.rsplit("# Facts\n", 1)[1].rsplit("\n", 1)[0].split("\n")


def facts_of(text):
    """{key: level, or the word of the exit class} as the prompt states them."""
    return {k: int(v) if v.isdigit() else v for line in fact_lines(text) for k, v in FACT.findall(line)}


def fact_tokens(texts):
    """One token for every level up to the highest seen of every fact."""
    seen = defaultdict(set)
    for text in texts:
        for key, value in facts_of(text).items():
            seen[key].add(value)
    for key, values in sorted(seen.items()):
        if any(isinstance(v, int) for v in values):
            values = range(max(values) + 2)
        yield from (f" {key}={v}" for v in sorted(values))


def learn(texts, size):
    """texts: prompts of the training part; size: entries in all, the added ones included."""
    added = [YES, NO, *fact_tokens(texts)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(added),
        special_tokens=[PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((FACT.sub("", text) for text in texts), trainer)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in added])
    return tokenizer

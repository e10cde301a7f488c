"""The tokenizer: byte-level BPE learned from the prompts of the training part, with every fact as one token."""

import re

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

PAD, YES, NO = "<pad>", " yes", " no"
EXITS = ("done", "limit", "error", "other", "unknown")
LEVELS = 33
FACT = re.compile(r" ([+\w:]+)=(\w+)")


def fact_lines(text):
    """The lines between `# Facts` and the question."""
    return text.rsplit("# Facts\n", 1)[1].rsplit("\n", 1)[0].split("\n")


def facts_of(text):
    """{key: level, or the word of the exit class} as the prompt states them."""
    return {k: int(v) if v.isdigit() else v for line in fact_lines(text) for k, v in FACT.findall(line)}


def fact_tokens(keys):
    """One token for every value that a fact can take: levels are bit lengths, tenths and flags are smaller still."""
    for key in keys:
        values = EXITS if key == "exit" else range(LEVELS)
        yield from (f" {key}={v}" for v in values)


def learn(texts, size):
    """texts: prompts of the training part; size: entries in all, the added ones included."""
    added = [YES, NO, *fact_tokens(facts_of(texts[0]))]
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

#!/usr/bin/env python3
"""Makes tokenizer.json, expected.json and a tiny random model beside this file, with transformers, tokenizers and jinja2.

    python make_reference.py        (transformers 5.23, torch 2.15, tokenizers 0.23, jinja2 3.1)

The prompts are laid out here a second time, from the published descriptions, by hand and not by the profiles' templates; the
chat layout and the ids come from transformers. `rollscope` must arrive at the same text and the same ids. Which rule is
published where: `rules.toml`.
"""
import json
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

HERE = Path(__file__).parent
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# The pre-tokenizer of Qwen2 and Qwen3.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CHAT = ("{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
DASHES = "-" * 100
# So often that every spelling becomes one token.
LABELS = "\n".join(f"{word} {word}" for word in ["YES", "Yes", "yes", "NO", "No", "no"] * 20)


def make_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=CONTROL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def function_text(call):
    lines = [f"<function={call['name']}>"]
    for key, value in json.loads(call["arguments"]).items():
        value = str(value)
        lines.append(f"<parameter={key}>\n{value}\n</parameter>" if "\n" in value else f"<parameter={key}>{value}</parameter>")
    return "\n".join(lines) + "\n</function>"


def without_functions(messages):
    """Tool calls as text, results as user messages: OpenHands' converter."""
    names, plain = {}, []
    for message in messages:
        content = message.get("content") or ""
        for call in message.get("tool_calls", []):
            names[call["id"]] = call["function"]["name"]
            content = (content + "\n\n" + function_text(call["function"])).lstrip()
        if message["role"] == "tool":
            plain.append({"role": "user", "content": f"EXECUTION RESULT of [{names[message['tool_call_id']]}]:\n{content}"})
        else:
            plain.append({"role": message["role"], "content": content})
    return plain


def swe_gym(row, judge):
    messages, log = without_functions(row["messages"]), ""
    if messages[0]["role"] == "system":
        log += f"*** System Message that describes the assistant's behavior ***\n{messages[0]['content']}\n"
        messages = messages[1:]
    merged = []
    for message in messages:
        if merged and message["role"] == merged[-1]["role"] == "user":
            merged[-1]["content"] += "\n" + message["content"]
        else:
            merged.append(dict(message))
    for i, message in enumerate(merged):
        log += f"{DASHES}\n*** Turn {i // 2 + 1} - {message['role'].upper()} ***\n{message['content']}\n"
    log += DASHES + "\n"
    return ("Please evaluate the following interaction between an AI assistant and a user:\n\n=== INTERACTION LOG ===\n" + log
            + "\n=== END INTERACTION ===\n\n" + judge["question"])


def r2e(row, judge):
    parts = ["Please evaluate the following interaction between an AI assistant and a user:", "=== INTERACTION LOG ===",
             f"[SYSTEM]\n{judge['system']}\n[/SYSTEM]",
             "[USER]\nYou are a software engineer working on a repository. A user has submitted an issue, and you need to "
             f"resolve it.\n\nRepository Issue:\n{row['problem_statement']}\n\n"
             "Please analyze the issue and implement a solution.\n[/USER]"]
    messages = row["messages"]
    for index, message in enumerate(m for m in messages if m["role"] == "assistant"):
        action = "\n\n".join(function_text(call["function"]) for call in message.get("tool_calls", []))
        seen = "\n".join(m["content"] for m in messages[messages.index(message) + 1:][:1] if m["role"] != "assistant")
        thought = message.get("content") or ""
        parts += [f"[STEP]\n{index}\n[/STEP]", f"[ASSISTANT]\n{thought + chr(10) * 2 + action if thought else action}\n[/ASSISTANT]",
                  f"[USER]\n{seen}\n[/USER]"]
    parts += ["=== END INTERACTION ===", "=== FINAL PATCH ===", f"[PATCH]\n{row['patch_of_existing_files']}\n[/PATCH]",
              "=== END FINAL PATCH ===", judge["question"]]
    return "\n\n".join(parts)


def swe_lego(row, judge):
    lines = ["Please evaluate the following interaction between an AI assistant and a user:", "", "=== INTERACTION LOG ===", ""]
    for message in without_functions(row["messages"]):
        role = message["role"].upper()
        lines += [f"[{role}]", message["content"], f"[/{role}]", ""]
    lines += ["=== END INTERACTION ===", "", "=== FINAL PATCH ===", "", "[PATCH]", row["patch"] or "No patch generated", "[/PATCH]", "",
              "=== END FINAL PATCH ===", "", judge["question"]]
    return "\n".join(lines)


def compact(row):
    """Written down by hand after assets/profiles/compact.toml: nothing in this row is long enough to be clipped."""
    hunk = row["patch"].strip()
    return f"""# Issue
{row["problem_statement"]}
# Turns
## 1
Let me see the file first.
$ execute_bash cat larder/jar.py
> class Jar:
    def best_before(self):
        return self.filled + self.keeps
## 2
$ str_replace_editor
command: str_replace
path: larder/jar.py
old_str:         return self.filled + self.keeps
new_str:         # an open jar ages
        return self.filled + self.keeps - self.opened_for
view_range: [7,9]
> The file larder/jar.py has been edited.
## 3
I think it is done: 9 jars out of 10 agree.
$ finish
# Patch
{hunk}
# Facts
turns 3 loops 1 failed 0 exit submitted patch 2 files +3 -1 tests 1
Resolved?"""


def facts():
    """Counted by hand. A count c stands as its bit length: 118 characters are 7. Shares are in tenths.

    said: 26 + 43 characters and a line break, by two turns. seen: 78 + 39. newwords: opened_for, def, test_opened, assert, true.
    known: keeps and opened_for, of the nine words that the patch changes.
    """
    return """# Facts
run: exit=done turns=2 said=7 saidmean=6 lastsaid=7 seen=7 repeat=0 bad=0 badshare=0 badend=0 passedend=0 failedend=0
patch: files=2 newfiles=1 hunks=2 plus=2 minus=1 depth=1 testfiles=1 reprofiles=0 newwords=3 comments=0 ifs=0 +return=1 +isinstance=0 +raise=0 +import=0 +def=1 +try=0 +except=0
issue: issue=7 code=0 trace=0 known=2 knownwords=2 named=1 pathnamed=0 placenamed=1
says: perfect=0 great=0 seems=0 unfortunately=0 alternative=0 however=0 wait=0 simple=0 should=0 confus=0 still=0 correct=0
ends: end:should=0 end:handle=0 end:pass=0 end:test=0 end:success=0 end:unfortunately=0 end:might=0 end:issue=0
Resolved?"""


def critics(row):
    """Conversations without a judge's prompt: what each critic's client sends."""
    plain = [{"role": m["role"], "content": m.get("content") or ""} for m in row["messages"]]
    written = without_functions(row["messages"])
    shown = [dict(p, content=w["content"]) if p["role"] == "assistant" else p for p, w in zip(plain, written)]
    return {"openhands-critic-4b": plain, "openhands-critic-4b:calls": shown, "openhands-critic-32b": written}


def make_model(vocabulary):
    """Random weights: the numbers say whether two programs compute the same function, nothing about any judge."""
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=4096, tie_word_embeddings=True, initializer_range=0.3))
    return model.to(torch.bfloat16).eval()


def main():
    row = json.loads((HERE / "row.json").read_text())
    judge = json.loads((HERE / "judge.json").read_text())
    users = {"swe-gym": swe_gym(row, judge), "r2e-gym": r2e(row, judge), "swe-lego": swe_lego(row, judge)}
    tokenizer = make_tokenizer([*users.values(), judge["system"], LABELS] * 3)
    tokenizer.save(str(HERE / "tokenizer.json"))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=CHAT)
    expected = {}
    for name, user in users.items():
        chat = [{"role": "system", "content": judge["system"]}, {"role": "user", "content": user}]
        text = fast.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) + "<judgement>"
        expected[name] = {"text": text, "ids": fast(text, add_special_tokens=False)["input_ids"]}
    texts = {name: fast.apply_chat_template(chat, tokenize=False, add_generation_prompt=False)
             for name, chat in critics(row).items()}
    # Not published: the layout of SWE-Gym stands in.
    texts |= {"swe-rm": expected["swe-gym"]["text"], "compact": compact(row), "default": facts()}
    for name, text in texts.items():
        expected[name] = {"text": text, "ids": fast(text, add_special_tokens=False)["input_ids"]}
    model = make_model(len(fast))
    model.save_pretrained(HERE / "model")
    (HERE / "model/generation_config.json").unlink()
    # Read back: a model that was ever bfloat16 has rounded rotary frequencies.
    model = Qwen3ForCausalLM.from_pretrained(HERE / "model", dtype=torch.float32).eval()
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([expected["swe-gym"]["ids"]])).logits[0, -1].double()
    spelled = [" YES", " NO", "YES", "NO"]
    expected["swe-gym"]["logits"] = {word: logits[fast(word)["input_ids"][0]].item() for word in spelled}
    (HERE / "expected.json").write_text(json.dumps({"chat_template": CHAT, "prompts": expected}, indent=1) + "\n")


main()

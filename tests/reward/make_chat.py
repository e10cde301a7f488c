#!/usr/bin/env python3
"""What transformers makes of the chat templates and texts in a corpus folder, for `ROLLSCOPE_CHAT=OUT cargo test chat`.

    make_chat.py CORPUS OUT [--megabytes N]      (pip install transformers tokenizers jinja2)

OUT/chat.json: every chat template under CORPUS/tokenizers, rendered by transformers over our own conversations, with and
without tools, thinking on, off and unsaid, with and without a generation prompt. OUT/tokens.json: for every text file of the
corpus, in pieces, the number of ids that the tokenizer there gives and a hash of them. Neither belongs into the project: both hold others' text.
"""
import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer
from transformers.utils.chat_template_utils import render_jinja_template

PIECE = 1 << 18
CALL = {"type": "function", "function": {"name": "bash", "arguments": {"command": "ls -la \"a b\"", "depth": 2, "flags": [True, None]}}}
TOOLS = [{"type": "function", "function": {
    "name": "bash", "description": "Run a <command> & wait; say \"why\" — naïvely.",
    "parameters": {"type": "object", "properties": {
        "command": {"type": "string", "description": "The command"}, "depth": {"type": "integer", "default": 1},
        "flags": {"type": "array", "items": {"type": "boolean"}}}, "required": ["command"]}}}]
CONVERSATIONS = {
    "plain": [{"role": "user", "content": "Why is the jar empty?"}],
    "system": [{"role": "system", "content": "Judge."}, {"role": "user", "content": "  a\n\nb "},
               {"role": "assistant", "content": "yes"}, {"role": "user", "content": "<|im_end|> {{ 1 }}"}],
    "thoughts": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nfirst"},
                 {"role": "user", "content": "two"}, {"role": "assistant", "content": "<think>\nso\n</think>\n\nsecond"}],
    "reasoning": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "first", "reasoning_content": "hm\n"}],
    "calls": [{"role": "system", "content": "Work."}, {"role": "user", "content": "list"},
              {"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "content": "a\nb"},
              {"role": "tool", "content": "c"}, {"role": "assistant", "content": "two files", "tool_calls": [CALL, CALL]},
              {"role": "tool", "content": "{\"x\": 1}"}],
}


def templates(folder):
    for config in sorted(folder.glob("*/tokenizer_config.json")):
        values = json.loads(config.read_text())
        own = config.parent / "chat_template.jinja"
        template = own.read_text() if own.exists() else values.get("chat_template")
        if template:
            yield config.parent.name, template, values


def chats(folder):
    for name, template, values in templates(folder):
        for conversation, messages in CONVERSATIONS.items():
            for tools in (None, TOOLS):
                for thinking in ({}, {"enable_thinking": True}, {"enable_thinking": False}):
                    for generation in (True, False):
                        given = dict(thinking, add_generation_prompt=generation, bos_token=values.get("bos_token"),
                                     eos_token=values.get("eos_token"))
                        try:
                            text = render_jinja_template([messages], tools=tools, chat_template=template, **given)[0][0]
                        except Exception as error:
                            text = None
                            print(f"{name} {conversation}: {error}")
                        yield {"name": f"{name} {conversation} tools={bool(tools)} {given}", "template": template,
                               "values": dict(given, messages=messages, tools=tools), "text": text}


def hashed(ids):
    state = 0xCBF29CE484222325
    for number in ids:
        state = ((state ^ number) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def pieces(path):
    text = path.read_bytes().decode("utf-8", errors="replace")
    for start in range(0, len(text), PIECE):
        yield start, text[start:start + PIECE]


def tokens(corpus, most):
    tokenizer = Tokenizer.from_file(str(next(corpus.glob("tokenizers/*/tokenizer.json"))))
    seen = 0
    for path in sorted(corpus.rglob("*")):
        if not path.is_file() or path.is_symlink() or b"\0" in path.read_bytes()[:4096]:
            continue
        for start, text in pieces(path):
            if seen > most << 20:
                return
            seen += len(text)
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            yield {"path": str(path.relative_to(corpus)), "start": start, "count": len(ids), "hash": hashed(ids)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "chat.json").write_text(json.dumps(list(chats(args.corpus / "tokenizers")), ensure_ascii=False))
    (args.out / "tokens.json").write_text(json.dumps(list(tokens(args.corpus, args.megabytes))))


if __name__ == "__main__":
    main()

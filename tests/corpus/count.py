#!/usr/bin/env python3
"""Counts what the folders of the corpus hold, by the fields of the files alone, and prints tests/corpus/counts.toml.

    python3 tests/corpus/count.py CORPUS > tests/corpus/counts.toml

Knows nothing of rollscope. A trajectory is what the format calls one (a file, a row, a session, a sample); a turn is a
message that is not the answer to a call; `patch` counts fields that hold a patch, empty ones included; resolved and
unresolved come from the row, from the report beside it, or from the list of the resolved of its run.
"""
import glob, json, os, re, sys, zipfile
from collections import OrderedDict

ROOT = sys.argv[1]


def at(value, path, default=None):
    for step in path.split("/"):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return default
    return value


def load(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return json.load(file)


def rows(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:
                    pass


def files(pattern):
    return sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True))


def stem(path):
    return re.sub(r"(\.(traj|json|jsonl|md|eval))+$", "", os.path.basename(path))


def parent(path, up=1):
    for _ in range(up):
        path = os.path.dirname(path)
    return os.path.basename(path)


def row(path, task, run, turns, patch=None, resolved=None, record=None, calls=None, results=None):
    """One trajectory. `patch` is its text, or None where no field holds one."""
    place = os.path.relpath(path, ROOT) + (f"#{record}" if record else "")
    return dict(id=place, task=str(task), run=run, turns=turns, patch=patch, resolved=resolved, calls=calls, results=results)


# ---- messages of chats

def spoken(messages, results=("tool",)):
    """Turns, calls and results of a list of OpenAI messages."""
    turns = calls = answers = 0
    last = None
    for message in messages:
        role = message.get("role") or message.get("from")
        if role in results:
            answers += 1
            # An answer to nobody stands alone.
            turns += last != "assistant"
        else:
            turns += 1
            last = role
        calls += len(message.get("tool_calls") or [])
    return turns, calls, answers


# ---- formats

def swe_agent(pattern, run_of, labels=lambda path, task: None, task_of=stem):
    for path in files(pattern):
        value = load(path)
        if "history" not in value:
            continue
        steps = value.get("trajectory") or []
        history = [m for m in value.get("history", []) if not m.get("is_demo")]
        answers = [i for i, m in enumerate(history) if m["role"] == "assistant"]
        demonstrations = 0
        before = None
        for m in value.get("history", []):
            demonstrations += bool(m.get("is_demo")) and not before
            before = m.get("is_demo")
        if steps:
            turns = len(steps) + (answers[0] if answers else len(history))
            results = sum(1 for s in steps if isinstance(s.get("observation"), str))
            made = [history[i] for i in answers[:len(steps)]]
            made += [{}] * (len(steps) - len(made))
            calls = sum(len(m.get("tool_calls") or []) or bool((s.get("action") or "").strip()) for m, s in zip(made, steps))
        else:
            opening = answers[0]
            turns, results = opening + len(answers), len(history) - opening - len(answers)
            calls = sum(len(m.get("tool_calls") or []) or bool((m.get("action") or "").strip()) for m in history)
        task = task_of(path)
        yield row(path, task, run_of(path), turns + demonstrations, at(value, "info/submission"), labels(path, task), None, calls, results)


def mini(pattern, run_of, labels=lambda path, task: None):
    for path in files(pattern):
        value = load(path)
        messages = value if isinstance(value, list) else value["messages"]
        turns = calls = results = 0
        acted = False
        for message in messages:
            role = message["role"]
            if role == "tool" or (role == "user" and acted):
                results += 1
                acted = acted and role == "tool"
                continue
            turns += 1
            structured = len(message.get("tool_calls") or [])
            written = role == "assistant" and not structured and len(re.findall(r"```(?:bash|mswea_bash_command)\n", str(message["content"]))) == 1
            calls += structured + written
            acted = role == "assistant" and written
        task = at(value, "instance_id") if isinstance(value, dict) else None
        patch = at(value, "info/submission") if isinstance(value, dict) else None
        yield row(path, task or stem(path), run_of(path), turns, patch, labels(path, task), None, calls, results)


def predictions(path, run_of=lambda path, value: parent(path), resolved=None, keep=lambda task: True):
    """Rows of instance_id and model_patch, as lines, a list, or an object."""
    try:
        value = load(path)
        items = value.items() if isinstance(value, dict) else ((str(i), v) for i, v in enumerate(value, 1))
        if isinstance(value, dict) and "instance_id" in value:
            items = [(None, value)]
    except ValueError:
        items = [(str(n), v) for n, v in rows(path)]
    for record, value in items:
        task = value["instance_id"]
        if keep(task):
            label = None if resolved is None else resolved(task)
            yield row(path, task, run_of(path, value), 0, value["model_patch"] or "", label, record, 0, 0)


def chat_rows(path, key, task_of, run_of, patch_of, label_of, text_results=False):
    for record, value in rows(path):
        messages = value[key]
        if isinstance(messages, str):
            messages = json.loads(messages)
        turns, calls, results = spoken(messages)
        yield row(path, task_of(value, record), run_of(value), None if text_results else turns, patch_of(value), label_of(value), record,
                  None if text_results else calls, None if text_results else results)


# ---- folders

def agentless():
    for path in files("agentless/*.jsonl"):
        for record, value in rows(path):
            turns = 0
            for key in ("file_traj", "related_loc_traj", "edit_loc_traj"):
                stage = value.get(key)
                for one in stage if isinstance(stage, list) else [stage] if stage else []:
                    answers = one["response"] if isinstance(one["response"], list) else [one["response"]]
                    turns += bool(one.get("prompt")) + len([a for a in answers if a])
            yield row(path, value["instance_id"], stem(path), turns, value.get("model_patch"), None, record, 0, 0)


def aider():
    tasks = set()
    known = {value["instance_id"]: value["model_patch"] for _, value in rows(files("aider-lite/all_preds.jsonl")[0])}
    for path in files("aider-lite/*.md"):
        text = open(path, encoding="utf-8").read()
        sessions = len(re.findall(r"^# aider chat started at ", text, re.M))
        tasks.add(stem(path))
        # The prediction of a file stands beside it and fills one of its sessions.
        for index in range(sessions):
            patch = known.get(stem(path)) if index == 0 else None
            yield row(path, stem(path), "aider-lite", None, patch, None, f"session-{index + 1}" if sessions > 1 else None)
    yield from predictions(files("aider-lite/all_preds.jsonl")[0], keep=lambda task: task not in tasks)


def atif():
    for path in files("atif/*.json*"):
        value = [v for _, v in rows(path)] if path.endswith("l") else load(path)
        head, steps = (value[0], value[1:]) if isinstance(value, list) else (value, value.get("steps"))
        if "schema_version" in head:
            calls = sum(len(s.get("tool_calls") or []) for s in steps)
            given = [r for s in steps for r in at(s, "observation/results") or [] if r.get("content") is not None]
            yield row(path, re.sub(r"\.(atif|trajectory)$", "", stem(path)) if ".trajectory" in path else stem(path), "atif",
                      len(steps), None, None, None, calls, len(given))


def augment():
    for path in files("augment/*.jsonl"):
        for record, value in rows(path):
            for index, (diff, outcome) in enumerate(zip(value["diffs"], value["eval_outcomes"]), 1):
                yield row(path, value["id"], stem(path), 1, diff, outcome["is_success"], f"{record}/candidate-{index}", 0, 0)


def autocoderover():
    runs = {}
    # Judged twice; what the older report lists as resolved is in the newer one, too.
    for path in files("autocoderover/acr-run-*/new_eval_results/report.json"):
        runs[parent(path, 2)] = load(path)
    solved = lambda run, task: task in runs[run]["resolved"]
    own = {}
    for folder in files("autocoderover/*/*/*/meta.json"):
        folder, meta = os.path.dirname(folder), load(folder)
        run = os.path.relpath(folder, os.path.join(ROOT, "autocoderover")).split(os.sep)[0]
        last = sorted(glob.glob(os.path.join(folder, "conversation_round_*.json")))[-1]
        messages = load(last)
        for path in sorted(glob.glob(os.path.join(folder, "debug_agent_write_patch_*.json"))):
            thread = load(path)
            common = 1
            while common < min(len(messages), len(thread)) and messages[common] == thread[common]:
                common += 1
            messages = messages + thread[common:]
        patch = open(sorted(glob.glob(os.path.join(folder, "extracted_patch_*.diff")))[-1], newline="").read()
        own.setdefault(run, set()).add(meta["task_id"])
        yield row(folder, meta["task_id"], run, len(messages), patch, solved(run, meta["task_id"]), None, 0, 0)
    for path in files("autocoderover/*/predictions_for_swebench.json"):
        run = parent(path)
        yield from predictions(path, resolved=lambda task: solved(run, task), keep=lambda task: task not in own.get(run, ()))


def claude(pattern, run_of):
    """One turn per message id of the API, prompt, and event beside; results go to their calls."""
    for path in files(pattern):
        turns = calls = results = 0
        speaking = patch = None
        asked, wrote = set(), {}
        for _, event in rows(path):
            content = at(event, "message/content")
            blocks = content if isinstance(content, list) else [{"type": "text"}] if content else []
            answers = [b for b in blocks if b.get("type") == "tool_result"]
            edited = event.get("toolUseResult")
            wrote |= {b["id"]: b["name"] for b in blocks if b.get("type") == "tool_use" and b["name"] in ("Edit", "MultiEdit", "Write")}
            for b in answers:
                made = wrote.get(b["tool_use_id"])
                if made and not b.get("is_error") and (made != "Write" or "created" in json.dumps(b["content"])):
                    patch = "?"
            if isinstance(edited, dict) and edited.get("filePath") and ("originalFile" in edited or edited.get("type") == "create"):
                patch = "?"
            calls += sum(b.get("type") == "tool_use" for b in blocks)
            results += len(answers)
            if event["type"] == "assistant":
                same = at(event, "message/id") is not None and at(event, "message/id") == speaking
                turns += not same
                speaking = at(event, "message/id")
                asked |= {b["id"] for b in blocks if b.get("type") == "tool_use"}
            elif event["type"] == "user":
                orphans = [b for b in answers if b["tool_use_id"] not in asked]
                fresh = len(blocks) > len(answers) or (not blocks) or len(orphans) > 0
                turns += fresh
                speaking = None if fresh else speaking
            else:
                turns += 1
                speaking = None
        yield row(path, stem(path), run_of(path), turns, patch, None, None, calls, results)


def responses_items(items):
    """A turn of the model lasts until one of its calls is answered or somebody else speaks."""
    turns = calls = results = 0
    open_turn = False
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") != "assistant":
            turns, open_turn = turns + 1, False
        elif kind.endswith("_output"):
            results, open_turn = results + 1, False
        else:
            turns += not open_turn
            open_turn = True
            calls += kind.endswith("_call")
    return turns, calls, results


def codex(pattern, run_of):
    for path in files(pattern):
        items, system = [], 0
        for _, line in rows(path):
            kind, payload = line.get("type"), line.get("payload", line)
            if kind == "response_item":
                items.append(payload)
            elif kind == "session_meta":
                system += bool(payload.get("instructions") or at(payload, "base_instructions"))
        turns, calls, results = responses_items(items)
        yield row(path, stem(path), run_of(path), turns + system, None, None, None, calls, results)


def gemini():
    for path in files("gemini-cli/*.json"):
        turns = calls = results = 0
        for message in load(path):
            answers = [p for p in message["parts"] if "functionResponse" in p]
            calls += sum("functionCall" in p for p in message["parts"])
            results += len(answers)
            turns += not answers or len(answers) < len(message["parts"])
        yield row(path, stem(path), "gemini-cli", turns, None, None, None, calls, results)
    for path in files("session-fixtures/agentsview/gemini/*.json"):
        value = load(path)
        turns = len(value["messages"])
        calls = sum(len(m.get("toolCalls") or []) for m in value["messages"])
        results = sum(1 for m in value["messages"] for c in m.get("toolCalls") or [] if c.get("result") is not None)
        yield row(path, stem(path), "gemini", turns, None, None, None, calls, results)


def harbor():
    for path in files("harbor/*.json"):
        value = load(path)
        run = os.path.basename(at(value, "config/trials_dir"))
        yield row(path, value["task_name"], run, 0, None, at(value, "verifier_result/rewards/reward") >= 1, None, 0, 0)


def hf():
    patch = lambda *keys: lambda value: next((at(value, k) for k in keys if at(value, k) is not None), None)
    folder = "hf-sample-rows/"
    one = lambda name: files(folder + name + ".jsonl")[0]
    numbered = lambda name: lambda value, record: value.get("id", f"{name}#{record}")
    yield from chat_rows(one("agenttuning_os"), "conversations", numbered("agenttuning_os"), lambda v: "agenttuning_os", patch("none"), lambda v: None, True)
    yield from chat_rows(one("codeact"), "conversations", numbered("codeact"), lambda v: "codeact", patch("none"), lambda v: None, True)
    yield from chat_rows(one("sweplay"), "messages", numbered("sweplay"), lambda v: "sweplay", patch("none"), lambda v: None, True)
    yield from chat_rows(one("minicoder"), "messages", lambda v, r: v["instance_id"], lambda v: v["model"], patch("patch"), lambda v: v["verified"], True)
    yield from chat_rows(one("swesmith"), "messages", lambda v, r: v["instance_id"], lambda v: v["model"], patch("patch"), lambda v: v["resolved"], True)
    yield from chat_rows(one("swegym"), "messages", lambda v, r: v["instance_id"], lambda v: v["run_id"], patch("test_result/git_patch"), lambda v: v["resolved"])
    yield from chat_rows(one("nebius"), "trajectory", lambda v, r: v["instance_id"], lambda v: v["model_name"], patch("generated_patch"), lambda v: v["target"], True)
    for record, value in rows(one("openhands")):
        yield row(one("openhands"), f"openhands#{record}", "openhands", None, None, None, record)


def inspect():
    def sample_row(path, run, sample):
        messages = sample["messages"] or [{"role": "user"}]
        turns, calls, results = spoken(messages)
        values = [s["value"] for s in (sample.get("scores") or {}).values()]
        first = values[0] if values else None
        label = {"C": True, "I": False, "N": False, 1: True, 0: False}.get(first if isinstance(first, (str, int, float)) else None)
        return row(path, sample["id"], run, turns, None, label, f"{sample['id']}-epoch-{sample['epoch']}", calls, results)

    for path in files("inspect/*"):
        if path.endswith(".eval"):
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if n.startswith("samples/")):
                    yield sample_row(path, stem(path), json.loads(archive.read(name)))
        else:
            for sample in load(path).get("samples") or []:
                yield sample_row(path, stem(path), sample)


def multiswe_labels():
    known = {}
    for path in files("sweagent0-multiswe-java/*/results/results.json"):
        value = load(path)
        run = parent(path, 2)
        told = lambda keys: {i for k in keys for i in value.get(k) or []}
        good = told(["resolved"])
        bad = told(["no_generation", "generated", "with_logs", "applied", "unresolved", "test_errored", "install_fail",
                    "no_apply", "reset_failed", "test_timeout", "completed_ids", "submitted_ids", "error_ids", "empty_patch_ids", "unresolved_ids"])
        known[run] = lambda task, good=good, bad=bad: True if task in good else False if task in bad else None
    return known


def multiswe():
    known = multiswe_labels()
    label = lambda run, task: known[run](task) if run in known else None
    run_of = lambda path: os.path.relpath(path, os.path.join(ROOT, "sweagent0-multiswe-java")).split(os.sep)[0]
    own = list(swe_agent("sweagent0-multiswe-java/**/*.traj", run_of, lambda p, t: label(run_of(p), t)))
    yield from own
    seen = {(r["run"], r["task"]) for r in own}
    for path in files("sweagent0-multiswe-java/*/all_preds.jsonl"):
        run = parent(path)
        yield from predictions(path, resolved=lambda task: label(run, task), keep=lambda task: (run, task) not in seen)


def gpt4():
    known = {parent(path): load(path)["resolved"] for path in files("sweagent0-gpt4-lite/*/final_report.json")}
    label = lambda path, task: task in known[parent(path)]
    own = list(swe_agent("sweagent0-gpt4-lite/*/*.traj", parent, label))
    # A trajectory that ended without submitting has its patch in the predictions of its run.
    predicted = {(parent(path), v["instance_id"]): v["model_patch"] for path in files("sweagent0-gpt4-lite/*/all_preds.jsonl") for _, v in rows(path)}
    for one in own:
        if one["patch"] is None:
            # A null prediction is an empty patch.
            key = (one["run"], one["task"])
            one["patch"] = (predicted[key] or "") if key in predicted else None
    yield from own
    seen = {(r["run"], r["task"]) for r in own}
    for path in files("sweagent0-gpt4-lite/*/all_preds.jsonl"):
        run = parent(path)
        yield from predictions(path, resolved=lambda task: task in known[run], keep=lambda task: (run, task) not in seen)


def sonnet():
    known = {}
    for path in files("sweagent0-sonnet35-verified/**/*report*.json") + files("sweagent0-sonnet35-verified/**/*.json"):
        value = load(path)
        for task, verdict in value.items():
            if isinstance(verdict, dict) and "resolved" in verdict:
                known[task] = verdict["resolved"]
    yield from swe_agent("sweagent0-sonnet35-verified/**/*.traj", lambda path: "sweagent0-sonnet35-verified", lambda p, t: known.get(t))


def mini_dev():
    folder = "mini2-deepseek-dev/"
    own = list(mini(folder + "*/*/*.traj.json", lambda path: parent(path, 2)))
    yield from own
    seen = {(r["run"], r["task"]) for r in own}
    for path in files(folder + "*/preds.json"):
        run = parent(path)
        yield from predictions(path, keep=lambda task: (run, task) not in seen)


def mini_lite():
    known = {}
    for path in files("mini2-deepseek-lite/logs/**/report.json"):
        for task, verdict in load(path).items():
            known[task] = verdict["resolved"]
    own = list(mini("mini2-deepseek-lite/**/*.traj.json", lambda path: parent(path, 2), lambda p, t: known.get(t)))
    yield from own
    seen = {r["task"] for r in own}
    for path in files("mini2-deepseek-lite/**/preds.json"):
        yield from predictions(path, resolved=known.get, keep=lambda task: task not in seen)


def moatless_nodes():
    known = load(files("moatless04-sonnet-lite/resolved_submissions.subset.json")[0])
    for path in files("moatless04-sonnet-lite/*/trajectory.json"):
        value = load(path)
        task, run = at(value, "metadata/instance_id"), at(value, "metadata/evaluation_name")
        # The run is 20241117_moatless_tools_0_4_claude_3_5_sonnet_20241022; the list calls it by its date and its model.
        label = task in known and "20241117_moatless_claude-3.5-sonnet-20241022" in known[task]["resolved_submissions"]
        yield row(path, task, run, None, "?", label, None)


def moatless_old():
    for path in files("moatless-old/**/*trajectory.json"):
        info = load(path)["info"]
        yield row(path, info["instance_id"], info["evaluation_name"], None, info.get("submission"), None, None)
    yield from predictions(files("moatless-old/20240617_all_preds.jsonl")[0], lambda path, value: stem(path))


def moatless_tree():
    for path in files("moatless-tree-search/*.json"):
        value = load(path)
        def leaves(node):
            children = node.get("children") or []
            return sum(map(leaves, children)) if children else 1
        assert leaves(value["root"]) == 1
        yield row(path, at(value, "metadata/instance_id") or stem(path), "moatless-tree-search", None, "?", None, None)


def nemo():
    for path in files("nemo-gym/*.jsonl"):
        for record, value in rows(path):
            params = value["responses_create_params"]
            asked = params.get("input")
            items = asked if isinstance(asked, list) else [{"role": "user"}] if asked else []
            if not items and at(params, "metadata/problem_statement"):
                items = [{"role": "user"}]
            turns, calls, results = responses_items(items + value["response"]["output"])
            turns += bool(params.get("instructions"))
            task = next((at(value, k) for k in ("instance_id", "metadata/instance_id", "responses_create_params/metadata/instance_id", "task_id", "_ng_task_index") if at(value, k) is not None), None)
            resolved = value.get("resolved")
            report = at(value, "metadata/eval_report") or {}
            if resolved is None and task in report:
                resolved = report[task].get("resolved")
            if resolved is None:
                resolved = {1.0: True, 0.0: False}.get(value["reward"])
            patch = value.get("model_patch") if value.get("model_patch") is not None else at(value, "metadata/model_patch")
            task = f"{stem(path)}#{record}" if task is None else task
            run = next((at(value, k) for k in ("agent_ref/name", "instance_config/name", "harness") if at(value, k)), stem(path))
            yield row(path, task, run, turns, patch, resolved, record, calls, results)


def openhands_v0():
    path = files("openhands-v0/multi_swe_bench/output.jsonl")[0]
    for record, value in rows(path):
        run = os.path.basename(at(value, "metadata/eval_output_dir").rstrip("/"))
        yield row(path, value["instance_id"], run, None, at(value, "test_result/git_patch"), at(value, "report/resolved"), record)
    path = files("openhands-v0/gorilla*.jsonl")[0]
    for record, value in rows(path):
        run = os.path.basename(at(value, "metadata/eval_output_dir").rstrip("/"))
        yield row(path, value.get("instance_id") or value.get("question_id"), run, None, at(value, "test_result/git_patch"), value.get("correct", at(value, "test_result/correct")), record)
    path = files("openhands-v0/ui-trajs/basic.json")[0]
    yield row(path, "basic", "ui-trajs", None)
    path = os.path.dirname(files("openhands-v0/event-store/sessions/*/metadata.json")[0])
    yield row(path, os.path.basename(path), "event-store", None)
    yield from predictions(files("openhands-v0/swe_bench_example_model_output.json")[0], lambda path, value: stem(path))


def openhands_v1():
    path = files("openhands-v1/output.jsonl")[0]
    for record, value in rows(path):
        events = value["history"]
        turns, last = 0, None
        for event in events:
            if event["kind"] in ("ObservationEvent", "AgentErrorEvent", "UserRejectObservation"):
                continue
            response = event.get("llm_response_id")
            turns += not (event["kind"] == "ActionEvent" and response is not None and response == last)
            last = response
        asked = any(e["kind"] == "MessageEvent" and e["source"] == "user" for e in events)
        turns += not asked
        score = at(value, "test_result/final_score") or {}
        label = None if not score.get("total") else score["result"] >= score["total"]
        run = os.path.basename(at(value, "metadata/eval_output_dir").rstrip("/"))
        calls = sum(e["kind"] == "ActionEvent" for e in events)
        yield row(path, value["instance_id"], run, turns, None, label, record, calls, sum("Observation" in e["kind"] or e["kind"] == "AgentErrorEvent" for e in events))


def openhands_sdk():
    path = files("openhands-sdk/events.jsonl")[0]
    events = [e for _, e in rows(path)]
    asked = {e["tool_call_id"] for e in events if e["kind"] == "ActionEvent"}
    seen = sum(e["kind"] == "ObservationEvent" for e in events)
    paired = sum(e["kind"] == "ObservationEvent" and e["tool_call_id"] in asked for e in events)
    yield row(path, "events", "openhands-sdk", len(events) - paired, None, None, None, sum(e["kind"] == "ActionEvent" for e in events), seen)
    path = files("openhands-sdk/fncall-llm-message.json")[0]
    turns, calls, results = spoken(load(path))
    yield row(path, stem(path), "openhands-sdk", turns, None, None, None, calls, results)
    for folder in ("llm-logs", "nonfncall-llm-logs"):
        path = os.path.join(ROOT, "openhands-sdk", folder)
        log = load(sorted(glob.glob(path + "/*.json"))[-1])
        kept = log.get("fncall_messages") or log.get("raw_messages") or log["messages"]
        answer = at(log, "fncall_response/choices/0/message") or at(log, "raw_response/choices/0/message") or at(log, "response/choices/0/message")
        turns, calls, results = spoken(kept + [answer])
        yield row(path, folder, "openhands-sdk", turns, None, None, None, None, results)


def polydev():
    solved = {name: load(files(f"polydev-verified/*validation-{name}-eval.json")[0]) for name in ("baseline", "polydev")}
    for path in files("polydev-verified/*/*.jsonl"):
        run = parent(path)
        tasks = [value["instance_id"] for _, value in rows(path) if "model_patch" in value]
        for record, value in rows(path):
            if "model_patch" in value:
                good, bad = solved[run]["resolved_ids"], solved[run]["submitted_ids"]
                task = value["instance_id"]
                # Two rows of one task hold different patches: which of them was judged is not said.
                once = tasks.count(task) == 1
                label = None if not once else True if task in good else False if task in bad else None
                yield row(path, task, run, 0, value["model_patch"] or "", label, record, 0, 0)


def pi():
    run = "memex"
    for path in files("session-fixtures/memex/*.jsonl"):
        events = [e for _, e in rows(path)]
        if any(e.get("type") == "session" for e in events):
            turns = calls = results = 0
            for event in events:
                role = at(event, "message/role")
                content = at(event, "message/content")
                answered = role in ("toolResult", "tool")
                turns += event["type"] != "session" and not answered
                results += answered
                calls += sum(b.get("type") in ("toolCall", "tool_use") for b in content) if isinstance(content, list) else 0
            yield row(path, stem(path), run, turns, None, None, None, calls, results)


def fixtures():
    yield from claude("session-fixtures/agentsview/claude/*.jsonl", parent)
    yield from claude("session-fixtures/memex/claude.jsonl", parent)
    yield from codex("session-fixtures/agentsview/codex/*.jsonl", parent)
    yield from codex("session-fixtures/memex/codex.jsonl", parent)
    yield from (r for r in gemini() if "session-fixtures" in r["id"])
    yield from pi()


def demos():
    yield from swe_agent("sweagent-demos/**/*.traj", lambda path: parent(path) if parent(path) != "sweagent-demos" else "sweagent-demos")
    path = files("sweagent-demos/commit0_portalocker_madeup_cmd.traj")[0]
    yield from predictions(path)
    path = files("sweagent-demos/llm_interactions*.jsonl")[0]
    # A log of requests, each with the chat so far: one conversation per different first prompt.
    openings = {json.dumps(value["messages"][:2]) for _, value in rows(path) if value["type"] == "request"}
    for index in range(len(openings)):
        yield row(path, stem(path), "sweagent-demos", None, None, None, f"session-{index + 1}" if index else None)


def smith():
    reports = load(files("sweagent1-swesmith/run_evaluation/report.json")[0])
    found = list(swe_agent("sweagent1-swesmith/**/*.traj", lambda path: "sweagent1-swesmith"))
    for path in files("sweagent1-swesmith/*.jsonl"):
        for record, value in rows(path):
            found.append(row(path, value["instance_id"], stem(path), None, value.get("patch") or value.get("model_patch"), None, record))
    tasks = [one["task"] for one in found]
    for one in found:
        # The trajectory and a row of training data share a task: the report does not say which of them it judged.
        if tasks.count(one["task"]) == 1:
            one["resolved"] = True if one["task"] in reports["ids_resolved"] else False if one["task"] in reports["ids_unresolved"] else None
        yield one


def tau():
    for path in files("tau-bench/*.jsonl"):
        for record, value in rows(path):
            text = value["messages_display"]
            speakers = re.findall(r"^(system|user|assistant|tool): ", text, re.M)
            yield row(path, f"{stem(path)}#{record}", stem(path), sum(s != "tool" for s in speakers), None, None, record, 0, speakers.count("tool"))


def trae():
    for path in files("trae-agent/*.jsonl"):
        for record, value in rows(path):
            for index, (patch, good) in enumerate(zip(value["patches"], value["success_id"]), 1):
                yield row(path, value["instance_id"], stem(path), 1, patch, bool(good), f"{record}/candidate-{index}", 0, 0)


def verifiers():
    for path in files("verifiers/*/results.jsonl"):
        for record, value in rows(path):
            turns, calls, results = spoken(value["prompt"] + value["completion"])
            label = {1.0: True, 0.0: False}.get(value["reward"])
            yield row(path, value.get("example_id", value.get("id")), parent(path), turns, None, label, record, calls, results)


FOLDERS = OrderedDict([
    ("agentless", (agentless, "rows; a prompt and its answers per stage are turns")),
    ("aider-lite", (aider, "sessions by their headings, predictions of tasks without a history; turns are not counted")),
    ("atif", (atif, "files with schema_version; steps are turns")),
    ("augment", (augment, "one trajectory per diff, label from eval_outcomes")),
    ("autocoderover", (autocoderover, "folders with meta.json; predictions of the rest; labels from report.json of the run")),
    ("claude-code", (lambda: claude("claude-code/*.jsonl", parent), "lines, joined by message id; results go to their calls")),
    ("codex", (lambda: codex("codex/*.jsonl", parent), "response items; what the model puts out between outputs is one turn")),
    ("gemini-cli", (lambda: (r for r in gemini() if r["id"].startswith("gemini-cli")), "contents that are not only functionResponse")),
    ("gold-swebench-lite-rows", (lambda: [], "tasks, no trajectories")),
    ("gold-swebench-verified", (lambda: [], "tasks, no trajectories")),
    ("harbor", (harbor, "the trial result, no turns; label from its reward")),
    ("hf-sample-rows", (hf, "rows; turns only where calls are structure and not text")),
    ("inspect", (inspect, "samples of all epochs; label from the first score")),
    ("llm-agents-study", (lambda: [], "plain text of no format")),
    ("mini1-misc", (lambda: mini("mini1-misc/*.json", parent), "messages; the user after a command is its result")),
    ("mini2-deepseek-dev", (mini_dev, "messages; predictions of tasks without a trajectory in their run; which run the report judges is not said")),
    ("mini2-deepseek-lite", (mini_lite, "messages; predictions of the rest; labels from the harness reports")),
    ("mini2-misc", (lambda: [r for r in mini("mini2-misc/*.traj.json", parent)] + list(predictions(files("mini2-misc/results.json")[0])), "messages; results.json is an object of predictions")),
    ("moatless-old", (moatless_old, "trajectory files and predictions; turns are not counted")),
    ("moatless-tree-search", (moatless_tree, "trees, each with one leaf; turns are not counted")),
    ("moatless04-sonnet-lite", (moatless_nodes, "files; label from the list of resolved submissions")),
    ("nemo-gym", (nemo, "rows; items of the response; label from resolved, eval_report or reward")),
    ("openclaw-telemetry", (lambda: [row(p, stem(p), parent(p), None) for p in files("openclaw-telemetry/*")], "one file is one session")),
    ("openhands-sdk", (openhands_sdk, "an event file, a bare chat, and the last file of each folder of logs")),
    ("openhands-v0", (openhands_v0, "rows, an event list, an event folder, predictions; turns are not counted")),
    ("openhands-v1", (openhands_v1, "events; actions of one response are one turn; the instruction is one where no event holds it")),
    ("parquet", (lambda: [], "a table of scan results, no trajectories")),
    ("polydev-verified", (polydev, "predictions of two runs, labels from their reports")),
    ("r2egym-reports", (lambda: [], "reports and rewards, no trajectories")),
    ("session-fixtures", (fixtures, "as the formats above")),
    ("sweagent-demos", (demos, "trajectories, a prediction, and a log of requests that repeat the chat")),
    ("sweagent0-gpt4-lite", (gpt4, "trajectories, predictions of the rest, resolved lists of three runs")),
    ("sweagent0-multiswe-java", (multiswe, "trajectories, predictions of the rest, results.json per run")),
    ("sweagent0-sonnet35-verified", (sonnet, "trajectories, a report per instance")),
    ("sweagent1-swesmith", (smith, "trajectory and rows; the report of the run judges the trajectory")),
    ("tau-bench", (tau, "rows; speakers by the heads of their lines")),
    ("tokenizers", (lambda: [], "files of a tokenizer, no trajectories")),
    ("trae-agent", (trae, "one trajectory per patch, label from success_id")),
    ("verifiers", (verifiers, "rows; messages of prompt and completion")),
])


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def main():
    print("# What the folders of the corpus hold. Written by tests/corpus/count.py, which reads the files and not the program.")
    print("# A number that is absent was not counted; `spot` is every so-manieth trajectory with what its source says of it.")
    for name, (count, how) in FOLDERS.items():
        found = list(count())
        assert os.path.isdir(os.path.join(ROOT, name)), name
        print(f"\n[[folder]]\nname = {quoted(name)}\nhow = {quoted(how)}")
        print(f"trajectories = {len(found)}")
        print(f"tasks = {len({r['task'] for r in found})}")
        print(f"runs = {len({r['run'] for r in found})}")
        for key in ("turns", "calls", "results"):
            if all(r[key] is not None for r in found):
                print(f"{key} = {sum(r[key] for r in found)}")
        print(f"patches = {sum(r['patch'] is not None for r in found)}")
        for key, label in (("resolved", True), ("unresolved", False), ("unknown", None)):
            print(f"{key} = {sum(r['resolved'] is label for r in found)}")
        for one in found[:: max(1, len(found) // 6)]:
            cells = [f"id = {quoted(one['id'])}", f"task = {quoted(one['task'])}", f"run = {quoted(one['run'])}"]
            if one["turns"] is not None:
                cells.append(f"turns = {one['turns']}")
            if one["patch"] != "?":
                cells.append("patch = -1" if one["patch"] is None else f"patch = {len(one['patch'].encode())}")
            if one["resolved"] is not None:
                cells.append(f"resolved = {str(one['resolved']).lower()}")
            print("[[folder.spot]]\n" + "\n".join(cells))


if __name__ == "__main__":
    main()

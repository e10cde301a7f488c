//! A trajectory as a page: a head per turn, then its thoughts, texts, calls and results, told apart.

use super::call::{self, Deed, digest};
use super::{Block, Chapter, Kind, Page, patch, prose};
use crate::trajectory::{Part, PartKind, Role, Trajectory, Turn};

pub fn turns_page(trajectory: &Trajectory) -> Page {
    let mut page = Page::default();
    let mut last_call: Option<(&Part, usize)> = None;
    for (nth, turn) in trajectory.turns.iter().enumerate() {
        if nth > 0 {
            page.blocks.push(Block::new(Kind::Blank, ""));
        }
        for call in turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall) {
            let before = last_call.filter(|(before, _)| before.same_action(call)).map_or(0, |(_, repeats)| repeats);
            last_call = Some((call, before + 1));
        }
        let repeats = last_call.filter(|_| acts(turn)).map_or(0, |(_, repeats)| repeats);
        page.chapters.push(Chapter { block: page.blocks.len(), number: nth + 1, repeats, ..chapter(turn) });
        page.blocks.push(head(nth + 1, turn));
        for part in &turn.parts {
            page.blocks.extend(part_blocks(turn.role, part));
        }
    }
    page
}

fn acts(turn: &Turn) -> bool {
    turn.parts.iter().any(|part| part.kind == PartKind::ToolCall)
}

fn chapter(turn: &Turn) -> Chapter {
    let call = turn.parts.iter().find(|part| part.kind == PartKind::ToolCall);
    let (deed, title) = match call {
        Some(call) => digest(call),
        None => (Deed::Say, role_name(turn.role).to_owned()),
    };
    Chapter { deed, title, failed: turn.failed(), ..Chapter::default() }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Other => "other",
    }
}

fn head(number: usize, turn: &Turn) -> Block {
    let ink = match turn.role {
        Role::System => "turn.system",
        Role::User => "turn.user",
        Role::Assistant => "turn.assistant",
        Role::Tool | Role::Other => "turn.other",
    };
    let mut facts = Vec::new();
    facts.extend(turn.tokens.map(|tokens| format!("{tokens} tok")));
    facts.extend(turn.cost_usd.filter(|cost| *cost > 0.0).map(|cost| format!("${cost:.3}")));
    Block::new(Kind::Head(ink), format!("{number} {}", role_name(turn.role))).facts(facts.join(" · "))
}

fn part_blocks(role: Role, part: &Part) -> Vec<Block> {
    match part.kind {
        PartKind::Text if role == Role::Assistant => prose::blocks(&part.text),
        PartKind::Text => prose::blocks(&part.text).into_iter().map(|block| block.folded(16, 0)).collect(),
        PartKind::Thought => vec![Block::new(Kind::Thought, part.text.trim()).folded(24, 0)],
        PartKind::ToolCall => call_blocks(part),
        PartKind::ToolResult => result_blocks(part),
        PartKind::Note => vec![Block::new(Kind::Note, part.text.trim_end())],
    }
}

fn call_blocks(call: &Part) -> Vec<Block> {
    let (deed, _) = digest(call);
    let name = call.name.as_deref().unwrap_or("call");
    let mark = if deed == Deed::Say { Deed::Run } else { deed }.mark();
    let mut blocks = vec![Block::new(Kind::Label("call"), format!("{mark} {name}"))];
    blocks.extend(call::blocks(call));
    blocks
}

fn result_blocks(result: &Part) -> Vec<Block> {
    let failed = result.exit_code.is_some_and(|code| code != 0);
    let (kind, ink) = if failed { (Kind::FailedResult, "result.failed") } else { (Kind::Result, "result.label") };
    let text = result.text.trim_end_matches('\n');
    let said = match result.exit_code {
        Some(0) => "✓ exit 0".to_owned(),
        Some(code) => format!("✗ exit {code}"),
        None => "result".to_owned(),
    };
    if text.is_empty() {
        return vec![Block::new(Kind::Label(ink), format!("└ {said}, no output"))];
    }
    let body = if patch::looks_like_diff(text) {
        patch::result(text).folded(30, 4)
    } else {
        Block::new(kind, text).folded(10, 5)
    };
    let label = Block::new(Kind::Label(ink), format!("└ {said}")).facts(size(body.len(), text.len()));
    vec![label, body]
}

fn size(lines: usize, bytes: usize) -> String {
    match (lines, bytes) {
        (1, _) => String::new(),
        (_, bytes) if bytes >= 10_000 => format!("{lines} lines · {} kB", bytes / 1000),
        _ => format!("{lines} lines"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn trajectory() -> Trajectory {
        let act = |command: &str, exit| {
            let call = Part::call("bash", json!({ "command": command }), None);
            Turn::assistant(vec![Part::thought("hm"), call, Part::result("out\n", None, Some(exit))])
        };
        let turns = vec![Turn::system("be good"), act("pytest", 1), act("pytest", 1), act("ls", 0)];
        Trajectory { turns, ..Trajectory::default() }
    }

    #[test]
    fn the_outline_tells_what_each_turn_did() {
        let page = turns_page(&trajectory());
        let told: Vec<_> = page.chapters.iter().map(|it| (it.deed, it.title.as_str(), it.failed, it.repeats)).collect();
        let expected = [
            (Deed::Say, "system", false, 0),
            (Deed::Run, "pytest", true, 1),
            (Deed::Run, "pytest", true, 2),
            (Deed::Look, "ls", false, 1),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn every_byte_of_a_result_is_on_the_page() {
        let text = (0..500).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        let turns = vec![Turn::assistant(vec![Part::result(&text, None, None)])];
        let page = turns_page(&Trajectory { turns, ..Trajectory::default() });
        let body = page.blocks.iter().find(|block| block.kind == Kind::Result).unwrap();
        let joined: Vec<_> = (0..body.len()).map(|nth| body.line(nth)).collect();
        assert_eq!(joined.join("\n"), text.trim_end());
    }
}

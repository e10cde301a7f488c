//! A trajectory as a page: a head per turn, then its thoughts, texts, calls and results, told apart.

use super::call::{self, Deed, digest};
use super::{Block, Chapter, Class, Kind, Page, moment, patch, prose};
use crate::trajectory::{Part, PartKind, Role, Trajectory, Turn};

pub fn turns_page(trajectory: &Trajectory) -> Page {
    let mut page = Page::default();
    let mut so_far = SoFar::default();
    for (nth, turn) in trajectory.turns.iter().enumerate() {
        if nth > 0 {
            page.blocks.push(Block::new(Kind::Blank, ""));
        }
        let chapter = Chapter { block: page.blocks.len(), number: nth + 1, ..so_far.chapter(turn) };
        page.blocks.push(head(&chapter, turn));
        let mut call = None;
        for part in &turn.parts {
            if part.kind == PartKind::ToolCall {
                call = Some(part);
            }
            page.blocks.extend(part_blocks(turn.role, part, call));
        }
        page.chapters.push(chapter);
    }
    page
}

/// What the turns before say of the next one.
#[derive(Default)]
struct SoFar<'t> {
    call: Option<(&'t Part, usize)>,
    file: Option<String>,
    seconds: Option<f64>,
}

impl<'t> SoFar<'t> {
    fn chapter(&mut self, turn: &'t Turn) -> Chapter {
        for call in turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall) {
            let before = self.call.filter(|(before, _)| before.same_action(call)).map_or(0, |(_, repeats)| repeats);
            self.call = Some((call, before + 1));
        }
        let now = turn.timestamp.as_deref().and_then(moment::seconds);
        let seconds = now.zip(self.seconds).map(|(now, before)| now - before).filter(|passed| *passed >= 0.0);
        self.seconds = now.or(self.seconds);
        let chapter = chapter(turn);
        // An editor that is told lines alone edits the file it has open.
        self.file = chapter.file.clone().or(self.file.take());
        let file = if chapter.deed == Deed::Edit { self.file.clone() } else { chapter.file.clone() };
        let repeats = self.call.filter(|_| acts(turn)).map_or(0, |(_, repeats)| repeats);
        Chapter { repeats, file, seconds, ..chapter }
    }
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
    Chapter {
        deed,
        title,
        failed: turn.failed(),
        file: call.and_then(call::touched).map(str::to_owned),
        bytes: turn.parts.iter().map(size_of).sum(),
        tokens: turn.tokens,
        cost_usd: turn.cost_usd.filter(|cost| *cost > 0.0),
        exit_code: turn.parts.iter().rev().find_map(|part| part.exit_code),
        ..Chapter::default()
    }
}

fn size_of(part: &Part) -> usize {
    let arguments = part.arguments.as_ref().filter(|_| part.text.is_empty());
    part.text.len() + arguments.map_or(0, |arguments| arguments.to_string().len())
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

fn head(chapter: &Chapter, turn: &Turn) -> Block {
    let ink = match turn.role {
        Role::System => "turn.system",
        Role::User => "turn.user",
        Role::Assistant => "turn.assistant",
        Role::Tool | Role::Other => "turn.other",
    };
    let mut facts = Vec::new();
    facts.extend(chapter.seconds.map(moment::duration));
    facts.extend((chapter.bytes >= 1000).then(|| bytes(chapter.bytes)));
    facts.extend(chapter.tokens.map(|tokens| format!("{tokens} tok")));
    facts.extend(chapter.cost_usd.map(|cost| format!("${cost:.3}")));
    Block::new(Kind::Head(ink), format!("{} {}", chapter.number, role_name(turn.role))).facts(facts.join(" · "))
}

/// `call` is the call that a result answers, as far as their order tells.
fn part_blocks(role: Role, part: &Part, call: Option<&Part>) -> Vec<Block> {
    match part.kind {
        PartKind::Text if role == Role::Assistant => prose::blocks(&part.text),
        PartKind::Text => {
            let blocks = prose::blocks(&part.text).into_iter().map(|block| block.folded(16, 0));
            let told = matches!(role, Role::System | Role::User);
            blocks.map(|block| if told { block.class(Class::Instructions) } else { block }).collect()
        }
        PartKind::Thought => {
            vec![Block::new(Kind::Thought, part.text.trim()).folded(24, 0).class(Class::Thoughts)]
        }
        PartKind::ToolCall => call_blocks(part),
        PartKind::ToolResult => result_blocks(part, call),
        PartKind::Note => vec![Block::new(Kind::Note, part.text.trim_end())],
    }
}

fn call_blocks(call: &Part) -> Vec<Block> {
    let (deed, _) = digest(call);
    let name = call.name.as_deref().unwrap_or("call");
    let mark = if deed == Deed::Say { Deed::Run } else { deed }.mark();
    let mut blocks = vec![Block::new(Kind::Label("call"), format!("{mark} {name}"))];
    blocks.extend(call::blocks(call).into_iter().map(|block| block.class(Class::Calls)));
    blocks
}

fn result_blocks(result: &Part, call: Option<&Part>) -> Vec<Block> {
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
        let looked_at = call.filter(|call| digest(call).0 == Deed::Look).and_then(call::touched);
        Block::new(kind, text).language(looked_at).with_colours().folded(10, 5)
    };
    let label = Block::new(Kind::Label(ink), format!("└ {said}")).facts(size(body.len(), text.len()));
    vec![label, body.class(Class::Results)]
}

fn size(lines: usize, size: usize) -> String {
    match (lines, size) {
        (1, ..10_000) => String::new(),
        (_, 10_000..) => format!("{} · {}", count(lines), bytes(size)),
        _ => count(lines),
    }
}

fn count(lines: usize) -> String {
    format!("{lines} line{}", if lines == 1 { "" } else { "s" })
}

/// `812 B`, `31 kB`, `10 MB`.
fn bytes(size: usize) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..10_000 => format!("{:.1} kB", size as f64 / 1e3),
        10_000..1_000_000 => format!("{} kB", size / 1_000),
        _ => format!("{:.1} MB", size as f64 / 1e6),
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

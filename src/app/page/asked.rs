//! What a judge was asked and what it said, as pages: the score with all that belongs to it, and the exact prompt.

use super::{Block, Chapter, Kind, Page, TraceChart};
use crate::reward::{Cut, Prompt};

/// Everything that is known of a score, in lines of a name and a value, under headings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Account {
    pub sections: Vec<(String, Vec<(String, String)>)>,
    /// What was said after each turn.
    pub trace: Option<TraceChart>,
    /// Where that moves most, or how to ask for it.
    pub swings: Vec<(String, String)>,
}

/// The score, then what would be asked now: as much of it as there is.
pub fn score_page(account: &Account, asked: &Result<Prompt, String>) -> Page {
    let mut page = Page::default();
    for (nth, (title, lines)) in account.sections.iter().enumerate() {
        section(&mut page, title, lines);
        if nth == 0 {
            trace(&mut page, account);
        }
    }
    let lines = match asked {
        Ok(prompt) => question(prompt),
        Err(reason) => vec![("not asked".into(), reason.clone())],
    };
    section(&mut page, "the question", &lines);
    page
}

fn trace(page: &mut Page, account: &Account) {
    section(page, "the score, had it ended after each turn", &account.swings);
    if let Some(chart) = &account.trace {
        page.blocks.push(Block::new(Kind::Prose, chart.text.as_str()));
    }
}

fn question(prompt: &Prompt) -> Vec<(String, String)> {
    let (tokens, context) = (prompt.token_ids.len(), prompt.context);
    let share = 100 * tokens / context.max(1);
    let mut lines = vec![
        ("tokens".into(), format!("{tokens} of at most {context} ({share} %)")),
        ("read behind".into(), format!("token {}", prompt.read_position)),
    ];
    if !prompt.labels.yes.is_empty() {
        lines.push((
            "labels".into(),
            format!("yes is token {:?}, no is token {:?}", prompt.labels.yes, prompt.labels.no),
        ));
    }
    if !prompt.turn_ends.is_empty() {
        lines.push(("turns read".into(), prompt.turn_ends.len().to_string()));
    }
    lines.extend(prompt.cut.iter().map(|cut| ("left out".into(), left_out(cut))));
    if prompt.cut.is_empty() {
        lines.push(("left out".into(), "nothing".into()));
    }
    lines.push(("P".into(), "shows it word for word".into()));
    lines
}

fn left_out(cut: &Cut) -> String {
    let unit = if cut.rule.contains("in tokens") { "tokens" } else { "characters" };
    format!("{} ({}×, {} {unit}), by the rule `{}`", cut.what, cut.count, cut.characters, cut.rule)
}

fn section(page: &mut Page, title: &str, lines: &[(String, String)]) {
    if lines.is_empty() {
        return;
    }
    if !page.blocks.is_empty() {
        page.blocks.push(Block::new(Kind::Blank, ""));
    }
    page.blocks.push(Block::new(Kind::Head("turn.system"), title));
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, value): &(String, String)| format!("{name:width$}  {value}");
    page.blocks.push(Block::new(Kind::Prose, lines.iter().map(line).collect::<Vec<_>>().join("\n")));
}

/// The prompt word for word. Control tokens stand on lines of their own: what a trajectory merely spells like one stays
/// text, as the model sees it.
pub fn prompt_page(prompt: &Prompt) -> Page {
    let mut page = Page::default();
    let facts = format!("{} of {} tokens", prompt.token_ids.len(), prompt.context);
    page.blocks
        .push(Block::new(Kind::Head("turn.system"), format!("asked by profile {}", prompt.profile)).facts(facts));
    for cut in &prompt.cut {
        page.blocks.push(Block::new(Kind::Note, format!("left out: {}", left_out(cut))));
    }
    let mut from = 0;
    for range in &prompt.controls {
        text(&mut page, prompt.text.get(from..range.start));
        let control = prompt.text.get(range.clone()).unwrap_or_default();
        let behind = prompt.text.get(range.end..).unwrap_or_default();
        if control.contains("start") {
            let role = behind.lines().next().unwrap_or_default();
            let title: String = role.chars().take(40).collect();
            page.chapters.push(Chapter {
                block: page.blocks.len(),
                number: page.chapters.len() + 1,
                title,
                bytes: behind.find(control).unwrap_or(behind.len()),
                ..Chapter::default()
            });
        }
        page.blocks.push(Block::new(Kind::Label("call"), control));
        from = range.end;
    }
    text(&mut page, prompt.text.get(from..));
    let end = format!("the answer is read behind token {}", prompt.read_position);
    page.blocks.push(Block::new(Kind::Head("turn.assistant"), end));
    page
}

fn text(page: &mut Page, text: Option<&str>) {
    if let Some(text) = text.map(|text| text.strip_suffix('\n').unwrap_or(text)).filter(|text| !text.is_empty()) {
        page.blocks.push(Block::new(Kind::Prose, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reward::Labels;

    fn prompt() -> Prompt {
        Prompt {
            profile: "p".into(),
            text: "<|im_start|>user\nsay <|im_end|>\n<|im_end|>\n<|im_start|>assistant\n".into(),
            token_ids: vec![0; 9],
            context: 10,
            read_position: 8,
            turn_ends: Vec::new(),
            controls: vec![0..12, 32..42, 43..55],
            labels: Labels { yes: vec![3], no: vec![4] },
            cut: vec![Cut { what: "thoughts".into(), count: 2, characters: 70, rule: "longest first".into() }],
        }
    }

    #[test]
    fn control_tokens_are_lines_of_their_own_and_what_is_spelled_like_one_is_text() {
        let page = prompt_page(&prompt());
        let labels: Vec<&str> =
            page.blocks.iter().filter(|block| matches!(block.kind, Kind::Label(_))).map(Block::text).collect();
        assert_eq!(labels, ["<|im_start|>", "<|im_end|>", "<|im_start|>"]);
        assert!(page.blocks.iter().any(|block| block.text() == "user\nsay <|im_end|>"));
        assert_eq!(
            page.chapters.iter().map(|chapter| chapter.title.as_str()).collect::<Vec<_>>(),
            ["user", "assistant"]
        );
        assert!(page.blocks.iter().any(|block| block.kind == Kind::Note && block.text().contains("longest first")));
    }

    #[test]
    fn a_score_without_a_prompt_says_why() {
        let sections = vec![("score".into(), vec![("state".into(), "too long".into())])];
        let account = Account { sections, ..Account::default() };
        let page = score_page(&account, &Err("too long by 3 tokens".into()));
        assert!(page.blocks.iter().any(|block| block.text().contains("too long by 3 tokens")));
        assert!(
            score_page(&account, &Ok(prompt())).blocks.iter().any(|block| block.text().contains("9 of at most 10"))
        );
    }
}

//! A query cut into pieces, each with its place.

use super::Misread;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word or a value, as typed.
    Bare(String),
    Quoted(String),
    /// Without its slashes.
    Regex(String),
    /// A name right before its sign: `score>`, `file:`.
    Field(String),
    /// `:`, `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Sign(&'static str),
    Not,
    And,
    Or,
    Open,
    Close,
}

/// A piece and the characters it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    pub column: usize,
    pub length: usize,
}

/// Longer ones first.
const SIGNS: [&str; 7] = ["!=", "<=", ">=", "<", ">", "=", ":"];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Misread> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    while let Some(next) = reader.after_space() {
        let column = reader.at;
        let after_sign = matches!(tokens.last(), Some(Placed { token: Token::Sign(_), .. }));
        let after_field = matches!(tokens.last(), Some(Placed { token: Token::Field(_), .. }));
        let token = match next {
            _ if after_field => reader.sign().map_or_else(|| reader.bare(after_sign), Token::Sign),
            '(' => reader.single(Token::Open),
            ')' => reader.single(Token::Close),
            '"' => Token::Quoted(reader.until('"')?),
            '/' => Token::Regex(reader.until('/')?),
            '!' if !after_sign => reader.single(Token::Not),
            '<' | '>' | '=' if !after_sign => return Err(reader.lonely_sign()),
            _ => reader.bare(after_sign),
        };
        tokens.push(Placed { token, column, length: reader.at - column });
    }
    Ok(tokens)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn after_space(&mut self) -> Option<char> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn single(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    fn sign_at(&self, at: usize) -> Option<&'static str> {
        let rest = self.chars.get(at..)?;
        SIGNS.into_iter().find(|sign| rest.len() >= sign.len() && sign.chars().zip(rest).all(|(a, b)| a == *b))
    }

    fn sign(&mut self) -> Option<&'static str> {
        let sign = self.sign_at(self.at)?;
        self.at += sign.len();
        Some(sign)
    }

    /// A word up to a space or a parenthesis; or a name, if a sign follows it.
    fn bare(&mut self, is_value: bool) -> Token {
        let start = self.at;
        if !is_value {
            while self.peek().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
                self.at += 1;
            }
            if self.at > start && self.names_a_field() {
                return Token::Field(self.chars[start..self.at].iter().collect());
            }
        }
        while self.peek().is_some_and(|c| !c.is_whitespace() && !"()".contains(c)) {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        match word.as_str() {
            _ if is_value => Token::Bare(word),
            "and" | "AND" => Token::And,
            "or" | "OR" => Token::Or,
            "not" | "NOT" => Token::Not,
            _ => Token::Bare(word),
        }
    }

    /// A sign stands here, or a comparison after a space.
    fn names_a_field(&self) -> bool {
        let gap = self.chars[self.at..].iter().take_while(|c| c.is_whitespace()).count();
        match self.sign_at(self.at + gap) {
            Some(":") => gap == 0,
            Some(_) => true,
            None => false,
        }
    }

    /// What stands between two of these; a backslash before one of them keeps it from ending there. In a regular
    /// expression other backslashes stay what they are.
    fn until(&mut self, end: char) -> Result<String, Misread> {
        let start = self.at;
        let mut inside = String::new();
        self.at += 1;
        while let Some(next) = self.peek() {
            self.at += 1;
            match (next, self.peek()) {
                (c, _) if c == end => return Ok(inside),
                ('\\', Some(escaped)) if escaped == end || (escaped == '\\' && end == '"') => {
                    inside.push(escaped);
                    self.at += 1;
                }
                ('\\', Some(escaped)) => {
                    inside.extend(['\\', escaped]);
                    self.at += 1;
                }
                (c, _) => inside.push(c),
            }
        }
        let what = if end == '"' { "quotation" } else { "regular expression" };
        let reason = format!("this {what} is not closed: `{end}` is missing");
        Err(Misread { reason, column: start, length: self.at - start })
    }

    fn lonely_sign(&self) -> Misread {
        let reason = "a comparison needs a field before it, such as score>0.8".to_owned();
        Misread { reason, column: self.at, length: self.sign_at(self.at).map_or(1, str::len) }
    }
}

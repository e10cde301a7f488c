//! What a stretch of code is, in few words. The grammars' scopes are hundreds of names; a theme wants to know twenty.

use std::sync::OnceLock;
use syntect::parsing::Scope;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Keyword,
    Operator,
    Punctuation,
    String,
    /// Escapes within strings.
    Escape,
    Number,
    /// `true`, `None`, named constants.
    Constant,
    Comment,
    Function,
    Type,
    /// Parameters, and variables that the language gives (`self`). Others are plain.
    Variable,
    /// Attributes of tags, decorators, keys of mappings.
    Attribute,
    Tag,
    Heading,
    Emphasis,
    Link,
    Added,
    Removed,
}

impl Role {
    pub const ALL: [Self; 18] = [
        Self::Keyword,
        Self::Operator,
        Self::Punctuation,
        Self::String,
        Self::Escape,
        Self::Number,
        Self::Constant,
        Self::Comment,
        Self::Function,
        Self::Type,
        Self::Variable,
        Self::Attribute,
        Self::Tag,
        Self::Heading,
        Self::Emphasis,
        Self::Link,
        Self::Added,
        Self::Removed,
    ];

    /// As themes spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Operator => "operator",
            Self::Punctuation => "punctuation",
            Self::String => "string",
            Self::Escape => "escape",
            Self::Number => "number",
            Self::Constant => "constant",
            Self::Comment => "comment",
            Self::Function => "function",
            Self::Type => "type",
            Self::Variable => "variable",
            Self::Attribute => "attribute",
            Self::Tag => "tag",
            Self::Heading => "heading",
            Self::Emphasis => "emphasis",
            Self::Link => "link",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }

    /// The role of text in `scope`, inside of text in the role `around`. Scopes that say nothing leave it as it is.
    pub(super) fn inside(around: Option<Self>, scope: Scope) -> Option<Self> {
        let Some((_, role)) = table().iter().find(|(prefix, _)| prefix.is_prefix_of(scope)) else { return around };
        match (around, role) {
            // The quotes and the text of a mapping's key are strings, too; that they are a key says more.
            (Some(Self::Attribute), Some(Self::String)) => around,
            _ => *role,
        }
    }
}

/// The first prefix that fits decides, so the longer ones come first. `None`: plain, whatever stands around.
const SCOPES: [(&str, Option<Role>); 60] = [
    ("comment", Some(Role::Comment)),
    ("punctuation.definition.comment", Some(Role::Comment)),
    ("punctuation.definition.string", Some(Role::String)),
    ("punctuation.definition.heading", Some(Role::Heading)),
    ("punctuation.definition.annotation", Some(Role::Attribute)),
    ("punctuation.separator.decimal", Some(Role::Number)),
    ("punctuation.section.interpolation", Some(Role::Escape)),
    ("punctuation.section.embedded", Some(Role::Escape)),
    ("punctuation.definition.inserted", Some(Role::Added)),
    ("punctuation.definition.deleted", Some(Role::Removed)),
    ("punctuation", Some(Role::Punctuation)),
    ("string", Some(Role::String)),
    ("constant.character.escape", Some(Role::Escape)),
    ("constant.other.placeholder", Some(Role::Escape)),
    ("constant.numeric", Some(Role::Number)),
    ("constant", Some(Role::Constant)),
    ("keyword.operator", Some(Role::Operator)),
    ("keyword", Some(Role::Keyword)),
    ("storage.type.numeric", Some(Role::Number)),
    ("storage.type.string", Some(Role::String)),
    ("storage", Some(Role::Keyword)),
    ("entity.name.function", Some(Role::Function)),
    ("entity.name.tag", Some(Role::Tag)),
    ("entity.name.section", Some(Role::Heading)),
    ("entity.name.constant", Some(Role::Constant)),
    ("entity.name.label", Some(Role::Constant)),
    ("entity.name", Some(Role::Type)),
    ("entity.other.attribute-name", Some(Role::Attribute)),
    ("entity.other.inherited-class", Some(Role::Type)),
    ("support.function", Some(Role::Function)),
    ("support.macro", Some(Role::Function)),
    ("support.type.property-name", Some(Role::Attribute)),
    ("support.type", Some(Role::Type)),
    ("support.class", Some(Role::Type)),
    ("support.constant", Some(Role::Constant)),
    ("support.variable", Some(Role::Variable)),
    ("variable.function", Some(Role::Function)),
    ("variable.annotation", Some(Role::Attribute)),
    ("variable.parameter", Some(Role::Variable)),
    ("variable.language", Some(Role::Variable)),
    ("meta.annotation", Some(Role::Attribute)),
    ("meta.mapping.key", Some(Role::Attribute)),
    ("meta.structure.dictionary.key", Some(Role::Attribute)),
    ("meta.diff.header", Some(Role::Heading)),
    ("meta.diff.index", Some(Role::Heading)),
    ("meta.diff.range", Some(Role::Attribute)),
    ("meta.toc-list", Some(Role::Attribute)),
    ("meta.interpolation", None),
    ("meta.template.expression", None),
    ("markup.heading", Some(Role::Heading)),
    ("markup.bold", Some(Role::Emphasis)),
    ("markup.italic", Some(Role::Emphasis)),
    ("markup.underline.link", Some(Role::Link)),
    ("markup.raw.inline", Some(Role::String)),
    ("markup.raw.code-fence", None),
    ("markup.quote", Some(Role::Comment)),
    ("markup.inserted", Some(Role::Added)),
    ("markup.deleted", Some(Role::Removed)),
    ("source", None),
    ("text", None),
];

fn table() -> &'static [(Scope, Option<Role>)] {
    static TABLE: OnceLock<Vec<(Scope, Option<Role>)>> = OnceLock::new();
    // Fails only for prefixes of more than eight parts or when 65,533 distinct parts exist: then it matches nothing.
    TABLE.get_or_init(|| SCOPES.iter().filter_map(|(prefix, role)| Some((Scope::new(prefix).ok()?, *role))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_reachable() {
        for (at, (prefix, _)) in SCOPES.iter().enumerate() {
            let scope = Scope::new(prefix).unwrap();
            let first = table().iter().position(|(earlier, _)| earlier.is_prefix_of(scope));
            assert_eq!(first, Some(at), "{prefix} stands behind a shorter prefix of it");
        }
    }

    #[test]
    fn names_are_distinct() {
        let mut names = Role::ALL.map(Role::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Role::ALL.len());
    }
}

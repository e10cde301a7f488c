//! What `text:` looks into: everything said or done, and the patch.

use serde_json::Value;

use super::Matcher;
use crate::trajectory::Trajectory;

/// Whether anything in the trajectory fits.
pub fn holds(trajectory: &Trajectory, matcher: &Matcher) -> bool {
    let said = |text: &str| matcher.fits(text);
    let parts = trajectory.parts().any(|part| {
        said(&part.text)
            || part.name.as_deref().is_some_and(said)
            || part.arguments.as_ref().is_some_and(|it| in_value(it, matcher))
    });
    parts || trajectory.patch.as_ref().is_some_and(|patch| said(&patch.text))
}

fn in_value(value: &Value, matcher: &Matcher) -> bool {
    match value {
        Value::String(text) => matcher.fits(text),
        Value::Array(items) => items.iter().any(|item| in_value(item, matcher)),
        Value::Object(fields) => fields.iter().any(|(name, value)| matcher.fits(name) || in_value(value, matcher)),
        Value::Null => false,
        other => matcher.fits(&other.to_string()),
    }
}

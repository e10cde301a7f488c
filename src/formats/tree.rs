//! JSON bytes to a value, as strict as the standard, with one thing remembered that a plain map forgets: keys that
//! occur twice.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The value, and the first key that an object has twice: its last value counts.
pub fn parse(bytes: &[u8]) -> Result<(Value, Option<String>), serde_json::Error> {
    let twice = RefCell::default();
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = Tree { twice: &twice }.deserialize(&mut source)?;
    source.end()?;
    Ok((value, twice.into_inner()))
}

#[derive(Clone, Copy)]
struct Tree<'a> {
    twice: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if object.contains_key(&key) {
                self.twice.borrow_mut().get_or_insert_with(|| key.clone());
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_twice_is_named_and_its_last_value_counts() {
        let (value, twice) = parse(br#"{"a": 1, "b": {"c": 1, "c": [2.5, "x", null]}, "a": true}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": true, "b": {"c": [2.5, "x", null]}}));
        assert_eq!(twice.as_deref(), Some("c"));
        assert_eq!(parse(b"-3 ").unwrap(), (serde_json::json!(-3), None));
        assert!(parse(b"{} {}").is_err() && parse(b"").is_err());
    }
}

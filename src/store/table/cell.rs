//! Cells of Arrow arrays as JSON values: the shapes that data sets of rollouts use, and whatever else Arrow can write.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, MapArray, OffsetSizeTrait, StructArray};
use arrow_json::writer::{EncoderOptions, make_encoder};
use arrow_schema::{DataType, Field};
use serde_json::{Map, Value};

use crate::formats::ordinary;

/// Makes values of cells: whole, or as a list needs them.
#[derive(Default)]
pub struct Cells {
    /// Whether long texts that tools answered are left out, but for their ends.
    pub skims: bool,
    /// Bytes that were left out.
    pub cut: u64,
}

impl Cells {
    /// The value in a row of an array.
    pub fn cell(&mut self, array: &dyn Array, row: usize) -> Value {
        if array.is_null(row) {
            return Value::Null;
        }
        if let Some(text) = text(array, row) {
            return text.into();
        }
        match array.data_type() {
            DataType::Null => Value::Null,
            DataType::Boolean => array.as_boolean().value(row).into(),
            DataType::Int8 => number::<Int8Type>(array, row),
            DataType::Int16 => number::<Int16Type>(array, row),
            DataType::Int32 => number::<Int32Type>(array, row),
            DataType::Int64 => number::<Int64Type>(array, row),
            DataType::UInt8 => number::<UInt8Type>(array, row),
            DataType::UInt16 => number::<UInt16Type>(array, row),
            DataType::UInt32 => number::<UInt32Type>(array, row),
            DataType::UInt64 => number::<UInt64Type>(array, row),
            DataType::Float32 => number::<Float32Type>(array, row),
            DataType::Float64 => number::<Float64Type>(array, row),
            DataType::Binary => bytes(array.as_binary::<i32>().value(row)),
            DataType::LargeBinary => bytes(array.as_binary::<i64>().value(row)),
            DataType::BinaryView => bytes(array.as_binary_view().value(row)),
            DataType::List(_) => self.list::<i32>(array, row),
            DataType::LargeList(_) => self.list::<i64>(array, row),
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let length = list.value_length() as usize;
                self.items(list.values(), row * length..(row + 1) * length)
            }
            DataType::Struct(_) => Value::Object(self.members(array.as_struct(), row)),
            DataType::Map(_, _) => Value::Object(self.entries(array.as_map(), row)),
            DataType::Dictionary(_, _) => {
                let words = array.as_any_dictionary();
                words.normalized_keys().get(row).map_or(Value::Null, |key| self.cell(words.values().as_ref(), *key))
            }
            _ => written(array, row),
        }
    }

    /// The members of a struct. Data sets fill what a message does not have with null: absent again here.
    fn members(&mut self, array: &StructArray, row: usize) -> Map<String, Value> {
        let fields = array.fields().iter().zip(array.columns());
        let mut long: Vec<(&str, &str)> = Vec::new();
        let mut members = Map::new();
        for (field, column) in fields.filter(|(_, column)| !column.is_null(row)) {
            let value = match text(column.as_ref(), row).filter(|text| self.skims && text.len() >= ordinary::LONG) {
                Some(text) => {
                    long.push((field.name(), text));
                    Value::Null
                }
                None => self.cell(column.as_ref(), row),
            };
            members.insert(field.name().clone(), value);
        }
        let left_out = ordinary::answers(&members);
        for (name, text) in long {
            let end = Some(text).filter(|_| left_out.contains(&name)).and_then(ordinary::end);
            self.cut += end.as_ref().map_or(0, |end| (text.len() - end.len()) as u64);
            members[name] = end.unwrap_or_else(|| text.to_owned()).into();
        }
        members
    }

    fn entries(&mut self, map: &MapArray, row: usize) -> Map<String, Value> {
        let range = span(map.value_offsets(), row);
        let mut entries = Map::new();
        for at in range {
            let key = match self.cell(map.keys().as_ref(), at) {
                Value::String(key) => key,
                other => other.to_string(),
            };
            entries.insert(key, self.cell(map.values().as_ref(), at));
        }
        entries
    }

    fn list<O: OffsetSizeTrait>(&mut self, array: &dyn Array, row: usize) -> Value {
        let list = array.as_list::<O>();
        self.items(list.values(), span(list.value_offsets(), row))
    }

    fn items(&mut self, values: &dyn Array, range: Range<usize>) -> Value {
        range.map(|at| self.cell(values, at)).collect()
    }
}

/// The text in a row of an array of texts.
pub fn text(array: &dyn Array, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Some(array.as_string_view().value(row)),
        _ => None,
    }
}

/// Where the items of a list lie.
pub fn span<O: OffsetSizeTrait>(offsets: &[O], row: usize) -> Range<usize> {
    offsets[row].as_usize()..offsets[row + 1].as_usize()
}

fn number<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Value
where
    Value: From<T::Native>,
{
    array.as_primitive::<T>().value(row).into()
}

/// Text where it is text. Other bytes (images) have no place in a trajectory: only their number.
fn bytes(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or_else(|_| format!("({} bytes)", bytes.len()).into(), Into::into)
}

/// Times, dates, decimals: as Arrow's own writer spells them.
fn written(array: &dyn Array, row: usize) -> Value {
    let field = Arc::new(Field::new("", array.data_type().clone(), true));
    let options = EncoderOptions::default();
    let mut json = Vec::new();
    match make_encoder(&field, array, &options) {
        Ok(mut encoder) => encoder.encode(row, &mut json),
        Err(error) => return format!("({error})").into(),
    }
    serde_json::from_slice(&json).unwrap_or_else(|_| String::from_utf8_lossy(&json).into())
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{
        FixedSizeListBuilder, Int32Builder, LargeListBuilder, ListBuilder, MapBuilder, StringBuilder,
    };
    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int64Array,
        LargeStringArray, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
    };
    use arrow_schema::Fields;
    use serde_json::json;

    use super::*;

    fn values(array: &dyn Array) -> Vec<Value> {
        (0..array.len()).map(|row| Cells::default().cell(array, row)).collect()
    }

    fn text(words: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(words.to_vec()))
    }

    #[test]
    fn plain_cells() {
        let cases: [(ArrayRef, Value); 11] = [
            (text(&[Some("a"), None]), json!(["a", null])),
            (Arc::new(LargeStringArray::from(vec!["é"])), json!(["é"])),
            (
                Arc::new(StringViewArray::from(vec!["a long string that is not inlined"])),
                json!(["a long string that is not inlined"]),
            ),
            (Arc::new(Int64Array::from(vec![Some(-1), None])), json!([-1, null])),
            (Arc::new(Float32Array::from(vec![0.5, f32::NAN])), json!([0.5, null])),
            (Arc::new(BinaryArray::from(vec![&b"ok"[..], b"\xff"])), json!(["ok", "(1 bytes)"])),
            (Arc::new(Date32Array::from(vec![0])), json!(["1970-01-01"])),
            (Arc::new(TimestampMicrosecondArray::from(vec![1_500_000])), json!(["1970-01-01T00:00:01.500"])),
            (Arc::new(Decimal128Array::from(vec![12345]).with_precision_and_scale(10, 2).unwrap()), json!([123.45])),
            (Arc::new("x y x".split(' ').collect::<DictionaryArray<Int32Type>>()), json!(["x", "y", "x"])),
            (Arc::new(arrow_array::NullArray::new(1)), json!([null])),
        ];
        for (array, expected) in cases {
            assert_eq!(json!(values(array.as_ref())), expected, "{}", array.data_type());
        }
    }

    #[test]
    fn lists_of_every_kind() {
        let mut list = ListBuilder::new(StringBuilder::new());
        list.append_value([Some("a"), None]);
        list.append_null();
        list.append_value([] as [Option<&str>; 0]);
        let list = list.finish();
        assert_eq!(json!(values(&list)), json!([["a", null], null, []]));
        assert_eq!(json!(values(&list.slice(1, 2))), json!([null, []]));
        let mut large = LargeListBuilder::new(Int32Builder::new());
        large.append_value([Some(1), Some(2)]);
        assert_eq!(json!(values(&large.finish())), json!([[1, 2]]));
        let mut fixed = FixedSizeListBuilder::new(Int32Builder::new(), 2);
        fixed.values().append_slice(&[1, 2, 3, 4]);
        fixed.append(true);
        fixed.append(true);
        assert_eq!(json!(values(&fixed.finish())), json!([[1, 2], [3, 4]]));
    }

    #[test]
    fn structs_lose_their_padding_and_maps_become_objects() {
        let field = |name: &str| Field::new(name, DataType::Utf8, true);
        let fields = Fields::from(vec![field("role"), field("name")]);
        let array =
            StructArray::new(fields, vec![text(&[Some("user"), Some("tool")]), text(&[None, Some("bash")])], None);
        assert_eq!(json!(values(&array)), json!([{"role": "user"}, {"role": "tool", "name": "bash"}]));
        let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        map.keys().append_value("k");
        map.values().append_value(7);
        map.append(true).unwrap();
        assert_eq!(json!(values(&map.finish())), json!([{"k": 7}]));
    }

    #[test]
    fn of_long_answers_only_the_end_is_taken() {
        let field = |name: &str| Field::new(name, DataType::Utf8, true);
        let fields = Fields::from(vec![field("content"), field("role")]);
        let long = format!("{}the end", "word ".repeat(100));
        let said = text(&[Some(&long), Some(&long), Some("short")]);
        let array = StructArray::new(fields, vec![said, text(&[Some("user"), Some("tool"), Some("tool")])], None);
        let mut cells = Cells { skims: true, cut: 0 };
        let found: Vec<Value> = (0..3).map(|row| cells.cell(&array, row)["content"].clone()).collect();
        assert_eq!((&found[0], &found[2]), (&json!(long), &json!("short")));
        let end = found[1].as_str().unwrap();
        assert!(long.ends_with(end) && cells.cut == (long.len() - end.len()) as u64);
    }
}

//! The messages of a row as a list needs them, straight from the columns, where they are plain.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, StructArray};
use arrow_schema::DataType;
use serde_json::Value;

use super::cell::{Cells, span, text};
use crate::formats::ordinary::{self, Draft, Message, Plain, SHORT, Talk, Written};
use crate::trajectory::Part;

/// The first message of a row as a value, in a list, and the others; none where they are few, or no structs.
pub fn talk<'c>(cells: &mut Cells, name: &str, column: &'c dyn Array, row: usize) -> Option<(Value, Talk<'c>)> {
    let key = Talk::key(name)?;
    let (messages, mut range) = structs(column, row).filter(|(_, range)| range.len() >= SHORT)?;
    let first = Value::Array(vec![cells.cell(messages, range.next()?)]);
    let rest = range.map(|at| match plain(messages, at) {
        Some(plain) => Message::Plain(plain),
        None => Message::Whole(Cow::Owned(cells.cell(messages, at))),
    });
    Some((first, Talk { key, rest: rest.collect() }))
}

/// A list of structs in a row of a column.
fn structs(column: &dyn Array, row: usize) -> Option<(&StructArray, Range<usize>)> {
    let (values, range) = match column.data_type() {
        _ if column.is_null(row) => return None,
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            (list.values(), span(list.value_offsets(), row))
        }
        DataType::LargeList(_) => {
            let list = column.as_list::<i64>();
            (list.values(), span(list.value_offsets(), row))
        }
        _ => return None,
    };
    Some((values.as_struct_opt()?, range))
}

/// The members of a struct that are there, in order.
fn members(of: &StructArray, row: usize) -> impl Iterator<Item = (&str, &dyn Array)> {
    let all = of.fields().iter().zip(of.columns()).filter(move |(_, column)| !column.is_null(row));
    all.map(|(field, column)| (field.name().as_str(), column.as_ref()))
}

fn plain(messages: &StructArray, row: usize) -> Option<Plain<'_>> {
    let mut draft = Draft::default();
    if messages.is_null(row) {
        return None;
    }
    for (name, column) in members(messages, row) {
        if Draft::is_odd(name) {
            return None;
        } else if name == "tool_calls" {
            let (calls, range) = structs(column, row)?;
            draft.calls = range.map(|at| call(calls, at)).collect::<Option<_>>()?;
        } else if let Some(place) = draft.place(name) {
            fill(place, column, row)?;
        }
    }
    draft.finish()
}

/// None where a text has been there before under another name, or where something else than a text is there.
fn fill<'c>(place: &mut Option<Written<'c>>, column: &'c dyn Array, row: usize) -> Option<()> {
    let before = place.replace(text(column, row)?.into());
    before.is_none().then_some(())
}

fn call(calls: &StructArray, row: usize) -> Option<Part> {
    let (mut id, mut function) = (None, None);
    if calls.is_null(row) {
        return None;
    }
    for (name, column) in members(calls, row) {
        match name {
            "id" => fill(&mut id, column, row)?,
            "function" => function = Some(column.as_struct_opt()?),
            _ => {}
        }
    }
    let (mut name, mut arguments) = (None, Value::Null);
    for (member, column) in members(function?, row) {
        match member {
            "name" => fill(&mut name, column, row)?,
            "arguments" => arguments = Cells::default().cell(column, row),
            _ => return None,
        }
    }
    Some(ordinary::call(id, name, &arguments))
}

/// Bytes of text in a cell, without making a value of it; everything else counts as a word.
pub fn weight(column: &dyn Array, row: usize) -> u64 {
    if let Some((values, range)) = structs(column, row) {
        return range.map(|at| weight(values, at)).sum();
    }
    match (text(column, row), column.as_struct_opt()) {
        (Some(text), _) => text.len() as u64,
        (None, Some(of)) if !of.is_null(row) => members(of, row).map(|(_, column)| weight(column, row)).sum(),
        _ => super::size(&Cells::default().cell(column, row)),
    }
}

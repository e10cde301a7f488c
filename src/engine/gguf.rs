//! The GGUF container: its metadata and where its tensors lie
//! (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3). Checked against the length of the file;
//! nothing is copied but the metadata.

use std::collections::BTreeMap;

use candle_core::DType;
use candle_core::quantized::GgmlDType;
use serde_json::{Map, Value};

use super::error::EngineError;
use super::gguf_names::transformers_name;
use super::weights::{Found, Kind, Table};

/// No real file has that many of anything; a damaged one may claim to.
const MOST: u64 = 1 << 24;
const DEEPEST: usize = 4;

/// What stands before the weights.
pub struct Header {
    pub metadata: Map<String, Value>,
    tensors: Vec<Info>,
    /// Where the weights begin.
    data: usize,
}

struct Info {
    name: String,
    /// Rows before columns.
    shape: Vec<usize>,
    kind: Kind,
    offset: u64,
}

impl Header {
    /// `file` is the name used in errors.
    pub fn read(bytes: &[u8], file: &str) -> Result<Self, EngineError> {
        let mut cursor = Cursor { bytes, at: 0 };
        cursor.header().map_err(|reason| EngineError::Damaged { file: file.into(), reason })
    }

    /// The bytes before the weights: names, configuration and tokenizer.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[..self.data.min(bytes.len())]
    }

    /// The tensors, under the names that transformers gives them where it has them.
    pub fn table<'a>(&self, bytes: &'a [u8], file: &'a str) -> Result<Table<'a>, EngineError> {
        let llama = self.metadata.get("general.architecture").is_some_and(|family| family == "llama");
        let heads = |key: &str| self.metadata.get(key).and_then(Value::as_u64).map(|heads| heads as usize);
        let queries = heads("llama.attention.head_count").filter(|_| llama);
        let keys = heads("llama.attention.head_count_kv").filter(|_| llama).or(queries);
        let mut tensors = BTreeMap::new();
        for info in &self.tensors {
            let paired = match info.name.split('.').nth(2) {
                Some("attn_q") => queries,
                Some("attn_k") => keys,
                _ => None,
            };
            let found = info.find(bytes, file, self.data, paired)?;
            if tensors.insert(transformers_name(&info.name), found).is_some() {
                let reason = format!("tensor {} is there twice", info.name);
                return Err(EngineError::Damaged { file: file.into(), reason });
            }
        }
        Ok(Table { place: file.into(), gguf: true, tensors })
    }
}

impl Info {
    fn find<'a>(
        &self,
        bytes: &'a [u8],
        file: &'a str,
        data: usize,
        paired: Option<usize>,
    ) -> Result<Found<'a>, EngineError> {
        let mut found = Found {
            file,
            name: self.name.clone(),
            kind: self.kind.clone(),
            shape: self.shape.clone(),
            data: &[],
            paired,
        };
        let count = self.shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
        let count = count.filter(|count| *count > 0 && *count < usize::MAX / 8);
        let count = count.ok_or_else(|| found.wrong(format!("has shape {:?}", self.shape)))?;
        if let Kind::Packed(kind) = self.kind {
            let (block, row) = (kind.block_size(), self.shape.last().copied().unwrap_or_default());
            if !row.is_multiple_of(block) {
                return Err(found.wrong(format!("has rows of {row} numbers in blocks of {block}")));
            }
        }
        let length = self.kind.bytes(count) as usize;
        let start = usize::try_from(self.offset).ok().and_then(|offset| data.checked_add(offset));
        let range = start.and_then(|start| Some(start..start.checked_add(length)?));
        found.data = range.and_then(|range| bytes.get(range)).ok_or_else(|| {
            let reason = format!("tensor {} ends behind the end of the file", self.name);
            EngineError::Damaged { file: file.into(), reason }
        })?;
        Ok(found)
    }
}

/// Reads little-endian values; errors are reasons.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn header(&mut self) -> Result<Header, String> {
        if self.take(4)? != b"GGUF" {
            return Err("it does not begin with GGUF".into());
        }
        let version = u32::from_le_bytes(self.array()?);
        if !(2..=3).contains(&version) {
            return Err(format!("version {version}; known are 2 and 3, little-endian"));
        }
        let (tensors, pairs) = (self.count()?, self.count()?);
        let mut metadata = Map::new();
        for _ in 0..pairs {
            let (key, kind) = (self.text()?, u32::from_le_bytes(self.array()?));
            let value = self.value(kind, 0)?;
            metadata.insert(key, value);
        }
        let tensors = (0..tensors).map(|_| self.info()).collect::<Result<_, _>>()?;
        let alignment = metadata.get("general.alignment").map_or(Some(32), Value::as_u64);
        let alignment = alignment.filter(|size| (1..=1 << 20).contains(size));
        let alignment = alignment.ok_or("general.alignment is not a size")? as usize;
        Ok(Header { metadata, tensors, data: self.at.next_multiple_of(alignment) })
    }

    fn info(&mut self) -> Result<Info, String> {
        let name = self.text()?;
        let dimensions = u32::from_le_bytes(self.array()?);
        if !(1..=4).contains(&dimensions) {
            return Err(format!("tensor {name} has {dimensions} dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|why| why.to_string())?);
        }
        shape.reverse();
        let kind = kind(u32::from_le_bytes(self.array()?));
        Ok(Info { name, shape, kind, offset: u64::from_le_bytes(self.array()?) })
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value, String> {
        Ok(match kind {
            0 => u8::from_le_bytes(self.array()?).into(),
            1 => i8::from_le_bytes(self.array()?).into(),
            2 => u16::from_le_bytes(self.array()?).into(),
            3 => i16::from_le_bytes(self.array()?).into(),
            4 => u32::from_le_bytes(self.array()?).into(),
            5 => i32::from_le_bytes(self.array()?).into(),
            6 => f64::from(f32::from_le_bytes(self.array()?)).into(),
            7 => (self.take(1)? != [0]).into(),
            8 => self.text()?.into(),
            9 if depth < DEEPEST => {
                let (kind, count) = (u32::from_le_bytes(self.array()?), self.count()?);
                Value::Array((0..count).map(|_| self.value(kind, depth + 1)).collect::<Result<_, _>>()?)
            }
            10 => u64::from_le_bytes(self.array()?).into(),
            11 => i64::from_le_bytes(self.array()?).into(),
            12 => f64::from_le_bytes(self.array()?).into(),
            _ => return Err(format!("a value of unknown type {kind} at byte {}", self.at)),
        })
    }

    fn text(&mut self) -> Result<String, String> {
        let length = u64::from_le_bytes(self.array()?);
        let bytes = self.take(usize::try_from(length).map_err(|why| why.to_string())?)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn count(&mut self) -> Result<u64, String> {
        let count = u64::from_le_bytes(self.array()?);
        if count <= MOST { Ok(count) } else { Err(format!("it claims {count} entries before byte {}", self.at)) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "it ends in the middle of its header".into())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("it ends in the middle of its header, at byte {}", self.at))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

/// Numbers of ggml's types (`ggml.h`, `enum ggml_type`).
fn kind(number: u32) -> Kind {
    Kind::Packed(match number {
        0 => return Kind::Plain(DType::F32),
        1 => return Kind::Plain(DType::F16),
        30 => return Kind::Plain(DType::BF16),
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        other => return Kind::Other(format!("number {other} of ggml's types")),
    })
}

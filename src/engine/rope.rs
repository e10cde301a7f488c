//! Rotary positions: the frequencies of each scaling and the table of cosines and sines. Follows transformers
//! `modeling_rope_utils.py` step by step in f32, because at position 100,000 the last bit of a frequency shows.

use std::f64::consts::TAU;

use serde_json::Value;

use super::config::Fields;
use super::error::EngineError;

#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// All frequencies divided by the factor.
    Linear { factor: f64 },
    /// <https://arxiv.org/abs/2309.00071>.
    Yarn(Yarn),
    /// Llama 3.1: low frequencies divided, high ones kept, a ramp between.
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Yarn {
    pub factor: f64,
    /// Positions the model was first trained with; the checkpoint's `max_position_embeddings` where not given.
    pub original: Option<f64>,
    pub attention_factor: Option<f64>,
    /// `mscale` and `mscale_all_dim`, which count only together.
    pub mscale: Option<(f64, f64)>,
    pub beta_fast: f64,
    pub beta_slow: f64,
    pub truncate: bool,
}

impl RopeScaling {
    /// What `{"type": "yarn", "factor": factor}` means it.
    pub fn yarn(factor: f64) -> Self {
        RopeScaling::Yarn(Yarn {
            factor,
            original: None,
            attention_factor: None,
            mscale: None,
            beta_fast: 32.0,
            beta_slow: 1.0,
            truncate: true,
        })
    }
}

#[derive(Clone, Debug)]
pub struct Rope {
    pub theta: f64,
    pub scaling: Option<RopeScaling>,
    /// What each frequency is divided by, where a file brings the numbers along instead of a rule.
    pub divisors: Option<Vec<f32>>,
    /// `max_position_embeddings` of the checkpoint.
    pub positions: usize,
}

impl Rope {
    /// Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (4).
    pub(super) fn parse(fields: &Fields, positions: usize) -> Result<Self, EngineError> {
        let given = ["rope_parameters", "rope_scaling"].iter().find_map(|key| fields.map.get(*key)?.as_object());
        let outer = fields.number("rope_theta").unwrap_or(10_000.0);
        let Some(map) = given else {
            return Ok(Self { theta: outer, scaling: None, divisors: None, positions });
        };
        let inner = Fields { file: fields.file, map };
        let theta = inner.number("rope_theta").unwrap_or(outer);
        if map.values().any(Value::is_object) || inner.present("mrope_section") || theta <= 1.0 {
            return Err(fields.unsupported("rope_parameters", "only one rope for all layers and positions is"));
        }
        if inner.number("partial_rotary_factor").is_some_and(|part| (part - 1.0).abs() > 0.0) {
            return Err(inner.unsupported("partial_rotary_factor", "only 1.0 is"));
        }
        Ok(Self { theta, scaling: scaling(&inner, positions)?, divisors: None, positions })
    }

    /// The longest prompt the checkpoint claims to read, in tokens.
    pub fn context(&self) -> usize {
        let stretched = match &self.scaling {
            Some(RopeScaling::Yarn(yarn)) => yarn.factor * yarn.original.unwrap_or(self.positions as f64),
            _ => 0.0,
        };
        self.positions.max(stretched as usize)
    }

    /// Cosines then sines of each position: rows of `head_dim` numbers, already times the attention factor.
    pub fn table(&self, head_dim: usize, positions: usize) -> Vec<f32> {
        let (mut frequencies, factor) = self.frequencies(head_dim);
        for (frequency, divisor) in frequencies.iter_mut().zip(self.divisors.iter().flatten()) {
            *frequency /= divisor;
        }
        let mut table = Vec::with_capacity(positions * head_dim);
        for position in 0..positions {
            let angles = frequencies.iter().map(|frequency| position as f32 * frequency);
            table.extend(angles.clone().map(|angle| angle.cos() * factor));
            table.extend(angles.map(|angle| angle.sin() * factor));
        }
        table
    }

    /// `head_dim / 2` angles per position, and the factor on both cosine and sine.
    fn frequencies(&self, head_dim: usize) -> (Vec<f32>, f32) {
        let steps = (0..head_dim / 2).map(|i| (self.theta as f32).powf((2 * i) as f32 / head_dim as f32));
        match &self.scaling {
            None => (steps.map(|step| 1.0 / step).collect(), 1.0),
            Some(RopeScaling::Linear { factor }) => (steps.map(|step| 1.0 / step / *factor as f32).collect(), 1.0),
            Some(RopeScaling::Yarn(yarn)) => {
                let (low, high) = yarn.range(head_dim, self.theta, self.positions);
                let mix = |(i, step): (usize, f32)| {
                    let keep = 1.0 - ((i as f32 - low) / (high - low)).clamp(0.0, 1.0);
                    1.0 / (yarn.factor as f32 * step) * (1.0 - keep) + 1.0 / step * keep
                };
                (steps.enumerate().map(mix).collect(), yarn.attention() as f32)
            }
            Some(RopeScaling::Llama3 { factor, low, high, original }) => {
                (steps.map(|step| llama3(1.0 / step, *factor, *low, *high, *original)).collect(), 1.0)
            }
        }
    }
}

impl Yarn {
    /// The ramp between kept and interpolated frequencies, as indices into them.
    fn range(&self, head_dim: usize, theta: f64, positions: usize) -> (f32, f32) {
        let original = self.original.unwrap_or(positions as f64);
        let dim = head_dim as f64;
        let at = |turns: f64| dim * (original / (turns * TAU)).ln() / (2.0 * theta.ln());
        let (mut low, mut high) = (at(self.beta_fast), at(self.beta_slow));
        if self.truncate {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(dim - 1.0));
        // Equal ends would divide by zero; transformers widens them in the same way.
        if high - low == 0.0 {
            high += 0.001;
        }
        (low as f32, high as f32)
    }

    fn attention(&self) -> f64 {
        let of = |mscale: f64| if self.factor <= 1.0 { 1.0 } else { 0.1 * mscale * self.factor.ln() + 1.0 };
        match (self.attention_factor, self.mscale) {
            (Some(factor), _) => factor,
            (None, Some((mscale, all))) => of(mscale) / of(all),
            (None, None) => of(1.0),
        }
    }
}

fn llama3(frequency: f32, factor: f64, low: f64, high: f64, original: f64) -> f32 {
    let (factor, low, high, original) = (factor as f32, low as f32, high as f32, original as f32);
    let wavelength = TAU as f32 / frequency;
    if wavelength < original / high {
        frequency
    } else if wavelength > original / low {
        frequency / factor
    } else {
        let smooth = (original / wavelength - low) / (high - low);
        (1.0 - smooth) * frequency / factor + smooth * frequency
    }
}

fn scaling(fields: &Fields, positions: usize) -> Result<Option<RopeScaling>, EngineError> {
    let key = if fields.present("rope_type") { "rope_type" } else { "type" };
    let original = fields.number("original_max_position_embeddings");
    let scaling = match fields.text(key).unwrap_or("default") {
        "default" => return Ok(None),
        "linear" => RopeScaling::Linear { factor: positive(fields, "factor", None)? },
        "yarn" => RopeScaling::Yarn(Yarn {
            factor: positive(fields, "factor", original.map(|original| positions as f64 / original))?,
            original,
            attention_factor: fields.number("attention_factor"),
            mscale: fields.number("mscale").zip(fields.number("mscale_all_dim")).filter(|(a, b)| a * b != 0.0),
            beta_fast: positive(fields, "beta_fast", Some(32.0))?,
            beta_slow: positive(fields, "beta_slow", Some(1.0))?,
            truncate: fields.map.get("truncate").and_then(Value::as_bool).unwrap_or(true),
        }),
        "llama3" => RopeScaling::Llama3 {
            factor: positive(fields, "factor", None)?,
            low: positive(fields, "low_freq_factor", None)?,
            high: positive(fields, "high_freq_factor", None)?,
            original: original.unwrap_or(positions as f64),
        },
        _ => return Err(fields.unsupported(key, "known are default, linear, yarn, llama3")),
    };
    Ok(Some(scaling))
}

fn positive(fields: &Fields, key: &str, default: Option<f64>) -> Result<f64, EngineError> {
    let value = fields.number(key).or(default.filter(|_| !fields.present(key)));
    value.filter(|value| *value > 0.0).ok_or_else(|| fields.wrong(key, "is not a number above 0"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(config: &Value) -> Result<Rope, EngineError> {
        let Value::Object(map) = config else { panic!("not an object") };
        Rope::parse(&Fields { file: "config.json", map }, 4096)
    }

    #[test]
    fn both_spellings_give_one_rope() {
        let five = json!({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0}});
        let four = json!({"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0}});
        for config in [five, four] {
            let rope = parse(&config).unwrap();
            assert_eq!((rope.theta.to_bits(), rope.scaling.clone()), (1e6f64.to_bits(), Some(RopeScaling::yarn(4.0))));
            assert_eq!(rope.context(), 16384);
        }
        assert_eq!(parse(&json!({"rope_theta": 5e5, "rope_scaling": null})).unwrap().scaling, None);
    }

    #[test]
    fn a_scaling_that_is_incomplete_or_unknown_is_refused() {
        for wrong in [
            json!({"rope_type": "dynamic", "factor": 2.0}),
            json!({"rope_type": "linear"}),
            json!({"rope_type": "linear", "factor": -1.0}),
            json!({"rope_type": "llama3", "factor": 8.0}),
            json!({"rope_type": "default", "mrope_section": [16, 24, 24]}),
            json!({"rope_type": "default", "partial_rotary_factor": 0.5}),
            json!({"full_attention": {"rope_type": "default"}}),
        ] {
            assert!(parse(&json!({"rope_parameters": wrong})).is_err(), "{wrong}");
        }
    }

    #[test]
    fn yarn_keeps_high_frequencies_and_divides_low_ones() {
        let rope = Rope { theta: 1e6, scaling: Some(RopeScaling::yarn(4.0)), divisors: None, positions: 1024 };
        let plain = Rope { scaling: None, ..rope.clone() };
        let ((scaled, factor), (bare, one)) = (rope.frequencies(32), plain.frequencies(32));
        assert!((factor - 1.138_629_4).abs() < 1e-6 && (one - 1.0).abs() < 1e-9);
        assert!((scaled[0] - bare[0]).abs() < 1e-9);
        assert!((scaled[15] * 4.0 / bare[15] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_table_row_holds_cosines_then_sines() {
        let rope = Rope { theta: 1e4, scaling: None, divisors: None, positions: 16 };
        let table = rope.table(4, 3);
        let angle = 2.0 / 1e4f32.sqrt();
        let exact = [2f32.cos(), angle.cos(), 2f32.sin(), angle.sin()];
        assert!(table[8..].iter().zip(exact).all(|(ours, exact)| (ours - exact).abs() < 1e-6));
    }
}

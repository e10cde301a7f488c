//! Names of devices and number types -> candle's.

use candle_core::{DType, Device};

use super::error::EngineError;

/// `auto`, `cpu`, `cuda`, `cuda:N` or `metal`.
pub fn device(name: &str) -> Result<Device, EngineError> {
    let failed = |reason: String| EngineError::Device { device: name.into(), reason };
    let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
    let index: usize = index.parse().map_err(|_| failed(format!("{index} is not a device number")))?;
    match kind {
        "auto" => Ok(best()),
        "cpu" => Ok(Device::Cpu),
        "cuda" if !cfg!(feature = "cuda") => Err(failed("this build has no CUDA kernels (feature `cuda`)".into())),
        "metal" if !cfg!(feature = "metal") => Err(failed("this build has no Metal kernels (feature `metal`)".into())),
        "cuda" => Device::new_cuda(index).map_err(|why| failed(why.to_string())),
        "metal" => Device::new_metal(index).map_err(|why| failed(why.to_string())),
        _ => Err(failed("known are auto, cpu, cuda[:N], metal".into())),
    }
}

/// A GPU where one answers, else the CPU.
fn best() -> Device {
    let gpu = if cfg!(feature = "metal") { Device::new_metal(0) } else { Device::cuda_if_available(0) };
    gpu.unwrap_or(Device::Cpu)
}

pub fn dtype(name: &str) -> Result<DType, EngineError> {
    match name {
        "f32" | "float32" => Ok(DType::F32),
        "bf16" | "bfloat16" => Ok(DType::BF16),
        "f16" | "float16" => Ok(DType::F16),
        _ => Err(EngineError::Dtype(name.into())),
    }
}

/// Memory that can still be had, where the system says so.
pub fn free_bytes(device: &Device) -> Option<u64> {
    if !device.is_cpu() {
        return None;
    }
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

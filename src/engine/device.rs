//! Names of devices and number types -> candle's.

use candle_core::{DType, Device};
use sysinfo::System;

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

/// Memory that can still be had, where the system says so; at most `limit`.
pub fn free_bytes(device: &Device, limit: Option<u64>) -> Option<u64> {
    let free = if device.is_cpu() { main_memory() } else { card_memory() };
    free.into_iter().chain(limit).min()
}

/// What the machine has left, or the container: of its own, what is only cached can be had as well.
fn main_memory() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let free = Some(system.available_memory()).filter(|free| *free > 0)?;
    let container = system.cgroup_limits().map(|limits| limits.total_memory.saturating_sub(limits.rss));
    Some(container.map_or(free, |left| left.min(free)))
}

/// Of the card that this thread works on.
#[cfg(feature = "cuda")]
fn card_memory() -> Option<u64> {
    let (free, _) = candle_core::cuda::cudarc::driver::result::mem_get_info().ok()?;
    Some(free as u64)
}

#[cfg(not(feature = "cuda"))]
fn card_memory() -> Option<u64> {
    None
}

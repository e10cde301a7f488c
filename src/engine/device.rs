//! Names of devices and number types -> candle's.

use candle_core::{DType, Device};
use sysinfo::System;

use super::error::EngineError;
use super::kernels::flash_on;

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
        "cuda" => cuda(index).map_err(failed),
        "metal" => Device::new_metal(index).map_err(|why| failed(why.to_string())),
        _ => Err(failed("known are auto, cpu, cuda[:N], metal".into())),
    }
}

/// A GPU where one answers, else the CPU.
fn best() -> Device {
    let gpu = if cfg!(feature = "metal") { Device::new_metal(0).ok() } else { cuda(0).ok() };
    gpu.unwrap_or(Device::Cpu)
}

/// With one queue for all threads: the model is loaded on one and asked on another.
fn cuda(index: usize) -> Result<Device, String> {
    Device::new_cuda_with_stream(index).map_err(|why| {
        // What follows is where the driver was called.
        let reason = why.to_string().lines().next().unwrap_or_default().to_owned();
        if reason.contains("NO_DEVICE") {
            return "no card answers (CUDA_ERROR_NO_DEVICE); does nvidia-smi list one?".to_owned();
        }
        format!("does not answer: {reason}")
    })
}

/// What is known of the card that `auto` would take; none where this build has no kernels for one.
pub fn card() -> Option<Result<String, String>> {
    if !cfg!(feature = "cuda") {
        return None;
    }
    Some(cuda(0).map(|device| {
        let free =
            free_bytes(&device, None).map_or_else(String::new, |free| format!(", {} GB free", free / 1_000_000_000));
        let kernels = flash_on(&device).map_or_else(|| "none".into(), |version| format!("{version:?}").to_lowercase());
        format!("cuda:0{free}, flash attention: {kernels}")
    }))
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
    let free = if device.is_cpu() { main_memory() } else { card_memory(device) };
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

#[cfg(feature = "cuda")]
fn card_memory(device: &Device) -> Option<u64> {
    // Metal's memory is not counted here.
    let stream = device.as_cuda_device().ok()?.cuda_stream();
    let (free, _) = stream.context().mem_get_info().ok()?;
    Some(free as u64)
}

#[cfg(not(feature = "cuda"))]
fn card_memory(_: &Device) -> Option<u64> {
    None
}

/// Whether a computation failed for want of memory; the words are those of the CUDA driver, of cuBLAS and of Metal.
pub fn exhausted(why: &candle_core::Error) -> bool {
    let text = why.to_string().to_lowercase();
    ["out_of_memory", "out of memory", "alloc_failed", "insufficient memory"].iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_memory_is_told_from_other_failures() {
        let of = |text: &str| exhausted(&candle_core::Error::Msg(text.into()));
        assert!(of("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")"));
        assert!(of("CublasError(CUBLAS_STATUS_ALLOC_FAILED)"));
        assert!(!of("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS, \"an illegal memory access was encountered\")"));
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_by_name() {
        for (name, words) in [("tpu", "known are auto"), ("cuda:x", "x is not a device number")] {
            let error = device(name).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(words), "{error}");
        }
        assert!(device("auto").is_ok());
        let error = device("cuda:99").unwrap_err().to_string();
        assert!(error.contains("cuda:99"), "{error}");
    }
}

//! With which numbers trainings compute, and what `auto` means on a device.
//!
//! The rule reads what a device says of itself and measures nothing: a key must be the same when a run is planned and
//! when it runs, on a busy machine and on an idle one, and planning starts and writes nothing. So it has to know where
//! bf16 pays: with AMX, on processors of AMD with AVX-512 BF16, which do twice the work in bf16, and on GPUs since
//! compute capability 8.0. Intel's AVX-512 BF16 without AMX, as some virtual machines show it, does no more bf16 than
//! 32-bit work in the same time, and training was measured to be a quarter slower with it. `epnas doctor` measures, and
//! says so where the rule is wrong; a spec can then say `bf16` or `fp32`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers used for the forward and backward pass; weights and their updates are always 32-bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `bf16` on processors and GPUs that train faster with it, `fp32` elsewhere; decided before anything is planned, so
    /// that the key of a training says what was used.
    Auto,
    /// 32-bit numbers everywhere, also on a GPU.
    Fp32,
    /// 16-bit numbers with the range of 32-bit ones; refused where the device does not compute with them.
    Bf16,
    /// 32-bit numbers whose products a GPU takes with mantissas of 10 bits; refused on a processor.
    Tf32,
}

impl Precision {
    /// The word for it in a spec.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
            Self::Tf32 => "tf32",
        }
    }
}

/// What a device does with short numbers, by what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ability {
    /// Whether it computes with bf16 at all.
    pub has_bf16: bool,
    pub has_tf32: bool,
    /// What `auto` means on it: `fp32` or `bf16`.
    pub auto: Precision,
    /// Why: a fragment.
    pub why: String,
}

impl Ability {
    /// Of a processor, by the text of `/proc/cpuinfo`.
    pub fn of_processor(cpuinfo: &str) -> Self {
        let line = |key: &str| {
            let lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
            lines.map(|(name, text)| (name.trim(), text.trim())).find(|(name, _)| *name == key).map_or("", |(_, text)| text)
        };
        let has = |flag: &str| [line("flags"), line("Features")].iter().any(|flags| flags.split(' ').any(|other| other == flag));
        let (avx, amx, arm) = (has("avx512_bf16"), has("amx_bf16"), has("bf16"));
        let (auto, why) = if amx {
            (Precision::Bf16, "the processor has AMX for bf16")
        } else if avx && line("vendor_id") == "AuthenticAMD" {
            (Precision::Bf16, "the processor has AVX-512 BF16 at twice the rate of 32-bit numbers")
        } else if avx {
            (Precision::Fp32, "the processor has AVX-512 BF16, but without AMX training is no faster with it")
        } else if arm {
            (Precision::Fp32, "whether bf16 pays on this processor has not been measured")
        } else {
            (Precision::Fp32, "the processor does not compute with bf16")
        };
        Self { has_bf16: avx || amx || arm, has_tf32: false, auto, why: why.to_owned() }
    }

    /// Of a GPU, by its compute capability; `None` where nobody tells it.
    pub fn of_gpu(capability: Option<(u32, u32)>) -> Self {
        let Some((major, minor)) = capability else {
            let why = "the compute capability of the GPU is not known; `nvidia-smi` would tell it".to_owned();
            return Self { has_bf16: true, has_tf32: true, auto: Precision::Fp32, why };
        };
        let has = major >= 8;
        let (auto, than) = if has { (Precision::Bf16, "at least") } else { (Precision::Fp32, "less than") };
        let why = format!("the GPU has compute capability {major}.{minor}, {than} 8.0");
        Self { has_bf16: has, has_tf32: has, auto, why }
    }

    /// Whether the device computes with these numbers.
    pub const fn has(&self, precision: Precision) -> bool {
        match precision {
            Precision::Auto | Precision::Fp32 => true,
            Precision::Bf16 => self.has_bf16,
            Precision::Tf32 => self.has_tf32,
        }
    }

    /// Why a device does not train with these numbers; `None` where it does.
    pub fn refusal(&self, precision: Precision) -> Option<String> {
        let because = match precision {
            _ if self.has(precision) => return None,
            Precision::Tf32 => "only GPUs of compute capability 8.0 or more compute with it",
            _ => &self.why,
        };
        Some(format!("`precision: {}` is asked for, but {because}", precision.word()))
    }

    /// What a recipe means on the device.
    #[must_use]
    pub const fn decide(&self, precision: Precision) -> Precision {
        if matches!(precision, Precision::Auto) { self.auto } else { precision }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processor(vendor: &str, flags: &str) -> (bool, Precision) {
        let text = format!("processor\t: 0\nvendor_id\t: {vendor}\nmodel name\t: A: B\nflags\t\t: fpu {flags} sse\n");
        let ability = Ability::of_processor(&text);
        (ability.has(Precision::Bf16), ability.decide(Precision::Auto))
    }

    #[test]
    fn processors_use_bf16_where_it_pays() {
        assert_eq!(processor("GenuineIntel", "avx512_bf16 amx_bf16"), (true, Precision::Bf16));
        assert_eq!(processor("GenuineIntel", "avx512_bf16"), (true, Precision::Fp32));
        assert_eq!(processor("AuthenticAMD", "avx512_bf16"), (true, Precision::Bf16));
        assert_eq!(processor("GenuineIntel", "avx512f avx512_bf16x"), (false, Precision::Fp32));
        let arm = Ability::of_processor("Features\t: fp asimd bf16\n");
        assert_eq!((arm.has_bf16, arm.auto), (true, Precision::Fp32));
        assert_eq!(Ability::of_processor("").why, "the processor does not compute with bf16");
        assert!(!Ability::of_processor("").has(Precision::Tf32));
    }

    #[test]
    fn gpus_use_bf16_since_compute_capability_8() {
        let of = |capability| {
            let ability = Ability::of_gpu(capability);
            (ability.has(Precision::Bf16), ability.has(Precision::Tf32), ability.auto)
        };
        assert_eq!(of(Some((9, 0))), (true, true, Precision::Bf16));
        assert_eq!(of(Some((8, 0))), (true, true, Precision::Bf16));
        assert_eq!(of(Some((7, 5))), (false, false, Precision::Fp32));
        assert_eq!(of(None), (true, true, Precision::Fp32), "what is asked for is tried, nothing is guessed");
        assert_eq!(Ability::of_gpu(Some((7, 5))).why, "the GPU has compute capability 7.5, less than 8.0");
    }

    #[test]
    fn what_a_spec_says_is_what_is_used() {
        let plain = Ability::of_processor("");
        for precision in [Precision::Fp32, Precision::Bf16, Precision::Tf32] {
            assert_eq!(plain.decide(precision), precision);
            assert_eq!(serde_json::to_value(precision).expect("plain data"), precision.word());
        }
    }
}

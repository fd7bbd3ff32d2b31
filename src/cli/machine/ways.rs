//! The ways in which what a cache holds of a spec may have been computed.

use std::collections::{BTreeMap, BTreeSet};

use super::gpus::Places;
use super::{LocalArguments, Site};
use crate::arch::{CostKind, MeasureName};
use crate::cache::{CacheError, CacheReader, Record};
use crate::engine::Precision;
use crate::run::Remembered;
use crate::spec::ResolvedSpec;
use crate::task::{Task, TaskKind};

/// A way in which workers of this machine can compute a spec.
pub(in crate::cli) struct Way {
    /// Name of the device.
    pub device: String,
    /// With its precision and the versions of its measures decided.
    pub spec: ResolvedSpec,
    /// Which failures of earlier runs count.
    pub remembered: Remembered,
}

/// The ways in which workers of this machine can compute a spec, that of a plain run first. What was computed may have come
/// from another machine. Of measures the newest version counts that `cache` has a result of.
pub(in crate::cli) fn ways(spec: &ResolvedSpec, cache: &CacheReader) -> Result<Vec<Way>, CacheError> {
    let gpus = Places::usual().seen().gpus.into_iter().enumerate().collect();
    let spec = ResolvedSpec { measures: measured(spec, cache)?, ..spec.clone() };
    let mut ways: Vec<Way> = Vec::new();
    let elsewhere = measured_on(&spec, cache)?;
    for site in [Site::of(gpus), Site::processor()] {
        for precision in [site.ability.auto, Precision::Fp32, Precision::Bf16] {
            for device in std::iter::once(&site.name).chain(&elsewhere) {
                let spec = spec.clone().with_auto(precision);
                if !ways.iter().any(|way| way.device == *device && way.spec == spec) {
                    ways.push(Way { device: device.clone(), spec, remembered: LocalArguments::default().remembered(&site) });
                }
            }
        }
    }
    Ok(ways)
}

/// Where latency is bounded: the devices, of any machine, that one was measured on.
fn measured_on(spec: &ResolvedSpec, cache: &CacheReader) -> Result<BTreeSet<String>, CacheError> {
    if !spec.constraints.iter().any(|constraint| constraint.cost == CostKind::Latency) {
        return Ok(BTreeSet::new());
    }
    let records = cache.records()?.filter(|record| record.fingerprint.kind == TaskKind::Measure.word());
    let device = |record: Record| match serde_json::from_value(record.fingerprint.parameters) {
        Ok(Task::Measure { device, .. }) => Some(device),
        _ => None,
    };
    Ok(records.filter_map(device).collect())
}

/// The newest versions of the measures of a spec that something was measured by.
fn measured(spec: &ResolvedSpec, cache: &CacheReader) -> Result<BTreeMap<MeasureName, u32>, CacheError> {
    let asked = spec.measures_asked();
    let mut newest = BTreeMap::new();
    if asked.is_empty() {
        return Ok(newest);
    }
    for record in cache.records()?.filter(|record| record.fingerprint.kind == TaskKind::Measure.word()) {
        if let Ok(Task::MeasureOn { name, version, .. }) = serde_json::from_value(record.fingerprint.parameters)
            && asked.contains(&name)
        {
            let known = newest.entry(name).or_insert(version);
            *known = version.max(*known);
        }
    }
    Ok(newest)
}

//! `CUDA_VISIBLE_DEVICES`, read as CUDA reads it: numbers, or identifiers that may be cut short, never both; what names no GPU
//! hides all behind it, and naming one twice hides all.

use super::{Gpu, Seen};

/// What a machine has, each with its identifier.
pub(super) struct Present<'a> {
    pub all: &'a [(String, Gpu)],
    /// MIG instances.
    pub instances: &'a [(String, Gpu)],
    /// Whether identifiers are known.
    pub are_named: bool,
}

/// A GPU by its place among `all`, or an instance by its place among those.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Gpu(usize),
    Instance(usize),
    /// There, as far as one can know without identifiers.
    Unknown,
}

pub(super) fn seen(present: &Present<'_>, visible: Option<&str>) -> Seen {
    let Some(visible) = visible else { return Seen { gpus: without_words(present), doubt: None } };
    let said = |why: &str| Some(format!("`CUDA_VISIBLE_DEVICES` is `{visible}`: {why}"));
    if visible.is_empty() {
        return Seen { gpus: Vec::new(), doubt: said("CUDA sees no GPU") };
    }
    let mut found = Vec::new();
    let mut why = None;
    let words: Vec<&str> = visible.split(',').map(str::trim).collect();
    let by_number = sort(words[0]) == Sort::Number;
    for (index, word) in words.iter().enumerate() {
        let named = if (sort(word) == Sort::Number) == by_number { present.named(word) } else { Err("is of another sort than the first") };
        match named {
            Ok(named) if named != Named::Unknown && found.contains(&named) => {
                return Seen { gpus: Vec::new(), doubt: said(&format!("`{word}` names one twice, so that CUDA sees no GPU")) };
            }
            // A process can use one instance only.
            Ok(_) if matches!(found.first(), Some(Named::Instance(_))) => {
                why = Some(format!("CUDA sees no more than one MIG instance, not `{word}`"));
                break;
            }
            Ok(named) => found.push(named),
            Err(problem) => {
                let rest = match (index, words.len() - index) {
                    (0, _) => "CUDA sees no GPU",
                    (_, 1) => "CUDA sees only those before it",
                    _ => "CUDA sees only those before it, and none behind it",
                };
                why = Some(format!("`{word}` {problem}, so that {rest}"));
                break;
            }
        }
    }
    let gpus = found.into_iter().filter_map(|named| present.gpu(named)).collect();
    Seen { gpus, doubt: why.and_then(|why| said(&why)) }
}

/// Whole GPUs; where all are divided, the first instance.
fn without_words(present: &Present<'_>) -> Vec<Gpu> {
    let whole: Vec<Gpu> = present.all.iter().map(|(_, gpu)| gpu).filter(|gpu| !present.is_divided(gpu)).cloned().collect();
    if whole.is_empty() { present.instances.first().map(|(_, gpu)| gpu.clone()).into_iter().collect() } else { whole }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Identifier,
}

fn sort(word: &str) -> Sort {
    if word.starts_with("GPU-") || word.starts_with("MIG-") { Sort::Identifier } else { Sort::Number }
}

impl Present<'_> {
    /// Instances are named after their GPU.
    fn is_divided(&self, gpu: &Gpu) -> bool {
        self.instances
            .iter()
            .any(|(_, instance)| instance.name.strip_prefix(gpu.name.as_str()).is_some_and(|rest| rest.starts_with(" MIG ")))
    }

    fn named(&self, word: &str) -> Result<Named, &'static str> {
        if sort(word) == Sort::Number {
            let index = word.parse::<usize>().map_err(|_| "is neither the number nor the identifier of a GPU")?;
            return match self.all.get(index) {
                None => Err("is the number of no GPU here"),
                // One that is divided stands for its first instance.
                Some((_, gpu)) if self.is_divided(gpu) => Ok(self
                    .instances
                    .iter()
                    .position(|(_, instance)| instance.name.starts_with(&gpu.name))
                    .map_or(Named::Gpu(index), Named::Instance)),
                Some(_) => Ok(Named::Gpu(index)),
            };
        }
        if !self.are_named {
            return Ok(Named::Unknown);
        }
        let all = |of: &[(String, Gpu)]| -> Vec<usize> {
            of.iter().enumerate().filter(|(_, (uuid, _))| uuid.starts_with(word)).map(|(index, _)| index).collect()
        };
        match (&all(self.all)[..], &all(self.instances)[..]) {
            ([index], []) => Ok(Named::Gpu(*index)),
            ([], [index]) => Ok(Named::Instance(*index)),
            ([], []) => Err("is the identifier of no GPU that `nvidia-smi -L` lists"),
            _ => Err("is the beginning of several identifiers"),
        }
    }

    fn gpu(&self, named: Named) -> Option<Gpu> {
        let of = match named {
            Named::Gpu(index) => self.all.get(index),
            Named::Instance(index) => self.instances.get(index),
            Named::Unknown => self.all.first(),
        };
        of.map(|(_, gpu)| gpu.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(uuid: &str, name: &str) -> (String, Gpu) {
        (uuid.to_owned(), Gpu { name: name.to_owned(), memory: None, driver: None, capability: None })
    }

    /// Names of what is seen, and the doubt without its beginning.
    fn of(visible: &str, are_named: bool) -> (Vec<String>, Option<String>) {
        let all = [gpu("GPU-aa1", "A"), gpu("GPU-ab2", "B"), gpu("GPU-cc3", "C")];
        let instances = [gpu("MIG-d1", "C MIG 1g.10gb"), gpu("MIG-e2", "C MIG 3g.40gb")];
        let instances = if are_named { &instances[..] } else { &[] };
        let Seen { gpus, doubt } = seen(&Present { all: &all, instances, are_named }, Some(visible));
        let doubt =
            doubt.map(|doubt| doubt.strip_prefix(&format!("`CUDA_VISIBLE_DEVICES` is `{visible}`: ")).expect("so it begins").to_owned());
        (gpus.into_iter().map(|gpu| gpu.name).collect(), doubt)
    }

    #[test]
    fn the_list_ends_where_cuda_ends_it_and_that_is_told() {
        for (visible, names, doubt) in [
            ("1,0", &["B", "A"][..], ""),
            ("GPU-ab", &["B"], ""),
            ("GPU-ab2, GPU-aa1", &["B", "A"], ""),
            ("MIG-e", &["C MIG 3g.40gb"], ""),
            ("2", &["C MIG 1g.10gb"], ""),
            ("MIG-e2,MIG-d1", &["C MIG 3g.40gb"], "CUDA sees no more than one MIG instance, not `MIG-d1`"),
            ("", &[], "CUDA sees no GPU"),
            ("-1", &[], "`-1` is neither the number nor the identifier of a GPU, so that CUDA sees no GPU"),
            ("all", &[], "`all` is neither the number nor the identifier of a GPU, so that CUDA sees no GPU"),
            (
                "0,-1,1",
                &["A"],
                "`-1` is neither the number nor the identifier of a GPU, so that CUDA sees only those before it, and none behind it",
            ),
            ("1,7", &["B"], "`7` is the number of no GPU here, so that CUDA sees only those before it"),
            ("0,GPU-ab2", &["A"], "`GPU-ab2` is of another sort than the first, so that CUDA sees only those before it"),
            ("GPU-a", &[], "`GPU-a` is the beginning of several identifiers, so that CUDA sees no GPU"),
            ("GPU-zz", &[], "`GPU-zz` is the identifier of no GPU that `nvidia-smi -L` lists, so that CUDA sees no GPU"),
            ("0,1,0", &[], "`0` names one twice, so that CUDA sees no GPU"),
            ("GPU-aa,GPU-aa1", &[], "`GPU-aa1` names one twice, so that CUDA sees no GPU"),
        ] {
            let (found, said) = of(visible, true);
            assert_eq!(
                (found.iter().map(String::as_str).collect::<Vec<_>>(), said.as_deref().unwrap_or("")),
                (names.to_vec(), doubt),
                "{visible}"
            );
        }
    }

    #[test]
    fn identifiers_that_nobody_can_look_up_are_believed() {
        assert_eq!(of("MIG-f00", false), (vec!["A".to_owned()], None));
        assert_eq!(of("GPU-x,GPU-y", false).0.len(), 2);
    }

    #[test]
    fn without_words_whole_gpus_come_before_instances() {
        let (a, c, part) = (gpu("GPU-aa1", "A"), gpu("GPU-cc3", "C"), gpu("MIG-d1", "C MIG 1g.10gb"));
        let names = |all: &[(String, Gpu)]| -> Vec<String> {
            let present = Present { all, instances: std::slice::from_ref(&part), are_named: true };
            seen(&present, None).gpus.into_iter().map(|gpu| gpu.name).collect()
        };
        assert_eq!(names(&[a, c.clone()]), ["A"]);
        assert_eq!(names(&[c]), ["C MIG 1g.10gb"]);
    }
}

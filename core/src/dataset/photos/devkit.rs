//! Sets whose validation images lie in one folder and whose classes stand in a file beside them: ImageNet as Kaggle hands
//! it out (`LOC_val_solution.csv`) and as its developers' kit tells it, and Tiny ImageNet (`val_annotations.txt`). The images are taken as if they lay in class
//! folders.

use std::collections::BTreeMap;

use super::tree::{Member, Tree};
use super::{PhotosError, mat};

/// Files that give each validation image its class, and what layout they tell of.
const KEYS: [(&str, &str); 2] = [("LOC_val_solution.csv", "ImageNet"), ("val_annotations.txt", "Tiny ImageNet")];
/// What the developers' kit brings instead: a number for each image, which means nothing without its `meta.mat`.
const NUMBERS: &str = "ILSVRC2012_validation_ground_truth.txt";

/// Moves images of flat validation folders into class folders; the name of the layout, where it is one of these.
pub(super) fn sort(tree: &mut Tree) -> Result<Option<&'static str>, PhotosError> {
    let name = |member: &Member| member.path.rsplit('/').next().unwrap_or(&member.path).to_owned();
    // ImageNet is handed out as `ILSVRC/Data/CLS-LOC/train`.
    let deep = "ILSVRC/Data/CLS-LOC/";
    let found = KEYS.iter().find_map(|(key, layout)| Some((tree.members.iter().find(|member| name(member) == *key)?.clone(), *layout)));
    let read =
        |member: &Member| member.place.read().map_err(|how| PhotosError::refused(tree.root.join(&member.path), how, "see who may read it"));
    let named = |wanted: &str| tree.members.iter().find(|member| name(member) == wanted);
    let (classes, layout) = match (found, named(NUMBERS), named("meta.mat")) {
        (Some((key, layout)), ..) => (classes(&String::from_utf8_lossy(&read(&key)?)), layout),
        (None, Some(numbers), Some(meta)) => (numbered(tree, &read(numbers)?, &read(meta)?)?, "ImageNet"),
        (None, numbers, _) => {
            let flat = tree.members.iter().any(|member| is_flat(&member.path) && name(member).starts_with("ILSVRC2012_val_"));
            if flat || numbers.is_some() {
                let what = "the validation images of ImageNet lie in one folder, without their classes";
                let help =
                    "put `LOC_val_solution.csv` beside the folders, or the kit with its `meta.mat`, or sort the images into class folders";
                return Err(PhotosError::refused(&tree.root, what, help));
            }
            return Ok(None);
        }
    };
    for member in &mut tree.members {
        if let Some(rest) = member.path.strip_prefix(deep) {
            member.path = rest.to_owned();
        }
        let file = member.path.rsplit('/').next().unwrap_or_default();
        let stem = file.split('.').next().unwrap_or_default();
        // Tiny ImageNet has `val/images/val_0.JPEG`.
        let is_flat = is_flat(&member.path) || member.path.starts_with("val/images/");
        if let Some(class) = classes.get(stem).filter(|_| is_flat) {
            member.path = format!("val/{class}/{file}");
        }
    }
    // Folders follow the images; the test images of both have no classes.
    tree.members.retain(|member| member.path.starts_with("train/") || member.path.starts_with("val/"));
    tree.members.sort_by(|left, right| left.path.cmp(&right.path));
    let above = |member: &Member| member.path.match_indices('/').map(|(end, _)| member.path[..end].to_owned()).collect::<Vec<_>>();
    tree.folders = tree.members.iter().flat_map(above).collect();
    Ok(Some(layout))
}

/// The class of each validation image by the kit: line for line a number, which `meta.mat` gives a name. The numbers are not
/// those of the names in their order.
fn numbered(tree: &Tree, numbers: &[u8], meta: &[u8]) -> Result<BTreeMap<String, String>, PhotosError> {
    let refuse = |what: &str| PhotosError::refused(&tree.root, what, "unpack the developers' kit again");
    let names: BTreeMap<usize, String> =
        mat::synsets(meta).ok_or_else(|| refuse("`meta.mat` does not say which number is which class"))?.into_iter().collect();
    let class = |(line, number): (usize, &str)| {
        let name = number.trim().parse().ok().and_then(|number: usize| names.get(&number));
        let name = name.ok_or_else(|| refuse(&format!("line {line} of `{NUMBERS}`: no class has the number `{number}`")))?;
        Ok((format!("ILSVRC2012_val_{line:08}"), name.clone()))
    };
    (1..).zip(String::from_utf8_lossy(numbers).lines()).map(class).collect()
}

/// Directly in a folder of validation images.
fn is_flat(path: &str) -> bool {
    matches!(path.split('/').rev().collect::<Vec<_>>()[..], [_, "val", ..])
}

/// The class of each image, by its name without the ending: `name,class box…` or `name.JPEG class box`.
fn classes(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (name, rest) = line.split_once([',', '\t'])?;
        let class = rest.split_whitespace().next()?;
        Some((name.split('.').next()?.to_owned(), class.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

//! Sets whose validation images lie in one folder and whose classes stand in a file beside them: ImageNet as Kaggle hands
//! it out (`LOC_val_solution.csv`), and Tiny ImageNet (`val_annotations.txt`). The images are taken as if they lay in class
//! folders.

use std::collections::BTreeMap;

use super::PhotosError;
use super::tree::{Member, Tree};

/// Files that give each validation image its class, and what layout they tell of.
const KEYS: [(&str, &str); 2] = [("LOC_val_solution.csv", "ImageNet"), ("val_annotations.txt", "Tiny ImageNet")];
/// What the developers' kit brings instead: numbers that mean nothing without its `meta.mat`.
const NUMBERS: &str = "ILSVRC2012_validation_ground_truth.txt";

/// Moves images of flat validation folders into class folders; the name of the layout, where it is one of these.
pub fn sort(tree: &mut Tree) -> Result<Option<&'static str>, PhotosError> {
    let name = |member: &Member| member.path.rsplit('/').next().unwrap_or(&member.path).to_owned();
    // ImageNet is handed out as `ILSVRC/Data/CLS-LOC/train`.
    let deep = "ILSVRC/Data/CLS-LOC/";
    let found = KEYS.iter().find_map(|(key, layout)| Some((tree.members.iter().find(|member| name(member) == *key)?.clone(), *layout)));
    let Some((key, layout)) = found else {
        let flat = tree.members.iter().any(|member| is_flat(&member.path) && name(member).starts_with("ILSVRC2012_val_"));
        let numbers = tree.members.iter().any(|member| name(member) == NUMBERS);
        if flat || numbers {
            let help = "put `LOC_val_solution.csv` beside the folders, or sort the images into class folders: the numbers of the kit follow its `meta.mat`, not the names";
            return Err(PhotosError::refused(
                &tree.root,
                "the validation images of ImageNet lie in one folder, without their classes",
                help,
            ));
        }
        return Ok(None);
    };
    let bytes = key.place.read().map_err(|how| PhotosError::refused(tree.root.join(&key.path), how, "see who may read it"))?;
    let classes = classes(&String::from_utf8_lossy(&bytes));
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

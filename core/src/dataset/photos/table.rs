//! Images listed in a table, CSV or JSON lines: a path, a label, perhaps a part and a group.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::PhotosError;
use super::listing::{Entry, Listing, PhotoPart};
use super::place::Place;
use super::tree::{Member, Notes, Tree};
use super::walk::walk;
use crate::files;
use crate::text::counted;

/// The largest table.
const LARGEST: u64 = 1 << 30;
/// What columns are called, the first found counts.
const PATHS: [&str; 5] = ["path", "file_name", "filename", "file", "image"];
const LABELS: [&str; 3] = ["label", "class", "target"];
const PARTS: [&str; 3] = ["split", "part", "subset"];
/// Tables that stand in a folder of images, as hubs lay them out.
const INSIDE: [&str; 4] = ["metadata.csv", "metadata.jsonl", "labels.csv", "labels.jsonl"];

/// Whether a path is that of a table, by its ending.
pub(super) fn is_table(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    matches!(ending.as_deref(), Some("csv" | "jsonl")) && path.is_file()
}

/// A table that names images in its own folder and below.
pub(super) fn file(path: &Path, group: Option<&str>) -> Result<Listing, PhotosError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let bytes = files::read(path, LARGEST)?;
    let mut tree = walk(folder)?;
    // What lies beside the table and is not named by it is nobody's concern.
    tree.notes = Notes::default();
    listing(&Named { path, bytes }, &tree, group)
}

/// The name of the table inside a folder or archive, where there is one.
pub(super) fn inside(tree: &Tree) -> Result<Option<String>, PhotosError> {
    let found: Vec<&Member> = tree.members.iter().filter(|member| INSIDE.contains(&member.path.as_str())).collect();
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.path.clone())),
        [first, second, ..] => {
            let what = format!("both `{}` and `{}` list images", first.path, second.path);
            Err(PhotosError::refused(&tree.root, what, "name one of them in `dataset.path`"))
        }
    }
}

pub(super) fn in_tree(tree: &Tree, name: &str, group: Option<&str>) -> Result<Listing, PhotosError> {
    let table = tree.members.iter().find(|member| member.path == name);
    let bytes = table.map_or_else(|| Ok(Vec::new()), |table| table.place.read());
    let path = tree.root.join(name);
    let bytes = bytes.map_err(|how| PhotosError::refused(&path, how, "see who may read it"))?;
    listing(&Named { path: &path, bytes }, tree, group)
}

struct Named<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
}

/// One line of a table.
struct Row {
    line: usize,
    path: String,
    label: String,
    part: Option<PhotoPart>,
    group: Option<String>,
}

fn listing(table: &Named<'_>, tree: &Tree, group: Option<&str>) -> Result<Listing, PhotosError> {
    let rows = if table.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl")) {
        json_lines(table, group)?
    } else {
        comma_separated(table, group)?
    };
    let known: BTreeMap<&str, &Place> = tree.members.iter().map(|member| (member.path.as_str(), &member.place)).collect();
    let mut labels: BTreeMap<String, u16> = rows.iter().map(|row| (row.label.clone(), 0)).collect();
    for (label, index) in labels.values_mut().zip(0..=u16::MAX) {
        *label = index;
    }
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let path = plain(&row.path);
        let Some(path) = path else {
            let what = format!("line {}: `{}` leads out of the folder of the table", row.line, row.path);
            return Err(PhotosError::refused(table.path, what, "name images by paths seen from the table, inside its folder"));
        };
        if let Some(first) = lines.insert(path.clone(), row.line) {
            let what = format!("line {}: `{path}` is named in line {first} already", row.line);
            return Err(PhotosError::refused(table.path, what, "name each image once"));
        }
        // One that is not there is told with those that cannot be read.
        let place = known.get(path.as_str()).map_or_else(|| Place::File(tree.root.join(&path)), |place| (*place).clone());
        entries.push(Entry { path, place, label: labels[&row.label], part: row.part, group: row.group });
    }
    let mut notes = Notes::default();
    let unnamed = tree.members.iter().filter(|member| epnas_pixels::is_named_image(&member.path) && !lines.contains_key(&member.path));
    unnamed.for_each(|member| notes.add("beside the table, which does not name it, and passed over", &member.path));
    let name = table.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Listing { layout: format!("table `{name}`"), classes: labels.into_keys().collect(), entries, notes: notes.sentences() })
}

/// A path without `.` and doubled `/`; `None` where it leads elsewhere.
fn plain(path: &str) -> Option<String> {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    (!path.starts_with('/') && !steps.contains(&"..")).then(|| steps.join("/"))
}

fn part(table: &Named<'_>, line: usize, word: &str) -> Result<Option<PhotoPart>, PhotosError> {
    if word.is_empty() {
        return Ok(None);
    }
    let part = PhotoPart::named(word);
    let refused = || PhotosError::refused(table.path, format!("line {line}: `{word}` is no part"), "say `train`, `validation` or `test`");
    part.map(Some).ok_or_else(refused)
}

/// Of a table without a column, or of a line of JSON.
fn lacks(table: &Named<'_>, line: usize, what: &str, columns: &[&str]) -> PhotosError {
    let help = format!("the columns are `path,label`, and `split` where images have a part; also known: {}", crate::text::list(columns));
    PhotosError::refused(table.path, format!("line {line}: no {what}"), help)
}

/// Of a column that would be overlooked, so that images left their parts.
fn holds_parts_as(table: &Named<'_>, column: &str) -> PhotosError {
    let what = format!("the column `{column}` holds parts and is not called `split`");
    PhotosError::refused(table.path, what, "call the column `split`, so that images stay in their parts")
}

fn comma_separated(table: &Named<'_>, group: Option<&str>) -> Result<Vec<Row>, PhotosError> {
    let malformed = |error: csv::Error| {
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let line = pos.as_ref().map_or(0, csv::Position::line);
                format!("line {line} has {}, and the header {expected_len}", counted(*len as usize, "cell"))
            }
            _ => error.to_string(),
        };
        PhotosError::refused(table.path, what, "write the table as UTF-8 with commas between its columns")
    };
    let bytes = table.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&table.bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(malformed)?.clone();
    let column = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|column| column == *name));
    let among: String = header.iter().collect::<Vec<_>>().join(",").chars().take(60).collect();
    let path = column(&PATHS).ok_or_else(|| lacks(table, 1, &format!("column of paths in `{among}`"), &PATHS))?;
    let label = column(&LABELS).ok_or_else(|| lacks(table, 1, &format!("column of labels in `{among}`"), &LABELS))?;
    let (split, group) = (column(&PARTS), group.map(|name| (name, column(&[name]))));
    let group = match group {
        Some((name, None)) => {
            let columns: Vec<&str> = header.iter().collect();
            let help = format!("the columns are {}", crate::text::list(&columns));
            return Err(PhotosError::refused(table.path, format!("no column `{name}`, which `group` names"), help));
        }
        Some((_, found)) => found,
        None => None,
    };
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(malformed)?;
    if split.is_none() {
        let holds_parts = |column: &usize| !records.is_empty() && records.iter().all(|record| PhotoPart::named(&record[*column]).is_some());
        if let Some(column) = (0..header.len()).filter(|column| ![path, label].contains(column)).find(holds_parts) {
            return Err(holds_parts_as(table, &header[column]));
        }
    }
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let line = record.position().map_or(0, |position| position.line() as usize);
        let field = |column: usize| record.get(column).unwrap_or("").to_owned();
        let (path, label) = (field(path), field(label));
        if path.is_empty() || label.is_empty() {
            let what = format!("line {line} has no {}", if path.is_empty() { "path" } else { "label" });
            return Err(PhotosError::refused(table.path, what, "give each line a path and a label"));
        }
        let part = part(table, line, &split.map(field).unwrap_or_default())?;
        let group = group.map(|column| (column, field(column)));
        if let Some((column, _)) = group.as_ref().filter(|(_, value)| value.is_empty()) {
            let what = format!("line {line} has no `{}`, which `group` names", &header[*column]);
            return Err(PhotosError::refused(
                table.path,
                what,
                "give each line a value; images without a group can each have one of their own",
            ));
        }
        rows.push(Row { line, path, label, part, group: group.map(|(_, value)| value) });
    }
    Ok(rows)
}

fn json_lines(table: &Named<'_>, group: Option<&str>) -> Result<Vec<Row>, PhotosError> {
    let text = String::from_utf8_lossy(&table.bytes);
    let mut objects: Vec<(usize, Value)> = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let object = serde_json::from_str(text)
            .map_err(|error| PhotosError::refused(table.path, format!("line {line}: {error}"), "write one JSON object a line"))?;
        objects.push((line, object));
    }
    let have = |name: &str, is: fn(&Value) -> bool| objects.iter().all(|(_, object)| is(&object[name]));
    if PARTS.iter().all(|name| have(name, Value::is_null)) {
        let is_part = |value: &Value| value.as_str().is_some_and(|word| PhotoPart::named(word).is_some());
        let names = objects.first().and_then(|(_, object)| object.as_object()).into_iter().flat_map(serde_json::Map::keys);
        let mut others = names.filter(|name| !PATHS.contains(&name.as_str()) && !LABELS.contains(&name.as_str()));
        if let Some(name) = others.find(|name| have(name, is_part)) {
            return Err(holds_parts_as(table, name));
        }
    }
    let mut rows = Vec::with_capacity(objects.len());
    for (line, object) in objects {
        let field = |names: &[&str]| names.iter().find_map(|name| word(&object[*name]));
        let path = field(&PATHS).ok_or_else(|| lacks(table, line, "path", &PATHS))?;
        let label = field(&LABELS).ok_or_else(|| lacks(table, line, "label", &LABELS))?;
        let part = part(table, line, &field(&PARTS).unwrap_or_default())?;
        let group = match group {
            Some(name) => Some(field(&[name]).ok_or_else(|| lacks(table, line, &format!("`{name}`, which `group` names"), &[name]))?),
            None => None,
        };
        rows.push(Row { line, path, label, part, group });
    }
    Ok(rows)
}

/// Text or a number as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

//! Columns of a Parquet file, a group of rows at a time.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::Type;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;

/// What a row is labelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Number(i64),
    Text(String),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

type Rows<T> = Vec<Option<T>>;

/// A Parquet file with images.
#[derive(Debug)]
pub struct Shard {
    pub path: PathBuf,
    /// Names of its classes, by label; none where it does not tell.
    pub(super) names: Vec<String>,
    /// The column of their bytes.
    images: usize,
    /// The group that was read last: images are asked for one after the other, by several threads.
    latest: Mutex<Option<(usize, Arc<Rows<ByteArray>>)>>,
}

impl Shard {
    /// Opens a file; gives it with the labels of each of its groups. Numbers below zero are no labels.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Rows<Label>>), String> {
        let reader = reader(path)?;
        let metadata = reader.metadata();
        let columns: Vec<String> = metadata.file_metadata().schema_descr().columns().iter().map(|column| column.path().string()).collect();
        let find = |names: &[&str]| names.iter().find_map(|name| columns.iter().position(|column| column == name));
        let (Some(images), Some(label)) = (find(&["image.bytes", "img.bytes"]), find(&["label", "labels", "class"])) else {
            return Err(format!("it has no columns `image.bytes` and `label`, but `{}`", columns.join("`, `")));
        };
        let kind = metadata.file_metadata().schema_descr().column(label).physical_type();
        let of_group = |group: usize| -> Result<Rows<Label>, ParquetError> {
            let number = |number: i64| (number >= 0).then_some(Label::Number(number));
            Ok(match kind {
                Type::INT64 => column::<Int64Type>(&reader, group, label)?.into_iter().map(|value| value.and_then(number)).collect(),
                Type::INT32 => column::<Int32Type>(&reader, group, label)?
                    .into_iter()
                    .map(|value| value.and_then(|value| number(value.into())))
                    .collect(),
                Type::BYTE_ARRAY => {
                    let text = |bytes: ByteArray| Label::Text(String::from_utf8_lossy(bytes.data()).into_owned());
                    column::<ByteArrayType>(&reader, group, label)?.into_iter().map(|value| value.map(text)).collect()
                }
                other => return Err(ParquetError::General(format!("its labels are of the type {other}"))),
            })
        };
        let labels = (0..metadata.num_row_groups()).map(of_group).collect::<Result<_, _>>().map_err(|error| words(&error))?;
        let told = metadata.file_metadata().key_value_metadata().into_iter().flatten().find(|pair| pair.key == "huggingface");
        let names = told.and_then(|pair| names(pair.value.as_deref()?, &columns[label])).unwrap_or_default();
        Ok((Self { path: path.to_owned(), names, images, latest: Mutex::new(None) }, labels))
    }

    /// The bytes of an image, by its group and its row in it.
    pub(super) fn image(&self, group: usize, row: usize) -> Result<Vec<u8>, String> {
        let rows = {
            // Whoever waits here would read the same.
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            match &*latest {
                Some((known, rows)) if *known == group => rows.clone(),
                _ => {
                    let rows = column::<ByteArrayType>(&reader(&self.path)?, group, self.images).map_err(|error| words(&error))?;
                    latest.insert((group, Arc::new(rows))).1.clone()
                }
            }
        };
        let image = rows.get(row).and_then(Option::as_ref);
        image.map(|bytes| bytes.data().to_vec()).ok_or_else(|| "its row has no bytes".to_owned())
    }
}

fn reader(path: &Path) -> Result<SerializedFileReader<File>, String> {
    let file = crate::files::open(path).map_err(|error| error.source.to_string())?;
    SerializedFileReader::new(file).map_err(|error| words(&error))
}

/// A column of one group; nulls are nothing.
fn column<T: DataType>(reader: &SerializedFileReader<File>, group: usize, index: usize) -> Result<Rows<T::T>, ParquetError> {
    let group = reader.get_row_group(group)?;
    let described = group.metadata().column(index).column_descr();
    if described.physical_type() != T::get_physical_type() || described.max_rep_level() > 0 {
        return Err(ParquetError::General(format!("the column `{}` is of another type", described.path().string())));
    }
    let (count, present) = (usize::try_from(group.metadata().num_rows()).unwrap_or_default(), described.max_def_level());
    let mut column = get_typed_column_reader::<T>(group.get_column_reader(index)?);
    let (mut levels, mut values, mut read) = (Vec::new(), Vec::new(), 0);
    while read < count {
        let (records, ..) = column.read_records(count - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::EOF("it ends inside a column".to_owned()));
        }
        read += records;
    }
    let mut values = values.into_iter();
    if present == 0 {
        return Ok(values.map(Some).collect());
    }
    Ok(levels.into_iter().map(|level| if level == present { values.next() } else { None }).collect())
}

/// Without the name of the kind of error.
fn words(error: &ParquetError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, words)| words.to_owned())
}

/// The names that the hub keeps of the classes of a column.
fn names(told: &str, column: &str) -> Option<Vec<String>> {
    let told: Value = serde_json::from_str(told).ok()?;
    told["info"]["features"][column]["names"].as_array()?.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    const SCHEMA: &str =
        "message schema { optional group image { optional binary bytes; optional binary path (UTF8); } optional int64 label; }";

    /// A file of groups of images and labels, as a hub writes them.
    pub fn write(path: &Path, groups: &[(&[Vec<u8>], &[i64])], names: Option<&str>) {
        let told = names.map(|names| vec![KeyValue::new("huggingface".to_owned(), names.to_owned())]);
        let properties = WriterProperties::builder().set_key_value_metadata(told).set_compression(parquet::basic::Compression::SNAPPY);
        let schema = Arc::new(parse_message_type(SCHEMA).expect("a schema"));
        let file = File::create(path).expect("our own file");
        let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).expect("a writer");
        for (images, labels) in groups {
            let mut group = writer.next_row_group().expect("a group");
            let bytes: Vec<ByteArray> = images.iter().map(|image| ByteArray::from(image.clone())).collect();
            let mut column = group.next_column().expect("writes").expect("bytes");
            column.typed::<ByteArrayType>().write_batch(&bytes, Some(&vec![2; images.len()]), None).expect("writes");
            column.close().expect("writes");
            // A path that is null.
            let mut column = group.next_column().expect("writes").expect("path");
            column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![1; images.len()]), None).expect("writes");
            column.close().expect("writes");
            let mut column = group.next_column().expect("writes").expect("label");
            column.typed::<Int64Type>().write_batch(labels, Some(&vec![1; labels.len()]), None).expect("writes");
            column.close().expect("writes");
            group.close().expect("writes");
        }
        writer.close().expect("writes");
    }

    /// A file of another kind of rows.
    pub fn write_others(path: &Path) {
        let schema = Arc::new(parse_message_type("message schema { required binary text (UTF8); }").expect("a schema"));
        let mut writer = SerializedFileWriter::new(File::create(path).expect("our own file"), schema, Arc::default()).expect("a writer");
        let mut group = writer.next_row_group().expect("a group");
        let mut column = group.next_column().expect("writes").expect("text");
        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("a")], None, None).expect("writes");
        column.close().expect("writes");
        group.close().expect("writes");
        writer.close().expect("writes");
    }

    #[test]
    fn nulls_are_no_images_and_words_are_labels() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.parquet");
        write(&path, &[(&[b"one".to_vec(), b"two".to_vec()], &[4, 2])], None);
        let (shard, labels) = Shard::open(&path).expect("ours");
        assert_eq!((labels, &shard.names[..]), (vec![vec![Some(Label::Number(4)), Some(Label::Number(2))]], &[][..]));
        assert_eq!((shard.image(0, 1), shard.image(0, 2)), (Ok(b"two".to_vec()), Err("its row has no bytes".to_owned())));
    }
}

//! `epnas data`: what lies in a folder of images, before a search runs on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use super::data::{Data, DataError};
use super::load::is_named_as_spec;
use super::output::refuse_overwrite;
use super::paths::path;
use super::photos::{Bar, look};
use super::{Exit, diagnostics, fail, print, print_json};
use crate::dataset::photos::{self, PhotoPart, Photos, PhotosError, Survey, share, sheet};
use crate::dataset::{DatasetError, DatasetKind};
use crate::files;
use crate::spec::schema::DatasetSpec;
use crate::spec::{Dataset, Subject};
use crate::text::{Table, counted};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A spec, or a folder, table or archive of images.
    #[arg(value_parser = path())]
    path: PathBuf,
    /// Write a PNG with some images of each class, as networks see them.
    #[arg(long, value_name = "FILE", value_parser = path())]
    contact_sheet: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// What is there.
#[derive(Debug, Serialize)]
struct Shown {
    path: PathBuf,
    layout: String,
    images: usize,
    channels: usize,
    /// By name of the class, images of each part.
    classes: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// Images by format and colours.
    modes: BTreeMap<String, usize>,
    /// The smallest and the largest width and height.
    widths: [u32; 2],
    heights: [u32; 2],
    notes: Vec<String>,
    /// Paths of files that cannot be read, and why.
    unreadable: BTreeMap<String, String>,
}

pub(super) fn inspect(arguments: &Arguments) -> Exit {
    try_inspect(arguments).unwrap_or_else(|exit| exit)
}

fn try_inspect(arguments: &Arguments) -> Result<Exit, Exit> {
    // A mistyped path makes no folders.
    let folder = arguments.contact_sheet.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(fail(Exit::BadSpec, &format!("there is no folder `{}`\nhelp: make it, or name another file", folder.display())));
    }
    let is_spec = is_named_as_spec(&arguments.path);
    let (place, photos) = if is_spec {
        let mut spec = super::load(&arguments.path)?;
        match &spec.subject {
            Subject::Images { dataset: Dataset { described, path: Some(path), .. }, .. } if described.photos.is_some() => {
                (path.clone(), described.photos.clone().expect("just seen"))
            }
            _ => {
                // Of other data all is told by what every command says of them.
                let data = Data::open(&mut spec, None).map_err(|error| error.tell())?;
                let content = data.content();
                match arguments.format {
                    Format::Human => print(&format!("{}\n", content.map(|content| content.summary(&spec.subject)).unwrap_or_default())),
                    Format::Json => print_json(json!({ "holds": content })),
                }
                return Ok(Exit::Done);
            }
        }
    } else if !arguments.path.exists() {
        return Err(absent(&arguments.path));
    } else {
        let given = DatasetSpec { path: Some(arguments.path.clone()), ..DatasetSpec::default() };
        (arguments.path.clone(), given.described().and_then(|described| described.photos).expect("a path alone is of photographs"))
    };
    let trouble = |error: &dyn std::error::Error| fail(Exit::Trouble, &error.to_string());
    let mut bar = Bar::default();
    let mut survey = look(&place, &photos, &mut |progress| bar.hear(progress)).map_err(|error| DataError::from(error).tell())?;
    match photos::prepare(&mut survey, &place, &photos, None, &mut |progress| bar.hear(progress)) {
        // They are listed below.
        Ok(_) | Err(PhotosError::Unreadable { .. }) => {}
        Err(error) => return Err(DataError::from(DatasetError::from(error)).tell()),
    }
    drop(bar);
    let shown = shown(&place, &survey, &photos);
    match arguments.format {
        Format::Human => print(&diagnostics::visible_lines(&human(&shown))),
        Format::Json => print_json(json!(shown)),
    }
    if let Some(path) = &arguments.contact_sheet {
        // It is a picture as those of the data are.
        refuse_overwrite(path, "contact sheet", &[])?;
        let bytes = sheet(&survey, photos.size).map_err(|error| trouble(&error))?;
        files::write(path, &bytes).map_err(|error| trouble(&error))?;
        super::say(&format!("wrote `{}`", path.display()));
    }
    Ok(if shown.unreadable.is_empty() { Exit::Done } else { Exit::Incomplete })
}

/// Neither a spec nor images are at a path.
fn absent(path: &Path) -> Exit {
    let published = DatasetKind::ALL.into_iter().find(|kind| Path::new(kind.word()) == path);
    let help = match published {
        Some(kind) => format!("a spec names it as `dataset: {{name: {kind}}}`; `epnas init --data {kind}` writes one"),
        None => "give a spec, or a folder, table or archive of images".to_owned(),
    };
    fail(Exit::Trouble, &format!("`{}` is not there\nhelp: {help}", path.display()))
}

fn shown(path: &Path, survey: &Survey, photos: &Photos) -> Shown {
    let readable = survey.readable();
    let parts = share(survey, &readable, photos);
    let mut classes: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    let (mut modes, mut widths, mut heights) = (BTreeMap::new(), [0, 0], [0, 0]);
    let widened = |[low, high]: [u32; 2], size: u32| [if high == 0 { size } else { low.min(size) }, high.max(size)];
    for &index in &readable {
        let class = &survey.listing.classes[usize::from(survey.listing.entries[index].label)];
        *classes.entry(class.clone()).or_default().entry(parts[index].word()).or_default() += 1;
        let Ok(header) = &survey.probes[index].header else { continue };
        *modes.entry(header.mode.clone()).or_default() += 1;
        widths = widened(widths, header.width);
        heights = widened(heights, header.height);
    }
    Shown {
        path: path.to_owned(),
        layout: survey.listing.layout.clone(),
        images: readable.len(),
        channels: survey.channels(),
        classes,
        modes,
        widths,
        heights,
        notes: photos::notes(survey, &readable, &parts),
        unreadable: survey.unreadable().into_iter().collect(),
    }
}

fn human(shown: &Shown) -> String {
    let Shown { path, layout, images, channels, classes, modes, widths, heights, notes, unreadable } = shown;
    let range = |[low, high]: &[u32; 2]| if low == high { low.to_string() } else { format!("{low} to {high}") };
    let colours = if *channels == 1 { "all grey: one channel" } else { "three channels" };
    let mut text = format!("{}: {layout}\n", path.display());
    let _ = writeln!(text, "{}, {} wide, {} high, {colours}\n", counted(*images, "image"), range(widths), range(heights));
    for (mode, count) in modes {
        let _ = writeln!(text, "{count:>9} {mode}");
    }
    let parts = PhotoPart::ALL.map(PhotoPart::word);
    let mut table = Table::new(["class"].into_iter().chain(parts).map(str::to_owned).collect());
    for (class, counts) in classes {
        let numbers = parts.iter().map(|part| counts.get(part).copied().unwrap_or(0).to_string());
        table.row([class.clone()].into_iter().chain(numbers).collect());
    }
    let total = |part: &&str| classes.values().filter_map(|counts| counts.get(part)).sum::<usize>().to_string();
    table.row(["all".to_owned()].into_iter().chain(parts.iter().map(total)).collect());
    let _ = write!(text, "\n{}", table.render());
    for note in notes {
        let _ = writeln!(text, "note: {note}");
    }
    if !unreadable.is_empty() {
        let _ = writeln!(text, "{} cannot be read:", counted(unreadable.len(), "file"));
    }
    for (path, how) in unreadable {
        let _ = writeln!(text, "  {path}: {how}");
    }
    text
}

//! What is logged, and where: standard error as `--log` asks, and a file of JSON lines in the folder of results of each
//! run.

mod levels;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt, reload};

pub(super) use self::levels::LogLevels;
use super::diagnostics::Style;
use crate::files::{self, FileError};

/// The target of what a person is told anyway, so that standard error does not say it twice. Filters for `epnas` are for it too.
pub(super) const TOLD: &str = "epnas.told";

/// The file in the folder of results, and what it is called when it is full.
pub(super) const LOG_FILE: &str = "log.jsonl";
const OLDER: &str = "log.1.jsonl";

/// Bytes after which a new file is begun.
const FULL: u64 = 32 << 20;

/// The log of this process.
#[derive(Debug)]
pub(super) struct Log {
    file: LogFile,
    filter: reload::Handle<Targets, Registry>,
    levels: LogLevels,
}

impl Log {
    /// Begins to log to standard error what is asked for.
    pub(super) fn begin(levels: &LogLevels) -> Self {
        let shown = levels.on_screen();
        let file = LogFile::default();
        // Nothing is written out before there is a file for it.
        let (closed, filter) = reload::Layer::new(Targets::new());
        let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(file.clone());
        let screen = fmt::layer().with_writer(io::stderr).with_ansi(Style::of(&io::stderr()) == Style::Colour);
        tracing_subscriber::registry()
            .with(lines.with_filter(closed))
            .with(screen.with_filter(shown.and(filter_fn(|about| about.target() != TOLD))))
            .init();
        Self { file, filter, levels: levels.clone() }
    }

    /// From now on also logs into the folder of a run: `info`, or more where it was asked for. What earlier runs left there
    /// stays.
    pub(super) fn write_below(&self, folder: &Path) -> Result<(), FileError> {
        self.file.open(folder)?;
        let filter = self.levels.in_file();
        // It fails only where the subscriber is gone, which lives as long as the process.
        let _ = self.filter.reload(filter);
        Ok(())
    }
}

/// A file of lines that never grows beyond [`FULL`]; what stood in a full one is kept until the next one is full.
#[derive(Clone, Debug, Default)]
struct LogFile(Arc<Mutex<Option<Open>>>);

#[derive(Debug)]
struct Open {
    folder: PathBuf,
    file: File,
    size: u64,
}

impl LogFile {
    fn open(&self, folder: &Path) -> Result<(), FileError> {
        let open = Open::new(folder)?;
        if let Ok(mut file) = self.0.lock() {
            *file = Some(open);
        }
        Ok(())
    }
}

impl Open {
    fn new(folder: &Path) -> Result<Self, FileError> {
        let (file, size) = files::append(&folder.join(LOG_FILE))?;
        Ok(Self { folder: folder.to_owned(), file, size })
    }

    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + line.len() as u64 > FULL {
            let renewed = files::rename(&self.folder.join(LOG_FILE), &self.folder.join(OLDER)).and_then(|()| Self::new(&self.folder));
            *self = renewed.map_err(io::Error::other)?;
        }
        self.size += line.len() as u64;
        self.file.write_all(line)
    }
}

/// Each line comes in one piece.
impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Ok(mut open) = self.0.lock()
            && let Some(open) = open.as_mut()
        {
            // A full disk is no reason to stop, or to say so at every line: the run itself finds it.
            let _ = open.add(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogFile {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_earlier_lines_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let read = |name: &str| files::read(&folder.path().join(name), 2 * FULL).map(|bytes| bytes.len() as u64);
        let mut log = LogFile::default();
        log.write_all(b"{}\n").expect("nobody listens");
        log.open(folder.path()).expect("open");
        log.write_all(b"{}\n").expect("write");
        log.open(folder.path()).expect("open again");
        log.write_all(b"{}\n").expect("write");
        assert_eq!(read(LOG_FILE).expect("written"), 6);
        files::write_unflushed(&folder.path().join(LOG_FILE), &vec![b'\n'; FULL as usize - 1]).expect("write");
        log.open(folder.path()).expect("open again");
        log.write_all(b"{}\n").expect("write");
        assert_eq!((read(LOG_FILE).expect("written"), read(OLDER).expect("kept")), (3, FULL - 1));
    }
}

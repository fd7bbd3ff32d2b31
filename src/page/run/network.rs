//! A network of the run, drawn under the name of its place.

use super::subject::{Run, place};
use crate::arch::Architecture;
use crate::page::drawing::draw;
use crate::page::figure::Figure;

pub(super) fn drawn(run: &Run<'_>, architecture: &Architecture) -> Option<Figure> {
    draw(run.spec, architecture, &place(&architecture.digest()))
}

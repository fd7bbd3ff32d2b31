//! A page as one HTML file: the template, its style and its script are part of the program.

use minijinja::{AutoEscape, Environment, context, escape_formatter};
use serde::Serialize;

use super::figure::{Figure, STYLE};
use super::section::{Fact, Section};
use super::svg::escaped;

const TEMPLATE: &str = include_str!("page.html");
const PAGE_STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

/// What a page holds, in the order in which it is read.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// What sort of page it is, such as `Search`.
    pub kind: String,
    pub title: String,
    /// The sentence to remember.
    pub lead: String,
    /// The most important figures.
    pub figures: Vec<Fact>,
    pub sections: Vec<Section>,
}

impl Page {
    /// The same bytes for the same page.
    pub fn html(&self) -> String {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
            _ => escape_formatter(out, state, value),
        });
        environment.add_template("page", TEMPLATE).expect("the template is part of the program, and a test renders it");
        let template = environment.get_template("page").expect("it was just added");
        let style = format!("{STYLE}{PAGE_STYLE}");
        let filled = template.render(context! { page => self, version => env!("CARGO_PKG_VERSION"), style, script => SCRIPT });
        filled.expect("the template names only what a page has")
    }

    /// Every figure of the page.
    pub fn drawings(&self) -> Vec<&Figure> {
        self.sections.iter().flat_map(|section| &section.blocks).flat_map(|block| block.figures()).collect()
    }
}

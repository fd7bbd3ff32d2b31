//! A figure: one drawing with its name, its title, and what it shows in words.

use serde::Serialize;

use super::svg::escaped;

/// How figures look, on a page and on their own.
pub(super) const STYLE: &str = include_str!("figure.css");

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Of its file and of its place in the page; letters, digits and hyphens.
    pub name: String,
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Its words below the drawing.
    pub caption: String,
    /// Width and height of its view.
    #[serde(skip)]
    pub size: (f64, f64),
    /// Its elements.
    #[serde(skip)]
    pub marks: String,
    /// The same as an element of the page.
    pub svg: String,
}

impl Figure {
    pub fn new(name: &str, title: &str, description: &str, size: (f64, f64), marks: String) -> Self {
        let mut figure = Self {
            name: name.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            caption: String::new(),
            size,
            marks,
            svg: String::new(),
        };
        figure.svg = figure.element("");
        figure
    }

    #[must_use]
    pub fn with_caption(mut self, caption: String) -> Self {
        self.caption = caption;
        self
    }

    /// A document of its own.
    pub fn document(&self) -> String {
        let style = format!("<style>{STYLE}</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>");
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.element(&style))
    }

    fn element(&self, style: &str) -> String {
        let Self { name, title, description, marks, size: (width, height), .. } = self;
        // What holds links is no single picture to a screen reader.
        let role = if marks.contains("<a ") { "group" } else { "img" };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" role=\"{role}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" aria-labelledby=\"{name}-title {name}-desc\">\
             <title id=\"{name}-title\">{}</title><desc id=\"{name}-desc\">{}</desc>{style}{marks}</svg>",
            escaped(title),
            escaped(description)
        )
    }
}

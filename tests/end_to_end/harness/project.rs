//! Projects as the stand-in reads them: `crates/standin/src/project.rs` tells what is in one.

use super::{Cluster, work};
use callsheet_protocol::v1;

/// A project that is being made, all of one composition unless more is told.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    composition: String,
    layers: String,
    footage: String,
    rest: String,
}

impl Project {
    /// With a composition of so many frames, from 0 on, [`work::SIZE`] large.
    pub(crate) fn of(composition: &str, frames: u32) -> Self {
        let (width, height) = work::SIZE;
        let composition = format!(
            "[[composition]]\nname = {composition:?}\nframes = {frames}\nwidth = {width}\nheight = {height}\n"
        );
        Self { composition, layers: String::new(), footage: String::new(), rest: String::new() }
    }

    /// With several compositions of so many frames each.
    pub(crate) fn of_each<'a>(compositions: impl IntoIterator<Item = &'a str>, frames: u32) -> Self {
        let mut all = compositions.into_iter().map(|name| Self::of(name, frames));
        let first = all.next().expect("a project has a composition");
        all.fold(first, |project, other| project.and(&other.composition))
    }

    /// With more keys of that composition: `start = 100`.
    pub(crate) fn is(mut self, keys: &str) -> Self {
        self.composition.push_str(&format!("{keys}\n"));
        self
    }

    /// With a text layer.
    pub(crate) fn text(self, layer: &str, text: &str) -> Self {
        self.layer(&format!("name = {layer:?}\ntext = {text:?}"))
    }

    /// With a layer of these keys.
    pub(crate) fn layer(mut self, keys: &str) -> Self {
        self.layers.push_str(&format!("\n[[composition.layer]]\n{keys}\n"));
        self
    }

    /// With a layer that shows a file.
    pub(crate) fn footage(mut self, layer: &str, name: &str, path: &str) -> Self {
        self.footage.push_str(&format!("\n[[footage]]\nname = {name:?}\npath = {path:?}\n"));
        self.layer(&format!("name = {layer:?}\nsource = {name:?}"))
    }

    /// With whatever else: further compositions, queue items.
    pub(crate) fn and(mut self, text: &str) -> Self {
        self.rest.push_str(&format!("\n{text}\n"));
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // Keys of the whole project would come first, and there are none.
        format!("{}{}{}{}", self.composition, self.layers, self.rest, self.footage).into_bytes()
    }

    /// In the cluster's store.
    pub(crate) async fn upload(&self, cluster: &Cluster) -> v1::Template {
        cluster.api.clone().put_template("project.aep", &self.bytes()).await
    }
}

use anyhow::Result;
pub(crate) async fn run(_: crate::commands::demo::Args) -> Result<crate::exit::Exit> { Ok(crate::exit::Exit::Broken) }

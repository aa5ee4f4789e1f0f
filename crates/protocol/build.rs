//! Compiles `proto/` without `protoc`: `protox` reads the files, and the same descriptor set that makes the
//! code is kept for the reflection service.

use std::path::PathBuf;
use std::{env, fs};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let files = ["model", "nodes", "jobs", "cluster"].map(|name| format!("callsheet/v1/{name}.proto"));
    let descriptors = protox::compile(files, [&root])?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut bytes = Vec::new();
    prost::Message::encode(&descriptors, &mut bytes)?;
    fs::write(out.join("callsheet.v1.bin"), bytes)?;
    // The details of a status say of which type they are, by name.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;
    Ok(())
}

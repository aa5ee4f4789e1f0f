//! Where attempts are made ready: their place, their scratch directory, what to run. Blocking, all of it.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

use callsheet_agent::Offer;
use callsheet_config::PathMap;
use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern, StepSpec, Token, Work};
use callsheet_renderers::{Assignment, Expectation, Input, Invocation, Renderer, publish};

use crate::error::NodeError;
use crate::process::Processes;
use crate::settings::NodeSettings;

/// What an attempt of a crashed agent left is kept this long: someone may still publish what was accepted.
const KEEP_PLACES: Duration = Duration::from_secs(24 * 3600);

/// What all slots of a node share.
pub(crate) struct Workshop {
    renderers: BTreeMap<String, Arc<dyn Renderer>>,
    path_map: PathMap,
    scratch: PathBuf,
    /// One small file for each place in use, so that a later start of this agent knows of it.
    places: PathBuf,
    /// One small file for each marker ever used, so that a later start takes away what was left.
    markers: PathBuf,
    threads: u32,
    min_free_disk: u64,
    pub(super) processes: Arc<dyn Processes>,
    /// Locked as long as this agent lives: two in one directory would remove each other's work.
    _lock: File,
}

impl std::fmt::Debug for Workshop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workshop").field("scratch", &self.scratch).finish_non_exhaustive()
    }
}

/// An attempt, ready to run.
pub(super) struct Bench {
    pub(super) renderer: Arc<dyn Renderer>,
    step: StepSpec,
    frames: FrameSet,
    template: Option<PathBuf>,
    inputs: BTreeMap<String, Input>,
    pub(super) place: PathBuf,
    pub(super) scratch: PathBuf,
    /// Its place, if it is nobody's when the attempt is over.
    passing: Option<Token>,
    threads: u32,
    gentle: bool,
}

impl Bench {
    pub(super) fn assignment(&self) -> Assignment<'_> {
        Assignment {
            step: &self.step,
            frames: &self.frames,
            template: self.template.as_deref(),
            inputs: &self.inputs,
            place: &self.place,
            scratch: &self.scratch,
            threads: self.threads,
            gentle: self.gentle,
        }
    }

    pub(super) fn expectation(&self) -> Expectation {
        self.renderer.expectation(&self.assignment())
    }

    pub(super) fn has_output(&self) -> bool {
        self.step.has_output()
    }
}

impl Workshop {
    /// Opens the work directory and removes what an earlier start of this agent left there.
    pub(crate) fn open(settings: &NodeSettings) -> Result<Self, NodeError> {
        let config = &settings.config;
        let lock = lock(&config.work)?;
        let cpus = available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
        let workshop = Self {
            renderers: settings.renderers.clone(),
            path_map: config.path_map.clone(),
            scratch: config.work.join("scratch"),
            places: config.work.join("places"),
            markers: config.work.join("markers"),
            threads: config.threads.map_or((cpus / config.slots.max(1)).max(1), |threads| threads.get()),
            min_free_disk: config.min_free_disk,
            processes: settings.processes.clone(),
            _lock: lock,
        };
        workshop.tidy().map_err(|source| NodeError::Directory {
            key: "work",
            path: config.work.clone(),
            source,
        })?;
        Ok(workshop)
    }

    fn tidy(&self) -> io::Result<()> {
        // A renderer of an agent that was killed may be dying in there still. It only takes room.
        if let Err(error) = fs::remove_dir_all(&self.scratch)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(scratch = %self.scratch.display(), %error, "cannot be emptied");
        }
        fs::create_dir_all(&self.scratch)?;
        fs::create_dir_all(&self.places)?;
        fs::create_dir_all(&self.markers)?;
        self.clear_markers()?;
        for entry in fs::read_dir(&self.places)? {
            let entry = entry?;
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?).unwrap_or_default();
            if age < KEEP_PLACES {
                continue;
            }
            let place = PathBuf::from(fs::read_to_string(entry.path())?);
            // Only ever what this agent made: a place lies in a folder of that name.
            let is_place = place.components().any(|part| part.as_os_str() == publish::FOLDER);
            if is_place && publish::discard(&place).is_ok() {
                tracing::info!(place = %place.display(), "removed what an old attempt left");
            }
            fs::remove_file(entry.path())?;
        }
        Ok(())
    }

    /// A step's output as a path of this machine; `None` without output.
    pub(crate) fn output_of(&self, step: &StepSpec) -> Result<Option<OutputPattern>, Failure> {
        step.output.as_ref().map(|output| self.output_here(output)).transpose()
    }

    pub(crate) fn output_here(&self, output: &OutputPattern) -> Result<OutputPattern, Failure> {
        self.path_map.apply_to(output).map_err(|error| {
            Failure::new(FailureClass::NodeConfig, format!("{output} has no path on this machine: {error}"))
        })
    }

    /// A path that a job names, as a path of this machine.
    pub(crate) fn path_here(&self, path: &str) -> PathBuf {
        PathBuf::from(self.path_map.apply(path))
    }

    pub(super) fn prepare(
        &self,
        offer: &Offer,
        template: Option<PathBuf>,
    ) -> Result<(Bench, Vec<Invocation>), Failure> {
        let spec = &offer.brief.spec;
        let renderer = self.renderers.get(&spec.renderer).ok_or_else(|| {
            let known: Vec<&str> = self.renderers.keys().map(String::as_str).collect();
            let found = &spec.renderer;
            let message = format!("there is no renderer {found} on this node, only {}", known.join(", "));
            Failure::new(FailureClass::NodeConfig, message)
        })?;
        let output = self.output_of(spec)?;
        let scratch = self.scratch.join(offer.token.to_string());
        let place = match &output {
            Some(output) => publish::place_of(output, offer.brief.job, offer.token),
            None => scratch.join("place"),
        };
        self.make_room(offer.token, &place, &scratch, output.is_some())?;
        let passing = (offer.work == Work::Preflight && output.is_some()).then_some(offer.token);
        let mut inputs = BTreeMap::new();
        for (name, input) in &offer.brief.inputs {
            let output = self.output_here(&input.output)?;
            inputs.insert(name.clone(), Input { output, frames: input.frames.clone() });
        }
        let bench = Bench {
            renderer: renderer.clone(),
            step: StepSpec { output, ..spec.clone() },
            frames: offer.frames.clone(),
            template,
            inputs,
            place,
            scratch,
            passing,
            threads: self.threads,
            gentle: offer.gentle,
        };
        let invocations = match offer.work {
            Work::Preflight => bench.renderer.preflight(&bench.assignment()),
            Work::Render | Work::Publish { .. } => bench.renderer.invocations(&bench.assignment()),
        };
        match invocations {
            Ok(invocations) => Ok((bench, invocations)),
            Err(failure) => {
                self.clear(&bench);
                Err(failure)
            }
        }
    }

    /// Removes what nobody needs when an attempt is over.
    pub(super) fn clear(&self, bench: &Bench) {
        // What stays is removed at the next start.
        let _ = fs::remove_dir_all(&bench.scratch);
        if let Some(token) = bench.passing {
            if publish::discard(&bench.place).is_ok() {
                self.forget_place(token);
            }
            publish::turn_off_the_light(&bench.place);
        }
    }

    /// Remembers which markers there may be when this agent is killed. Where the renderer's guard takes them
    /// away itself, this is for the case that it is killed, too.
    pub(super) fn note_markers(&self, markers: &[PathBuf]) {
        for marker in markers {
            let text = marker.as_os_str().as_encoded_bytes();
            let note = self.markers.join(format!("{:x}", md5::compute(text)));
            if !note.exists()
                && let Err(error) = fs::write(note, text)
            {
                tracing::warn!(marker = %marker.display(), %error, "cannot be noted");
            }
        }
    }

    fn clear_markers(&self) -> io::Result<()> {
        for note in fs::read_dir(&self.markers)? {
            let note = note?.path();
            let Ok(marker) = fs::read_to_string(&note) else { continue };
            match crate::platform::clear_marker(Path::new(&marker)) {
                Ok(()) => fs::remove_file(note)?,
                Err(error) => tracing::warn!(marker, %error, "cannot be looked after"),
            }
        }
        Ok(())
    }

    fn make_room(&self, token: Token, place: &Path, scratch: &Path, durable: bool) -> Result<(), Failure> {
        let io = |path: &Path, error: io::Error| {
            let message = format!("{} cannot be made: {error}", path.display());
            Failure::new(FailureClass::OutputIo, message)
        };
        fs::create_dir_all(scratch).map_err(|error| io(scratch, error))?;
        if let Some(free) = free_space(&self.scratch)
            && free < self.min_free_disk
        {
            let (free, least) = (free >> 20, self.min_free_disk >> 20);
            let message = format!("{free} MiB are free in the work directory, at least {least} are needed");
            // No frame is to blame for it, and it passes when somebody makes room.
            return Err(Failure::new(FailureClass::StorageOut, message));
        }
        if durable {
            publish::prepare(place).map_err(|error| io(place, error))?;
            // Losing this note costs tidiness only.
            let _ = fs::write(self.places.join(token.to_string()), place.to_string_lossy().as_bytes());
            Ok(())
        } else {
            fs::create_dir_all(place).map_err(|error| io(place, error))
        }
    }

    /// An attempt's place is gone, so nothing is left to remember.
    pub(crate) fn forget_place(&self, token: Token) {
        let _ = fs::remove_file(self.places.join(token.to_string()));
    }
}

fn lock(work: &Path) -> Result<File, NodeError> {
    let path = work.join("agent.lock");
    let file = File::create(&path).map_err(|source| NodeError::Directory {
        key: "work",
        path: work.to_owned(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NodeError::InUse { path: work.to_owned() }),
        Err(TryLockError::Error(error)) => {
            // Some network file systems have no locks.
            tracing::warn!(path = %path.display(), %error, "cannot be locked");
            Ok(file)
        }
    }
}

/// Bytes free on the disk that holds this directory, if the system tells.
fn free_space(directory: &Path) -> Option<u64> {
    crate::platform::free_space(directory)
}

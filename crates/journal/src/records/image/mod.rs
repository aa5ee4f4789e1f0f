//! A snapshot as it is stored: not one record but a row of them, a head first, so that neither writing nor
//! reading ever holds the encoded whole.

mod notes;
mod stored;

use callsheet_model::Timestamp;
use callsheet_model::image::{Image, JobImage, LeaseImage, NodeImage};
use serde::{Deserialize, Serialize};

use super::alert::{StoredAlertImage, StoredTold};
use super::lease::LeaseNotes;
use super::pause::StoredPause;
use super::scalar::{StoredToken, StoredUuid};
use super::troupe::StoredPlayerImage;
use super::trust::{NodeNotes, StepNotes};
use notes::JobNotes;
use stored::{StoredJobImage, StoredLeaseImage, StoredNodeImage};

/// Ids of events from outside in one record.
const IDS_IN_PART: usize = 4096;

/// One record of a snapshot.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImagePart<'a> {
    /// The first: what there is one of, and how many of the others follow.
    Head {
        sequence: u64,
        epoch: u32,
        last_token: StoredToken,
        jobs: u64,
        leases: u64,
        nodes: u64,
    },
    Job(StoredJobImage<'a>),
    Lease(StoredLeaseImage<'a>),
    Node(StoredNodeImage),
    /// In the place of a job, a lease or a node that there is more to say of than the older records have a place
    /// for.
    NotedJob(StoredJobImage<'a>, Vec<StepNotes<'a>>),
    NotedLease(StoredLeaseImage<'a>, LeaseNotes),
    NotedNode(StoredNodeImage, Vec<NodeNotes>),
    /// In the place of a head, when there is any of what follows here.
    FullHead {
        sequence: u64,
        epoch: u32,
        last_token: StoredToken,
        jobs: u64,
        leases: u64,
        nodes: u64,
        pauses: u64,
        told: u64,
        alerts: u64,
        /// Ids, not records of them.
        outside: u64,
    },
    /// In the place of a noted one with still more to say.
    FullJob(StoredJobImage<'a>, Vec<StepNotes<'a>>, JobNotes),
    FullNode(StoredNodeImage, Vec<NodeNotes>, Vec<StoredPlayerImage>),
    /// In the place of a lease whose renderer is known to have begun.
    BegunLease(StoredLeaseImage<'a>, Option<LeaseNotes>),
    Pause(StoredPause),
    Told(StoredTold),
    Alert(StoredAlertImage),
    /// Ids of events from outside with their numbers, some thousands at a time.
    Outside(Vec<(StoredUuid, u64)>),
    /// In the place of a node that is gone, with when it was last heard, in milliseconds.
    GoneNode(StoredNodeImage, Vec<NodeNotes>, Vec<StoredPlayerImage>, u64),
    /// In the place of a job that has another priority now than it was submitted with.
    PrioritisedJob(StoredJobImage<'a>, Vec<StepNotes<'a>>, Option<JobNotes>, u32),
}

fn head(image: &Image) -> ImagePart<'_> {
    let (sequence, epoch, last_token) = (image.sequence, image.epoch, image.last_token.into());
    let count = |length: usize| length as u64;
    let (jobs, leases, nodes) =
        (count(image.jobs.len()), count(image.leases.len()), count(image.nodes.len()));
    let (pauses, told) = (count(image.pauses.len()), count(image.told.len()));
    let (alerts, outside) = (count(image.alerts.len()), count(image.outside.len()));
    if pauses + told + alerts + outside == 0 {
        return ImagePart::Head { sequence, epoch, last_token, jobs, leases, nodes };
    }
    ImagePart::FullHead { sequence, epoch, last_token, jobs, leases, nodes, pauses, told, alerts, outside }
}

/// The record of an image at a place, from 0; nothing behind its last.
pub(crate) fn part_of(image: &Image, at: usize) -> Option<ImagePart<'_>> {
    let Some(mut at) = at.checked_sub(1) else { return Some(head(image)) };
    // Each kind in its turn: a place is theirs, or lies behind them.
    let mut theirs = |count: usize| {
        let found = (at < count).then_some(at);
        at = at.wrapping_sub(count);
        found
    };
    if let Some(at) = theirs(image.jobs.len()) {
        return image.jobs.get(at).map(job_part);
    }
    if let Some(at) = theirs(image.leases.len()) {
        return image.leases.get(at).map(|held| match (held.began, LeaseNotes::of(&held.lease)) {
            (true, notes) => ImagePart::BegunLease(held.into(), notes),
            (false, None) => ImagePart::Lease(held.into()),
            (false, Some(notes)) => ImagePart::NotedLease(held.into(), notes),
        });
    }
    if let Some(at) = theirs(image.nodes.len()) {
        return image.nodes.get(at).map(node_part);
    }
    if let Some(at) = theirs(image.pauses.len()) {
        return image.pauses.get(at).map(|pause| ImagePart::Pause(pause.into()));
    }
    if let Some(at) = theirs(image.told.len()) {
        return image.told.iter().nth(at).map(|(worker, told)| ImagePart::Told(StoredTold::of(worker, told)));
    }
    if let Some(at) = theirs(image.alerts.len()) {
        return image.alerts.get(at).map(|alert| ImagePart::Alert(alert.into()));
    }
    let ids = image.outside.chunks(IDS_IN_PART).nth(theirs(usize::MAX)?)?;
    Some(ImagePart::Outside(ids.iter().map(|(id, number)| (StoredUuid(*id), *number)).collect()))
}

fn job_part(job: &JobImage) -> ImagePart<'_> {
    let steps = StepNotes::of(&job.steps);
    if job.priority != job.job.spec.priority {
        return ImagePart::PrioritisedJob(job.into(), steps, JobNotes::of(job), job.priority);
    }
    match JobNotes::of(job) {
        Some(notes) => ImagePart::FullJob(job.into(), steps, notes),
        None if steps.is_empty() => ImagePart::Job(job.into()),
        None => ImagePart::NotedJob(job.into(), steps),
    }
}

fn node_part(node: &NodeImage) -> ImagePart<'_> {
    let notes = NodeNotes::of(node);
    let players: Vec<_> = node.players.values().map(StoredPlayerImage::of).collect();
    if let Some(heard) = node.last_heard {
        return ImagePart::GoneNode(node.into(), notes, players, heard.0);
    }
    match (players.is_empty(), notes.is_empty()) {
        (false, _) => ImagePart::FullNode(node.into(), notes, players),
        (true, false) => ImagePart::NotedNode(node.into(), notes),
        (true, true) => ImagePart::Node(node.into()),
    }
}

/// How many of each kind there are: jobs, leases, nodes, pauses, told, alerts, outside.
type Counts = [u64; 7];

/// Puts an image together from its records.
#[derive(Default)]
pub(crate) struct ImageBuilder {
    image: Option<Image>,
    /// What the head announced.
    announced: Counts,
}

impl ImageBuilder {
    /// Takes the next record.
    ///
    /// # Errors
    /// A sentence, when the record does not belong here.
    pub(crate) fn add(&mut self, part: ImagePart<'_>) -> Result<(), &'static str> {
        use ImagePart as Part;
        match (part, &mut self.image) {
            (Part::Head { sequence, epoch, last_token, jobs, leases, nodes }, None) => {
                self.begin(sequence, epoch, last_token, [jobs, leases, nodes, 0, 0, 0, 0]);
            }
            (
                Part::FullHead {
                    sequence,
                    epoch,
                    last_token,
                    jobs,
                    leases,
                    nodes,
                    pauses,
                    told,
                    alerts,
                    outside,
                },
                None,
            ) => {
                let announced = [jobs, leases, nodes, pauses, told, alerts, outside];
                self.begin(sequence, epoch, last_token, announced);
            }
            (Part::Head { .. } | Part::FullHead { .. }, Some(_)) => return Err("a second head"),
            (_, None) => return Err("a part before its head"),
            (Part::Job(job), Some(image)) => image.jobs.push(job.into()),
            (Part::NotedJob(job, steps), Some(image)) => image.jobs.push(noted_job(job, steps)?),
            (Part::FullJob(job, steps, notes), Some(image)) => {
                let mut job = noted_job(job, steps)?;
                notes.add_to(&mut job)?;
                image.jobs.push(job);
            }
            (Part::PrioritisedJob(job, steps, notes, priority), Some(image)) => {
                let mut job = JobImage { priority, ..noted_job(job, steps)? };
                if let Some(notes) = notes {
                    notes.add_to(&mut job)?;
                }
                image.jobs.push(job);
            }
            (Part::Lease(lease), Some(image)) => image.leases.push(lease.into()),
            (Part::NotedLease(held, notes), Some(image)) => {
                image.leases.push(noted_lease(held, Some(notes)));
            }
            (Part::BegunLease(held, notes), Some(image)) => {
                image.leases.push(LeaseImage { began: true, ..noted_lease(held, notes) });
            }
            (Part::Node(node), Some(image)) => image.nodes.push(node.into()),
            (Part::NotedNode(node, notes), Some(image)) => image.nodes.push(noted_node(node, notes)),
            (Part::FullNode(node, notes, players), Some(image)) => {
                image.nodes.push(full_node(node, notes, players));
            }
            (Part::GoneNode(node, notes, players, heard_ms), Some(image)) => {
                let last_heard = Some(Timestamp(heard_ms));
                image.nodes.push(NodeImage { last_heard, ..full_node(node, notes, players) });
            }
            (Part::Pause(pause), Some(image)) => image.pauses.push(pause.into()),
            (Part::Told(told), Some(image)) => image.told.extend([told.live()]),
            (Part::Alert(alert), Some(image)) => image.alerts.push(alert.into()),
            (Part::Outside(ids), Some(image)) => {
                image.outside.extend(ids.into_iter().map(|(id, number)| (id.0, number)));
            }
        }
        Ok(())
    }

    fn begin(&mut self, sequence: u64, epoch: u32, last_token: StoredToken, announced: Counts) {
        self.announced = announced;
        self.image = Some(Image { sequence, epoch, last_token: last_token.into(), ..Image::default() });
    }

    /// Whether every record that the head announced is there.
    pub(crate) fn is_whole(&self) -> bool {
        self.image.as_ref().is_some_and(|image| {
            // Every field by its name: a new one must not be forgotten here.
            let Image {
                sequence: _,
                epoch: _,
                last_token: _,
                jobs,
                leases,
                nodes,
                pauses,
                told,
                alerts,
                outside,
            } = image;
            let there = [
                jobs.len(),
                leases.len(),
                nodes.len(),
                pauses.len(),
                told.len(),
                alerts.len(),
                outside.len(),
            ];
            self.announced == there.map(|count| count as u64)
        })
    }

    /// The image, if every record that the head announced came.
    pub(crate) fn finish(self) -> Option<Image> {
        if self.is_whole() { self.image } else { None }
    }
}

fn noted_job(job: StoredJobImage<'_>, steps: Vec<StepNotes<'_>>) -> Result<JobImage, &'static str> {
    let mut job = JobImage::from(job);
    steps.into_iter().try_for_each(|notes| notes.add_to(&mut job.steps))?;
    Ok(job)
}

fn noted_lease(held: StoredLeaseImage<'_>, notes: Option<LeaseNotes>) -> LeaseImage {
    let held = LeaseImage::from(held);
    let lease = notes.map_or_else(|| held.lease.clone(), |notes| notes.join(held.lease.clone()));
    LeaseImage { lease, ..held }
}

fn noted_node(node: StoredNodeImage, notes: Vec<NodeNotes>) -> NodeImage {
    let mut node = NodeImage::from(node);
    notes.into_iter().for_each(|notes| notes.add_to(&mut node));
    node
}

fn full_node(node: StoredNodeImage, notes: Vec<NodeNotes>, players: Vec<StoredPlayerImage>) -> NodeImage {
    let mut node = noted_node(node, notes);
    node.players = players.into_iter().map(StoredPlayerImage::live).collect();
    node
}

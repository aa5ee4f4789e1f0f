//! The clients' door: jobs, from submission to the last frame.

use std::pin::Pin;

use callsheet_leader::{Leader, LeaderError, SchedulerCommand, SchedulerReply, view};
use callsheet_model::limits::MAX_ASKED;
use callsheet_model::{Author, JobId, Token};
use callsheet_protocol::text::{JOB, NOTE, PART_OF_TITLE, SOUGHT};
use callsheet_protocol::{FieldError, StepDefaults, priority_from_wire, spec_from_wire, v1};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::caller::{author, person};
use super::{bounded, refused, unreadable, views};
use crate::output::{Output, Which};
use crate::readers::{Readers, Seated};

/// Answers of a stream that wait for a slow client.
const READY: usize = 16;
/// Pieces of output that wait for one; each may be long.
const LOG_PIECES: usize = 2;
/// Jobs on a page when nothing is said.
const PAGE: usize = 100;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The service.
#[derive(Clone)]
pub(crate) struct Jobs {
    pub(super) leader: Leader,
    pub(super) leave: CancellationToken,
    readers: Readers,
}

impl Jobs {
    pub(crate) fn new(leader: Leader, leave: CancellationToken, readers: Readers) -> Self {
        Self { leader, leave, readers }
    }

    /// A job by its id or the end of it.
    async fn find(&self, text: &str) -> Result<JobId, Status> {
        JOB.check("id", text).map_err(unreadable)?;
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let short = text.to_owned();
        let found =
            self.leader.read(move |scheduler| scheduler.jobs_named(&short, 2)).await.map_err(refused)?;
        match found.as_slice() {
            [id] => Ok(*id),
            [] => Err(refused(LeaderError::NoSuchJob(text.chars().take(60).collect()))),
            _ => Err(refused(LeaderError::AmbiguousJob(text.chars().take(60).collect()))),
        }
    }

    pub(super) async fn view(&self, id: JobId) -> Result<v1::JobView, Status> {
        let view =
            self.leader.read(move |scheduler| views::whole_job(scheduler, id)).await.map_err(refused)?;
        view.ok_or_else(|| refused(LeaderError::NoSuchJob(id.to_string())))
    }

    /// Gives a command about one job, and answers with the job.
    async fn change(
        &self,
        author: Author,
        id: &str,
        command: impl FnOnce(JobId) -> SchedulerCommand,
    ) -> Result<Response<v1::JobView>, Status> {
        let id = self.find(id).await?;
        self.leader.command_as(author, command(id)).await.map_err(refused)?;
        Ok(Response::new(self.view(id).await?))
    }
}

#[tonic::async_trait]
impl v1::jobs_server::Jobs for Jobs {
    type WatchStream = Answers<v1::JobView>;
    type LogsStream = Answers<v1::LogChunk>;
    type TimelineStream = Answers<v1::TimelinePiece>;

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let author = author(request.metadata())?;
        let v1::SubmitRequest { id, spec, dry_run } = request.into_inner();
        let id = match id.as_str() {
            "" => JobId(Uuid::now_v7()),
            text => text
                .parse()
                .map_err(|error| unreadable(FieldError::new("id", format!("is no UUID: {error}"))))?,
        };
        let spec = spec.ok_or_else(|| unreadable(FieldError::missing("spec")))?;
        let config = self.leader.config();
        let defaults = StepDefaults { retries: config.retry.retries, timeouts: config.timeouts };
        let spec = spec_from_wire(&spec, &defaults).map_err(|wrong| {
            let wrong = wrong.iter().map(ToString::to_string).collect::<Vec<_>>();
            Status::invalid_argument(bounded(wrong.join("; ")))
        })?;
        if dry_run {
            self.leader.check(spec).await.map_err(refused)?;
            return Ok(Response::new(v1::SubmitResponse { id: id.to_string(), already: false }));
        }
        match self.leader.submit_as(author, id, spec).await.map_err(refused)? {
            SchedulerReply::Submitted { job, already } => {
                Ok(Response::new(v1::SubmitResponse { id: job.to_string(), already }))
            }
            other => Err(Status::internal(format!("a submission was answered with {other:?}"))),
        }
    }

    async fn get(&self, request: Request<v1::GetJobRequest>) -> Result<Response<v1::JobView>, Status> {
        let id = self.find(&request.into_inner().id).await?;
        Ok(Response::new(self.view(id).await?))
    }

    async fn list(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<Response<v1::ListJobsResponse>, Status> {
        let request = request.into_inner();
        SOUGHT.check("project", &request.project).map_err(unreadable)?;
        PART_OF_TITLE.check("name_contains", &request.name_contains).map_err(unreadable)?;
        let states = request.states().filter_map(views::job_state_from_wire).collect();
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let filter =
            view::JobFilter { states, project: some(&request.project), name: some(&request.name_contains) };
        let before = match request.page_token.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                unreadable(FieldError::new("page_token", "is not one: take it from the page before"))
            })?),
        };
        let size = if request.page_size == 0 { PAGE } else { request.page_size as usize };
        let answer = self.leader.read(move |scheduler| {
            // The place of a job that is forgotten is not known any more: it would be the first page once again.
            before.is_none_or(|job| scheduler.job(job).is_some()).then_some(())?;
            let page = scheduler.jobs_newest_first(&filter, before, size);
            let next = page.items.last().filter(|_| page.more).map(|job| job.job.id.to_string());
            Some(v1::ListJobsResponse {
                jobs: page.items.iter().map(|job| views::job(scheduler, job)).collect(),
                next_page_token: next.unwrap_or_default(),
            })
        });
        let forgotten = || {
            let why = "is of a job that is forgotten: begin with the first page";
            unreadable(FieldError::new("page_token", why))
        };
        Ok(Response::new(answer.await.map_err(refused)?.ok_or_else(forgotten)?))
    }

    async fn frames(
        &self,
        request: Request<v1::FramesRequest>,
    ) -> Result<Response<v1::FramesResponse>, Status> {
        let v1::FramesRequest { id, step } = request.into_inner();
        SOUGHT.check("step", &step).map_err(unreadable)?;
        let id = self.find(&id).await?;
        let wanted = step.clone();
        let steps = self
            .leader
            .read(move |scheduler| views::frames(scheduler, id, &wanted))
            .await
            .map_err(refused)?;
        let steps = steps.ok_or_else(|| refused(LeaderError::NoSuchJob(id.to_string())))?;
        if steps.is_empty() {
            return Err(unreadable(FieldError::new("step", format!("job {id} has no step {step:?}"))));
        }
        Ok(Response::new(v1::FramesResponse { steps }))
    }

    async fn cancel(&self, request: Request<v1::CancelRequest>) -> Result<Response<v1::JobView>, Status> {
        let author = author(request.metadata())?;
        let v1::CancelRequest { id, reason } = request.into_inner();
        NOTE.check("reason", &reason).map_err(unreadable)?;
        self.change(author, &id, |job| SchedulerCommand::CancelJob { job, reason }).await
    }

    async fn pause(&self, request: Request<v1::PauseRequest>) -> Result<Response<v1::JobView>, Status> {
        let author = author(request.metadata())?;
        self.change(author, &request.into_inner().id, |job| SchedulerCommand::PauseJob { job }).await
    }

    async fn resume(&self, request: Request<v1::ResumeRequest>) -> Result<Response<v1::JobView>, Status> {
        let author = author(request.metadata())?;
        self.change(author, &request.into_inner().id, |job| SchedulerCommand::ResumeJob { job }).await
    }

    async fn prioritise(
        &self,
        request: Request<v1::PrioritiseRequest>,
    ) -> Result<Response<v1::JobView>, Status> {
        let author = author(request.metadata())?;
        let v1::PrioritiseRequest { id, priority } = request.into_inner();
        let priority = priority_from_wire(priority).map_err(unreadable)?;
        self.change(author, &id, |job| SchedulerCommand::PrioritiseJob { job, priority }).await
    }

    async fn retry(&self, request: Request<v1::RetryRequest>) -> Result<Response<v1::RetryResponse>, Status> {
        let author = author(request.metadata())?;
        let v1::RetryRequest { id, frames } = request.into_inner();
        let frames = match frames.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|error| unreadable(FieldError::new("frames", error)))?),
        };
        let job = self.find(&id).await?;
        let command = SchedulerCommand::RetryJob { job, frames };
        match self.leader.command_as(author, command).await.map_err(refused)? {
            SchedulerReply::Retried { frames } => Ok(Response::new(v1::RetryResponse { frames })),
            other => Err(Status::internal(format!("a retry was answered with {other:?}"))),
        }
    }

    async fn approve(&self, request: Request<v1::ApproveRequest>) -> Result<Response<v1::JobView>, Status> {
        let by = person(request.metadata())?;
        let v1::ApproveRequest { id, comments } = request.into_inner();
        NOTE.check("comments", &comments).map_err(unreadable)?;
        let comments = (!comments.is_empty()).then_some(comments);
        let grant = |job| SchedulerCommand::GrantApproval { job, by, comments };
        self.change(Author::user(Some(by)), &id, grant).await
    }

    async fn deny(&self, request: Request<v1::DenyRequest>) -> Result<Response<v1::JobView>, Status> {
        let by = person(request.metadata())?;
        let v1::DenyRequest { id, reason } = request.into_inner();
        NOTE.check("reason", &reason).map_err(unreadable)?;
        if reason.trim().is_empty() {
            return Err(unreadable(FieldError::missing("reason")));
        }
        let deny = |job| SchedulerCommand::DenyApproval { job, by, reason };
        self.change(Author::user(Some(by)), &id, deny).await
    }

    async fn timeline(
        &self,
        request: Request<v1::TimelineRequest>,
    ) -> Result<Response<Self::TimelineStream>, Status> {
        let v1::TimelineRequest { id, readable } = request.into_inner();
        let id = self.find(&id).await?;
        // It must be there, whatever is left of its events.
        self.view(id).await?;
        let (to, answers) = mpsc::channel(READY);
        let this = self.clone();
        tokio::spawn(async move {
            // A client that has gone needs no word.
            if let Err(status) = this.tell_timeline(id, readable, &to).await {
                let _ = to.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn watch(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let id = self.find(&request.into_inner().id).await?;
        let first = self.view(id).await?;
        let place = self.readers.place()?;
        let (to, answers) = mpsc::channel(1);
        let this = self.clone();
        tokio::spawn(async move { this.tell_changes(id, first, to).await });
        Ok(Response::new(Box::pin(Seated::new(ReceiverStream::new(answers), place))))
    }

    async fn logs(&self, request: Request<v1::LogsRequest>) -> Result<Response<Self::LogsStream>, Status> {
        let v1::LogsRequest { id, token, frame, follow } = request.into_inner();
        let id = self.find(&id).await?;
        // It must be there, even if it has no output yet.
        self.view(id).await?;
        let which = Which { token: (token != 0).then_some(Token(token)), frame };
        let place = self.readers.place()?;
        let output = Output::open(&self.leader, id, which, follow).await.map_err(refused)?;
        let (to, answers) = mpsc::channel(LOG_PIECES);
        let this = self.clone();
        tokio::spawn(async move {
            // A client that has gone needs no word.
            if let Err(status) = this.tell_logs(output, &to).await {
                let _ = to.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(Seated::new(ReceiverStream::new(answers), place))))
    }

    async fn put_template(
        &self,
        request: Request<Streaming<v1::PutTemplateRequest>>,
    ) -> Result<Response<v1::PutTemplateResponse>, Status> {
        let mut pieces = request.into_inner();
        let Some(first) = pieces.message().await? else {
            return Err(unreadable(FieldError::missing("md5")));
        };
        let md5 = first.md5.parse().map_err(|error| unreadable(FieldError::new("md5", error)))?;
        let answer = |already| Ok(Response::new(v1::PutTemplateResponse { md5: first.md5.clone(), already }));
        if self.leader.templates().path(md5).is_some() {
            return answer(true);
        }
        let mut upload = self.leader.templates().upload(md5, first.bytes).await.map_err(refused)?;
        upload.piece(&first.data).await.map_err(refused)?;
        while let Some(piece) = pieces.message().await? {
            upload.piece(&piece.data).await.map_err(refused)?;
        }
        upload.finish().await.map_err(refused)?;
        answer(false)
    }

    async fn missing_templates(
        &self,
        request: Request<v1::MissingTemplatesRequest>,
    ) -> Result<Response<v1::MissingTemplatesResponse>, Status> {
        let asked = request.into_inner().md5s;
        if asked.len() > MAX_ASKED {
            let message = format!("{} of them, at most {MAX_ASKED}", asked.len());
            return Err(unreadable(FieldError::new("md5s", message)));
        }
        let mut md5s = Vec::new();
        for text in asked {
            let md5 = text.parse().map_err(|error| unreadable(FieldError::new("md5s", error)))?;
            if self.leader.templates().path(md5).is_none() {
                md5s.push(text);
            }
        }
        Ok(Response::new(v1::MissingTemplatesResponse { md5s }))
    }
}

//! The bench that scripts are tried on: an engine, a model of After Effects in it, a data set, a look at what
//! is different afterwards.

use std::collections::BTreeMap;

use callsheet_after_effects::script::{Asset, DataSet, Injection, Inspection, Plan, Rendered, Report};
use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, Context, FromJs, Runtime};
use serde_json::Value;

const MODEL: &str = include_str!("model.js");
const ES3: &str = include_str!("es3.js");

pub(crate) struct Bench {
    context: Context,
    globals: String,
    pub(crate) plan: Plan,
}

impl Bench {
    /// After Effects, just started, with a project on disk that `project` builds with the model's builders.
    pub(crate) fn new(project: &str) -> Self {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        let plan = Plan {
            project: "/p.aep".to_owned(),
            report: "/report.json".to_owned(),
            rendered: Rendered::Composition("Main".to_owned()),
            inject: None,
            inspect: None,
        };
        let bench = Self { context, globals: String::new(), plan };
        bench.evaluate::<()>(&format!("{MODEL}\n{project}\n{ES3}"));
        let globals = bench.evaluate("globalNames()");
        Self { globals, ..bench }
    }

    /// The data set that goes in, as it stands in a job file. Footage and scripts lie at `/fetched/N`.
    pub(crate) fn data(mut self, assets: Value) -> Self {
        let data = DataSet::read(&assets).unwrap();
        let needs_file =
            |(_, asset): &(usize, &Asset)| matches!(asset, Asset::Footage { .. } | Asset::Script { .. });
        let files: BTreeMap<usize, String> = data
            .assets
            .iter()
            .enumerate()
            .filter(needs_file)
            .map(|(index, _)| (index, format!("/fetched/{index}")))
            .collect();
        for path in files.values() {
            self.file(path, "");
        }
        self.plan.inject = Some(Injection { data, files, save_as: Some("/copy.aep".to_owned()) });
        self
    }

    /// Looks at the project, too.
    pub(crate) fn inspect(mut self, inspection: Inspection) -> Self {
        self.plan.inspect = Some(inspection);
        self
    }

    /// Puts a file on the model's disk.
    pub(crate) fn file(&self, path: &str, content: &str) {
        self.context.with(|ctx| {
            let disk: rquickjs::Object<'_> = ctx.globals().get("disk").unwrap();
            disk.set(format!("f {path}"), content).unwrap();
        });
    }

    /// Runs the script and reads what it left.
    pub(crate) fn run(&self) -> Report {
        self.run_silent();
        Report::read(self.report().expect("a report").as_bytes()).expect("a whole report")
    }

    /// Runs the script. It leaves nothing behind in the global scope.
    pub(crate) fn run_silent(&self) {
        self.evaluate::<()>(&self.plan.script().unwrap());
        assert_eq!(self.evaluate::<String>("globalNames()"), self.globals, "the script declared something");
    }

    /// The report file.
    pub(crate) fn report(&self) -> Option<String> {
        self.evaluate("disk['f /report.json']")
    }

    /// A text of the model.
    pub(crate) fn text(&self, expression: &str) -> String {
        self.evaluate(expression)
    }

    /// Something that must hold in the model.
    pub(crate) fn holds(&self, expression: &str) -> bool {
        self.evaluate(&format!("Boolean({expression})"))
    }

    /// Evaluates as ExtendScript would: sloppy, in the global scope.
    pub(crate) fn evaluate<T: for<'js> FromJs<'js>>(&self, script: &str) -> T {
        self.context.with(|ctx| {
            let mut options = EvalOptions::default();
            options.strict = false;
            ctx.eval_with_options(script, options).catch(&ctx).unwrap_or_else(|error| panic!("{error}"))
        })
    }
}

// From the open project to the end of After Effects.

// Someone's session: After Effects was open already, and this script landed in it.
function isTaken() {
    return Boolean(app.project && (app.project.file || (app.project.numItems > 0)));
}

function fail(at, error) {
    report.error = { at: at, text: words(error) };
}

function open(plan) {
    var file = new File(plan.project);
    if (!file.exists) {
        throw new Error("the project is not there: " + file.fsName);
    }
    if (!app.open(file)) {
        throw new Error("After Effects did not open " + file.fsName);
    }
}

function work(plan) {
    var complete = true;
    try {
        open(plan);
    } catch (unopened) {
        fail("open", unopened);
        return;
    }
    if (plan.inject !== null) {
        atStage(plan, "injecting");
        complete = inject(plan);
        if (complete && (plan.inject.save !== null)) {
            atStage(plan, "saving");
            try {
                save(plan);
            } catch (unsaved) {
                fail("save", unsaved);
                return;
            }
        }
    }
    if (plan.inspect !== null) {
        atStage(plan, "inspecting");
        inspect(plan);
    }
}

// A project that was changed would be asked about, and nobody is there to answer.
function leave() {
    try {
        if (app.project) {
            app.project.close(CloseOptions.DO_NOT_SAVE_CHANGES);
        }
    } catch (unclosed) {
        // It is about to end anyway.
    }
    app.quit();
}

function run(plan) {
    var taken = isTaken();
    report.version = String(app.version);
    app.beginSuppressDialogs();
    try {
        if (taken) {
            report.stage = "refused";
        } else {
            app.saveProjectOnCrash = false;
            atStage(plan, "opening");
            work(plan);
            report.stage = "done";
        }
    } catch (error) {
        fail(report.stage, error);
        report.stage = "done";
    }
    writeReport(plan);
    app.endSuppressDialogs(false);
    if (!taken) {
        leave();
    }
}

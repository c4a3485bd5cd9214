import { asCutoverError, CutoverError, type InputProblem } from "../../engine/errors.js";
import type { ArchiveReport } from "../../engine/handover/archive-report.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { ensureImages, imageTags } from "../../runner/image.js";
import { runToItsEnd, takeOver } from "../../runner/start.js";
import { containerStates } from "../container-states.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handler.js";
import { doneBefore, goBack, lastJob, removeJobParts } from "../last-job.js";
import { identity, readNews } from "../news.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import {
    archiveHost,
    hostProperty,
    isKnownArchive,
    type PreviewedArchive,
    timePattern,
    type VolumeArchiveDeclaration,
} from "./declaration.js";
import { showArchiveFigures } from "./figures.js";
import { archiveJob, wantsSave } from "./job.js";
import { planOfArchive } from "./plan.js";
import { readArchiveDeclaration } from "./read-declaration.js";

export interface ArchiveInputs extends PreviewedArchive {
    prefix: string;
    origin: Origin;
    row?: string;
    /** What will happen, for the preview. */
    plan: string[];
}

export interface ArchiveState extends ArchiveInputs {
    /** Where the last archive is; absent like the report. */
    path?: string;
    /** What a reviewer reads afterwards; absent while the last save that was wanted has not succeeded. */
    report?: ArchiveReport;
}

export const volumeArchive: Handler<ArchiveInputs, ArchiveState> = {
    async check(olds, news, context) {
        const { given, found, raw } = readNews(news);
        const { declaration, problems } = readArchiveDeclaration(raw);
        if (!declaration || found.length > 0) return { problems: [...found, ...problems] };
        const inputs = {
            ...declaration,
            ...identity(olds, given),
        };
        if (olds && sameJson(declared(olds), declared(inputs)))
            return { inputs: { ...inputs, plan: olds.plan }, problems: [] };
        return planned(olds, inputs, context);
    },

    diff(state, news) {
        return {
            changes: state.report === undefined || !sameJson(declared(state), declared(news)),
            replaces: [],
        };
    },

    async reconcile(state, inputs, context) {
        const id = inputs.prefix;
        if (state?.report && !wantsSave(state, inputs)) {
            const { report } = state;
            return { id, state: { ...inputs, path: report.path, report } };
        }
        if (!isKnownArchive(inputs)) throw new CutoverError("an input is not known");
        try {
            const report = await save(state, inputs, context);
            return { id, state: { ...inputs, path: report.path, report } };
        } catch (error) {
            const now = await afterFailure(inputs, context).catch(() => ({}));
            throw new ReconcileFailed(id, { ...inputs }, asCutoverError(error).with(now));
        }
    },

    /** The file is not looked for: archives are carried away, and thrown away when they are old. */
    async read(_id, state) {
        const { report: _report, path: _path, ...inputs } = state;
        return { inputs, state };
    },

    /** The archives stay. What is under way goes back first, so that no writer stays stopped. */
    async remove(_id, state, context) {
        const engine = dockerEngine(archiveHost(state), context);
        await goBack(engine, state.prefix, context);
        await removeJobParts(engine, state.prefix);
    },
};

type Unplanned = Omit<ArchiveInputs, "plan">;

async function planned(
    olds: ArchiveInputs | undefined,
    inputs: Unplanned,
    context: HandlerContext,
): Promise<{ inputs?: ArchiveInputs; problems: InputProblem[] }> {
    const engine = dockerEngine(archiveHost(inputs), context);
    const problem = await targetProblem(engine, context);
    if (problem && !context.preview) return { problems: [{ path: hostProperty(inputs), problem }] };
    if (problem) context.reporter.warn(`the target was not looked at: ${problem}`);
    const last = problem ? undefined : await lastSave(engine, inputs);
    const failed = last !== undefined && last.results === undefined;
    const save = olds === undefined || wantsSave(olds, inputs) || failed;
    const report = last?.results?.commit as ArchiveReport | undefined;
    if (save && report) {
        const taken = nameTaken(inputs, report);
        if (taken) return { problems: [taken] };
    }
    if (context.preview && !problem && save)
        await showArchiveFigures(engine, inputs, report, context);
    return { inputs: { ...inputs, plan: planOfArchive(inputs, save) }, problems: [] };
}

/** Known before anything is stopped: the last archive has the only name that there is. */
function nameTaken(
    { archive, onExisting }: Unplanned,
    { path }: ArchiveReport,
): InputProblem | undefined {
    if (onExisting !== "refuse" || archive.path !== path) return undefined;
    return {
        path: "archive.path",
        problem: "is where the last archive is",
        instead: `put ${timePattern} into it, or write onExisting: "replace"`,
    };
}

function lastSave(engine: DockerEngine, { prefix, runnerImage }: Unplanned) {
    return lastJob(engine, prefix, runnerImage ?? imageTags().runner);
}

async function save(
    state: ArchiveState | undefined,
    inputs: VolumeArchiveDeclaration & ArchiveInputs,
    context: HandlerContext,
): Promise<ArchiveReport> {
    const engine = dockerEngine(archiveHost(inputs), context);
    const images = await ensureImages(engine, { runner: inputs.runnerImage }, context.reporter);
    const job = archiveJob(inputs, images.runner, context.clock.now());
    const tools = { engine, ...context };
    const taken =
        (await takeOver(job.prefix, job.aim, tools)) ??
        (state?.report ? undefined : await doneBefore(engine, job));
    const results = taken ?? (await runToItsEnd(job, tools));
    return results.commit as ArchiveReport;
}

/** What is true after a save that failed, and what to do next. */
async function afterFailure(
    inputs: VolumeArchiveDeclaration,
    context: HandlerContext,
): Promise<{ state: string; next: string }> {
    const engine = dockerEngine(archiveHost(inputs), context);
    const facts = await containerStates(engine, inputs.quiesce?.containers ?? []);
    facts.push("no archive was written");
    return { state: facts.join(", "), next: "mend the cause and run pulumi up again" };
}

/** What the program declared, without what is derived. */
function declared(inputs: object): object {
    const {
        plan: _plan,
        row: _row,
        origin: _origin,
        path: _path,
        report: _report,
        ...rest
    } = inputs as ArchiveState;
    return rest;
}

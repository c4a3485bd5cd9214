import { asCutoverError, CutoverError, type InputProblem } from "../../engine/errors.js";
import type { MigrationReport } from "../../engine/handover/report.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { placeFacts } from "../../platforms/docker/places.js";
import { ensureImages, imageTags } from "../../runner/image.js";
import {
    areApart,
    cleanUp,
    removeLinkVolumes,
    removeSourceEnd,
    runApart,
    withRelay,
} from "../../runner/link/start-apart.js";
import { runToItsEnd, takeOver } from "../../runner/start.js";
import { placeName, placeOf } from "../../volumes/refs.js";
import { targetProblem } from "../docker-target.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handler.js";
import { doneBefore, goBack, lastJob, lastSucceeded, removeJobParts } from "../last-job.js";
import { identity, readNews } from "../news.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { afterFailure } from "./afterwards.js";
import {
    isKnownMigration,
    type PreviewedMigration,
    type VolumeMigrationDeclaration,
} from "./declaration.js";
import { type Engines, enginesOf } from "./engines.js";
import { showMigrationFigures } from "./figures.js";
import { migrationJob, wantsSync } from "./job.js";
import { planOfMigration } from "./plan.js";
import { readMigrationDeclaration } from "./read-declaration.js";

export interface MigrationInputs extends PreviewedMigration {
    prefix: string;
    origin: Origin;
    row?: string;
    /** The destination's name: mount this. Echoed, so that it is known in preview. */
    volume: string;
    /** What will happen, for the preview. */
    plan: string[];
}

export interface MigrationState extends MigrationInputs {
    /** What a reviewer reads afterwards; absent while the last sync that was wanted has not succeeded. */
    report?: MigrationReport;
}

export const volumeMigration: Handler<MigrationInputs, MigrationState> = {
    async check(olds, news, context) {
        const { given, found, raw } = readNews(news);
        const { declaration, problems } = readMigrationDeclaration(raw);
        if (!declaration || found.length > 0) return { problems: [...found, ...problems] };
        const inputs = {
            ...declaration,
            ...identity(olds, given),
            volume: placeName(placeOf(declaration.destination)),
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
        if (state?.report && !wantsSync(state, inputs))
            return { id, state: { ...inputs, report: state.report } };
        if (!isKnownMigration(inputs)) throw new CutoverError("an input is not known");
        try {
            return { id, state: { ...inputs, report: await migrate(state, inputs, context) } };
        } catch (error) {
            const now = await afterFailure(enginesOf(inputs, context), inputs).catch(() => ({}));
            throw new ReconcileFailed(id, { ...inputs }, asCutoverError(error).with(now));
        }
    },

    async read(_id, state, context) {
        const { destination } = enginesOf(state, context);
        const image = state.runnerImage ?? imageTags().runner;
        if (!(await placeFacts(destination, placeOf(state.destination), image))) return undefined;
        const { report: _report, ...inputs } = state;
        return { inputs, state };
    },

    /** The volumes are the user's: they stay. What is under way goes back first, so that no writer stays stopped. */
    async remove(_id, state, context) {
        const { source, destination: engine } = enginesOf(state, context);
        const back = () => goBack(engine, state.prefix, context);
        await (source === engine ? back() : withRelay(state.prefix, { engine, source }, back));
        await removeJobParts(engine, state.prefix);
        if (source === engine) return;
        await removeLinkVolumes(state.prefix, engine);
        await removeSourceEnd(state.prefix, source).catch((error) => {
            // A source that is gone after success is no error.
            if (state.report === undefined) throw error;
            context.reporter.warn(`the source was not looked at: ${asCutoverError(error).problem}`);
        });
    },
};

type Unplanned = Omit<MigrationInputs, "plan">;

async function planned(
    olds: MigrationInputs | undefined,
    inputs: Unplanned,
    context: HandlerContext,
): Promise<{ inputs?: MigrationInputs; problems: InputProblem[] }> {
    const engines = enginesOf(inputs, context);
    const target = await unusableEngine("destination", engines, inputs, context);
    const sync =
        olds === undefined ||
        wantsSync(olds, inputs) ||
        (target.length === 0 && !(await lastSucceeded(engines.destination, inputs)));
    // After success the source may be gone: only a sync needs it.
    const unusable =
        sync && engines.source !== engines.destination
            ? [...(await unusableEngine("source", engines, inputs, context)), ...target]
            : target;
    if (unusable.length > 0 && !context.preview) return { problems: unusable };
    for (const { problem } of unusable)
        context.reporter.warn(`the target was not looked at: ${problem}`);
    const looked = unusable.length === 0;
    if (context.preview && looked && sync) {
        await showMigrationFigures(engines, inputs, context);
        await showUnsettled(engines.destination, inputs, context);
    }
    return { inputs: { ...inputs, plan: planOfMigration(inputs, sync) }, problems: [] };
}

/** Where the live passes of the run before did not settle, this one's will not either, unless something was changed. */
async function showUnsettled(
    engine: DockerEngine,
    { prefix, runnerImage }: Unplanned,
    { reporter }: HandlerContext,
): Promise<void> {
    const last = await lastJob(engine, prefix, runnerImage ?? imageTags().runner);
    const report = last?.results?.commit as MigrationReport | undefined;
    if (report?.unsettled) reporter.warn(`in the run before, ${report.unsettled}`);
}

/** Why the engine of a side cannot be used, by the property that names it: the source's where both name one. */
async function unusableEngine(
    side: "source" | "destination",
    engines: Engines,
    inputs: Unplanned,
    context: HandlerContext,
): Promise<InputProblem[]> {
    const problem = await targetProblem(engines[side], context);
    if (problem === undefined) return [];
    const same = engines.source === engines.destination;
    // One and the same is named once; an archive has its host from the destination.
    const named = same && !("archive" in inputs.source) ? "source" : side;
    return [{ path: `${named}.${Object.keys(inputs[named])[0]}.host`, problem }];
}

async function migrate(
    state: MigrationState | undefined,
    inputs: VolumeMigrationDeclaration & MigrationInputs,
    context: HandlerContext,
): Promise<MigrationReport> {
    const { source, destination: engine } = enginesOf(inputs, context);
    const ready = { runner: inputs.runnerImage };
    const images = await ensureImages(engine, ready, context.reporter);
    const job = migrationJob(inputs, images.runner);
    const { identity } = "archive" in inputs.source ? inputs.source.archive : {};
    const tools = { engine, ...context, ...(identity === undefined ? {} : { identity }) };
    const apart = (await areApart(job, source, engine))
        ? { ...tools, source, sourceImage: await sourceImage(source, ready, context) }
        : undefined;
    const take = () => takeOver(job.prefix, job.aim, tools);
    const taken =
        (await (apart ? withRelay(job.prefix, apart, take) : take())) ??
        (state?.report ? undefined : await doneBefore(engine, job));
    // Found done, and since then somebody removed what it made.
    const there = await placeFacts(engine, job.destination, job.image);
    const found = taken && there ? taken : undefined;
    if (apart && found) await cleanUp({ prefix: job.prefix }, apart);
    const results = found ?? (await (apart ? runApart(job, apart) : runToItsEnd(job, tools)));
    return results.commit as MigrationReport;
}

async function sourceImage(
    source: DockerEngine,
    ready: { runner: string | undefined },
    { reporter }: HandlerContext,
): Promise<string> {
    return (await ensureImages(source, ready, reporter)).runner;
}

/** What the program declared, without what is derived. */
function declared(inputs: object): object {
    const {
        plan: _plan,
        row: _row,
        origin: _origin,
        volume: _volume,
        report: _report,
        ...rest
    } = inputs as MigrationState;
    return rest;
}

import { randomUUID } from "node:crypto";
import { CutoverError, asCutoverError, type InputProblem } from "../../engine/errors.js";
import type { VolumeJob } from "../../engine/handover/job.js";
import { volumeSteps, type VolumeTools } from "../../engine/handover/volume-flow.js";
import { toBytes, toMilliseconds } from "../../engine/units.js";
import { names } from "../../platforms/docker/names.js";
import { ensureImages } from "../../runner/image.js";
import { runToItsEnd, startedBy, takeOver } from "../../runner/start.js";
import { originLabels } from "../labels.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handler.js";
import { newPrefix, type Origin } from "../prefix.js";
import { digestOf } from "../digest-of.js";
import { sameJson } from "../same-json.js";
import { unknownText } from "../unknown.js";
import { isKnownMigration, type PreviewedMigration, type VolumeMigrationDeclaration } from "./declaration.js";
import { readMigrationDeclaration } from "./read-declaration.js";
import { showMigrationFigures } from "./figures.js";

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
    /** What a reviewer reads afterwards; absent until the first success. */
    report?: MigrationReport;
}

export type MigrationReport = Record<string, unknown>;

/** Only a change of these starts a sync. */
const syncKeys = ["source", "destination", "include", "exclude", "rerun"] as const;

export const volumeMigration: Handler<MigrationInputs, MigrationState> = {
    async check(olds, news, context) {
        const { origin, row, problems: found = [], ...raw } = news as { origin: Origin; row?: string; problems?: InputProblem[] };
        const { declaration, problems } = readMigrationDeclaration(raw);
        if (!declaration || found.length > 0) return { problems: [...found, ...problems] };
        const prefix = olds?.prefix ?? newPrefix(origin);
        const inputs = { ...declaration, prefix, origin: olds?.origin ?? origin, ...(row ? { row } : {}), volume: declaration.destination.docker.volume };
        const same = olds !== undefined && sameJson(declared(olds), declared(inputs));
        const plan = same ? olds.plan : planOf(inputs, needsSync(olds, inputs));
        const engine = dockerEngine(declaration.source.docker.host, context);
        const unusable = same ? undefined : await targetProblem(engine, context);
        if (unusable && !context.preview) return { problems: [{ path: "source.docker.host", problem: unusable }] };
        if (unusable) context.reporter.warn(`not measured: ${unusable}`);
        else if (context.preview && !same) await showMigrationFigures(engine, declaration, context);
        return { inputs: { ...inputs, plan }, problems: [] };
    },

    diff(state, news) {
        return { changes: !sameJson(declared(state), declared(news)) || state.report === undefined, replaces: [] };
    },

    async reconcile(state, inputs, context) {
        const id = inputs.prefix;
        const before: MigrationState = { ...inputs };
        if (state?.report && !needsSync(state, inputs)) return { id, state: { ...before, report: state.report } };
        if (!isKnownMigration(inputs)) throw new CutoverError("an input is not known");
        try {
            const report = await migrate(inputs, context);
            return { id, state: { ...before, report } };
        } catch (error) {
            throw new ReconcileFailed(id, before, asCutoverError(error));
        }
    },

    async read(_id, state, context) {
        const engine = dockerEngine(state.destination.docker.host, context);
        if (!(await engine.volume(state.destination.docker.volume))) return undefined;
        const { report: _report, ...inputs } = state;
        return { inputs, state };
    },

    /** The volumes are the user's: they stay. */
    async remove(_id, state, context) {
        const engine = dockerEngine(state.destination.docker.host, context);
        await engine.remove(names.runner(state.prefix));
        await engine.removeVolume(names.journal(state.prefix));
    },
};

async function migrate(
    inputs: VolumeMigrationDeclaration & MigrationInputs,
    context: HandlerContext,
): Promise<MigrationReport> {
    const engine = dockerEngine(inputs.source.docker.host, context);
    const images = await ensureImages(engine, { runner: inputs.runnerImage }, context.reporter);
    const job = jobOf(inputs, images.runner);
    const tools = { engine, ...context };
    const results = (await takeOver(job.prefix, job.aim, tools)) ?? (await runToItsEnd(job, tools));
    return results.commit as MigrationReport;
}

function jobOf(inputs: VolumeMigrationDeclaration & MigrationInputs, image: string): VolumeJob {
    return {
        kind: "volume",
        id: randomUUID(),
        prefix: inputs.prefix,
        aim: digestOf(syncKeys.map((key) => inputs[key])),
        by: startedBy(),
        image,
        source: inputs.source.docker.volume,
        destination: inputs.destination.docker.volume,
        ...(inputs.include ? { include: inputs.include } : {}),
        ...(inputs.exclude ? { exclude: inputs.exclude } : {}),
        strategy: inputs.strategy,
        verify: inputs.verify,
        passes: { max: inputs.passes.max, settleBytes: toBytes(inputs.passes.settle) },
        ...(inputs.quiesce ? { quiesce: inputs.quiesce } : {}),
        timeout: toMilliseconds(inputs.timeout),
        onExisting: inputs.onExisting,
        labels: originLabels(inputs.origin),
    };
}

function needsSync(before: PreviewedMigration | undefined, after: PreviewedMigration): boolean {
    return before === undefined || syncKeys.some((key) => !sameJson(before[key], after[key]));
}

/** The steps as the runner will take them; only their titles are used. */
function planOf(inputs: Omit<MigrationInputs, "plan">, sync: boolean): string[] {
    if (!sync) return ["nothing is copied: only the settings change"];
    if (!isKnownMigration(inputs)) return [`copy ${unknownText}`];
    const job = jobOf({ ...inputs, plan: [] }, "");
    return volumeSteps({ job } as VolumeTools).map(({ title }) => title);
}

/** What the program declared, without what is derived. */
function declared(inputs: object): object {
    const { plan: _plan, row: _row, origin: _origin, volume: _volume, report: _report, ...rest } = inputs as MigrationState;
    return rest;
}

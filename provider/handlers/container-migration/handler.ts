import { asCutoverError, CutoverError, type InputProblem } from "../../engine/errors.js";
import type { ContainerReport } from "../../engine/handover/report.js";
import { checkpointProblem } from "../../platforms/docker/checkpoint-trial.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { openConnections } from "../../platforms/docker/open-connections.js";
import { ensureImages, imageTags } from "../../runner/image.js";
import { runToItsEnd, takeOver } from "../../runner/start.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handler.js";
import { doneBefore, goBack, lastJob, removeJobParts } from "../last-job.js";
import { identity, readNews } from "../news.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { isUnknown, unknownValue } from "../unknown.js";
import { afterFailure } from "./afterwards.js";
import {
    type ContainerMigrationDeclaration,
    isKnownMove,
    type PreviewedContainerMigration,
} from "./declaration.js";
import { showMoveFigures } from "./figures.js";
import { aimOf, containerJob, wantsMove } from "./job.js";
import { lookAround } from "./look.js";
import { planOfMove } from "./plan.js";
import { noContainer, problemsOnEngine } from "./problems.js";
import { readContainerMigration } from "./read-declaration.js";
import { volumeParts } from "./volumes.js";

export interface ContainerMigrationInputs extends PreviewedContainerMigration {
    prefix: string;
    origin: Origin;
    row?: string;
    /** Of the new container. Echoed, so that it is known in preview. */
    name: string;
    /** Old volume → new one, as far as preview can look. */
    volumes: Record<string, string> | string;
    /** What will happen, for the preview. */
    plan: string[];
}

export interface ContainerMigrationState extends ContainerMigrationInputs {
    containerId?: string;
    /** What a reviewer reads afterwards; absent while the last move that was wanted has not succeeded. */
    report?: ContainerReport;
}

/** A `ContainerMigration`'s life: observe, ensure, sync, return. */
export const containerMigration: Handler<ContainerMigrationInputs, ContainerMigrationState> = {
    async check(olds, news, context) {
        const { given, found, raw } = readNews(news);
        const { declaration, problems } = readContainerMigration(raw);
        if (!declaration || found.length > 0) return { problems: [...found, ...problems] };
        const inputs = {
            ...declaration,
            ...identity(olds, given),
            name: declaration.to.name,
        };
        if (olds && sameJson(declared(olds), declared(inputs))) {
            const { volumes, plan } = olds;
            return { inputs: { ...inputs, volumes, plan }, problems: [] };
        }
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
        if (state?.report && !wantsMove(state, inputs)) {
            const { report, volumes } = state;
            return { id, state: { ...inputs, volumes, containerId: report.id, report } };
        }
        if (!isKnownMove(inputs)) throw new CutoverError("an input is not known");
        try {
            const report = await move(state, inputs, context);
            const volumes = Object.fromEntries(
                report.volumes.map(({ source, destination }) => [source, destination]),
            );
            return { id, state: { ...inputs, volumes, containerId: report.id, report } };
        } catch (error) {
            const engine = dockerEngine(inputs.container.docker.host, context);
            const now = await afterFailure(engine, inputs).catch(() => ({}));
            throw new ReconcileFailed(id, { ...inputs }, asCutoverError(error).with(now));
        }
    },

    async read(_id, state, context) {
        const engine = dockerEngine(state.container.docker.host, context);
        if (!(await engine.container(state.to.name))) return undefined;
        const { report: _report, containerId: _id2, ...inputs } = state;
        return { inputs, state };
    },

    /** Both containers and all volumes are the user's: they stay. What is under way goes back first. */
    async remove(_id, state, context) {
        const engine = dockerEngine(state.container.docker.host, context);
        await goBack(engine, state.prefix, context);
        await removeJobParts(engine, state.prefix);
    },
};

type Unplanned = Omit<ContainerMigrationInputs, "plan" | "volumes">;

async function planned(
    olds: ContainerMigrationInputs | undefined,
    inputs: Unplanned,
    context: HandlerContext,
): Promise<{ inputs?: ContainerMigrationInputs; problems: InputProblem[] }> {
    const engine = dockerEngine(inputs.container.docker.host, context);
    const unusable = await targetProblem(engine, context);
    if (unusable && !context.preview)
        return { problems: [{ path: "container.docker.host", problem: unusable }] };
    if (unusable) context.reporter.warn(`the engine was not looked at: ${unusable}`);
    const wanted = olds === undefined || wantsMove(olds, inputs);
    const past = unusable ? "none" : await pastMove(engine, inputs);
    const move = wanted || past === "failed";
    const before = olds?.volumes ?? unknownValue;
    // What is under way, or was done while nobody looked, is found by `up`: the old container is stopped by then.
    if (unusable || !move || past === "same" || isUnknown(inputs.container.docker.name))
        return {
            inputs: { ...inputs, volumes: before, plan: planOfMove(inputs, undefined, move) },
            problems: [],
        };
    return plannedMove(engine, inputs, context);
}

async function plannedMove(
    engine: DockerEngine,
    inputs: Unplanned,
    context: HandlerContext,
): Promise<{ inputs?: ContainerMigrationInputs; problems: InputProblem[] }> {
    const container = inputs.container.docker.name;
    const seen = await lookAround(engine, container, inputs.to.name);
    if (!seen) return { problems: [noContainer(container)] };
    const parts = volumeParts(inputs.prefix, inputs.only, seen.source);
    const problems = problemsOnEngine({ declaration: inputs, seen, prefix: inputs.prefix });
    if (problems.length === 0 && inputs.memory === "checkpoint")
        problems.push(...(await trialProblems(engine, inputs, context)));
    if (problems.length > 0) return { problems };
    if (context.preview)
        await showMoveFigures(engine, { declaration: inputs, seen, parts }, context);
    const plan = planOfMove(inputs, Object.keys(parts.moved), true);
    return { inputs: { ...inputs, volumes: parts.moved, plan }, problems: [] };
}

/** In preview too: it takes about a second, and nothing else tells whether CRIU works there. */
async function trialProblems(
    engine: DockerEngine,
    { runnerImage, prefix, container }: Unplanned,
    { reporter, clock }: HandlerContext,
): Promise<InputProblem[]> {
    const image = runnerImage ?? imageTags().runner;
    if (!(await engine.imageExists(image))) {
        reporter.warn(
            "memory: not tried, since the runner's image is not there yet: up tries it first",
        );
        return [];
    }
    const found = await checkpointProblem(engine, { image, prefix }, clock);
    if (found) return [{ path: "memory", problem: found.problem, instead: found.next }];
    const { name } = container.docker;
    const open = await openConnections(engine, name, image);
    if (open > 0) {
        reporter.warn(
            `memory: ${name} has ${open === 1 ? "1 TCP connection" : `${open} TCP connections`} open now, and moves only when it has none`,
        );
    }
    return [];
}

/**
 * What the journal says of the last move: "same" for one with the same aim that is done or not over, "failed" for any
 * other that did not succeed.
 */
async function pastMove(
    engine: DockerEngine,
    inputs: Unplanned,
): Promise<"same" | "failed" | "done" | "none"> {
    const image = inputs.runnerImage ?? imageTags().runner;
    const last = await lastJob(engine, inputs.prefix, image);
    if (last?.aim === undefined) return "none";
    const same = last.aim === aimOf(inputs);
    if (same && (last.results || !last.over))
        return last.results ? await stillThere(engine, inputs) : "same";
    return last.results ? "done" : "failed";
}

/** Found done, and since then somebody removed what it made: it is to be done again. */
async function stillThere(engine: DockerEngine, { to }: Unplanned): Promise<"same" | "none"> {
    return (await engine.container(to.name)) ? "same" : "none";
}

async function move(
    state: ContainerMigrationState | undefined,
    inputs: ContainerMigrationDeclaration & ContainerMigrationInputs,
    context: HandlerContext,
): Promise<ContainerReport> {
    const engine = dockerEngine(inputs.container.docker.host, context);
    const { reporter } = context;
    const { runner: image } = await ensureImages(engine, { runner: inputs.runnerImage }, reporter);
    const tools = { engine, ...context };
    const [aim, { prefix }] = [aimOf(inputs), inputs];
    const taken =
        (await takeOver(prefix, aim, tools)) ??
        (state?.report ? undefined : await doneBefore(engine, { prefix, aim, image }));
    const found = taken && (await engine.container(inputs.to.name)) ? taken : undefined;
    if (found) return found.commit as ContainerReport;
    const source = await engine.inspection(inputs.container.docker.name);
    if (!source) throw new CutoverError(`there is no container ${inputs.container.docker.name}`);
    const results = await runToItsEnd(containerJob(inputs, source, image), tools);
    return results.commit as ContainerReport;
}

/** What the program declared, without what is derived. */
function declared(inputs: object): object {
    const {
        plan: _plan,
        row: _row,
        origin: _origin,
        name: _name,
        volumes: _volumes,
        containerId: _containerId,
        report: _report,
        ...rest
    } = inputs as ContainerMigrationState;
    return rest;
}

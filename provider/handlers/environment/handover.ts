import { randomUUID } from "node:crypto";
import {
    asCutoverError,
    CutoverError,
    formatProblem,
    type InputProblem,
} from "../../engine/errors.js";
import type { EnvironmentReport } from "../../engine/handover/report.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { isAlive } from "../../platforms/docker/facts.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import { connectRouter } from "../../platforms/docker/router-container.js";
import { ensureImages, imageTags } from "../../runner/image.js";
import { writeKnown } from "../../runner/record.js";
import { runToItsEnd, takeOver } from "../../runner/start.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handler.js";
import { originLabels } from "../labels.js";
import { newPrefix, type Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { decide } from "./decide.js";
import { type EnvironmentDeclaration, isKnown, type PreviewedEnvironment } from "./declaration.js";
import { discardProblems } from "./discard-problems.js";
import { showHandoverFigures } from "./figures.js";
import {
    afterwards,
    observedFromState,
    observedState,
    seenWeights,
    stillServes,
} from "./handover-state.js";
import { aimOfEnvironment, environmentJob } from "./job.js";
import { settleLeftOvers } from "./left-overs.js";
import { observeEnvironment } from "./observe.js";
import { describeSteps, type HandoverPlan, planOf } from "./plan.js";
import { readDeclaration } from "./read-declaration.js";

export interface HandoverInputs {
    prefix: string;
    origin: Origin;
    row?: string;
    /** At the top, so that a preview reads `~ weights: { ~ green: 0 => 100 }`. */
    weights: Record<string, number>;
    /** Ids of the containers, by slot and key. */
    containers: Record<string, Record<string, string>>;
    settings: Settings;
    /** What will happen, for the preview. */
    plan: HandoverPlan;
}

/** The declaration without its weights. */
type Settings = Omit<PreviewedEnvironment, "traffic"> & {
    traffic: Omit<PreviewedEnvironment["traffic"], "weights">;
};

export interface HandoverState extends HandoverInputs {
    instance: string;
    /** The slot whose volumes hold the newest data. */
    active?: string;
    /** Of the last job that was done. */
    report?: EnvironmentReport;
}

/** Compares wanted weights with observed ones, and what runs; it is done only when the journal says so. */
export const environmentHandover: Handler<HandoverInputs, HandoverState> = {
    async check(olds, news, context) {
        const {
            origin,
            row,
            containers,
            prefix: given,
            problems: found = [],
            ...raw
        } = news as {
            origin: Origin;
            row?: string;
            prefix?: string;
            containers: HandoverInputs["containers"];
            problems?: InputProblem[];
        };
        const { declaration, problems } = readDeclaration(raw);
        if (!declaration || found.length > 0) return { problems: [...found, ...problems] };
        const inputs = {
            prefix: given ?? olds?.prefix ?? newPrefix(origin),
            origin: olds?.origin ?? origin,
            ...(row ? { row } : {}),
            weights: declaration.traffic.weights,
            containers,
            settings: settingsOf(declaration),
        };
        if (olds && sameJson(compared(olds), compared(inputs)))
            return { inputs: { ...inputs, plan: olds.plan }, problems: [] };
        return planned(olds, inputs, declaration, context);
    },

    diff(state, news) {
        return { changes: !sameJson(compared(state), compared(news)), replaces: [] };
    },

    async reconcile(state, inputs, context) {
        const engine = dockerEngine(inputs.settings.host, context);
        const instance = state?.instance ?? randomUUID();
        try {
            return { id: inputs.prefix, state: await converge(inputs, instance, state, context) };
        } catch (error) {
            const image = imageTags().runner;
            const observed = await observeEnvironment(engine, inputs.prefix, image).catch(
                () => undefined,
            );
            const held = observedState(inputs, instance, state, observed);
            const adopted = await stillServes(inputs, engine);
            throw new ReconcileFailed(
                inputs.prefix,
                held,
                asCutoverError(error).with(afterwards(inputs, observed, adopted)),
            );
        }
    },

    async read(_id, state, context) {
        const engine = dockerEngine(state.settings.host, context);
        const observed = await observeEnvironment(engine, state.prefix, imageTags().runner);
        const weights = seenWeights(state, observed);
        const { instance: _instance, active: _active, report: _report, ...inputs } = state;
        return { inputs: { ...inputs, weights }, state: { ...state, weights } };
    },

    /** Only its own: after a replacement the new one already works with the same journal. */
    async remove(_id, state, context) {
        const engine = dockerEngine(state.settings.host, context);
        const observed = await observeEnvironment(engine, state.prefix, imageTags().runner);
        const { instance } = observed.record;
        if (instance !== undefined && instance !== state.instance) return;
        await refuseWhileAtWork(engine, state.prefix);
        await engine.remove(names.runner(state.prefix));
        await engine.remove(names.router(state.prefix));
        for (const container of Object.values(observed.alive).flat()) {
            await engine.setRestartPolicy(container.id, "no");
            await engine.stop(container.id);
        }
        await engine.removeVolume(names.control(state.prefix));
    },
};

/** A runner that is killed half-way would leave the slots as they are just then. */
async function refuseWhileAtWork(engine: DockerEngine, prefix: string): Promise<void> {
    const runner = await engine.container(names.runner(prefix));
    if (!runner || !isAlive(runner)) return;
    throw new CutoverError(
        `${runner.labels[labelKeys.by]} is at work on this since ${runner.startedAt}`,
        {
            state: "nothing was removed",
            next: `wait for it, or have it go back with npx pulumi-cutover abort ${prefix}; then destroy`,
        },
    );
}

type Unplanned = Omit<HandoverInputs, "plan">;

async function planned(
    olds: HandoverInputs | undefined,
    inputs: Unplanned,
    declaration: PreviewedEnvironment,
    context: HandlerContext,
): Promise<{ inputs?: HandoverInputs; problems: InputProblem[] }> {
    const engine = dockerEngine(declaration.host, context);
    const unusable = await targetProblem(engine, context);
    if (unusable && !context.preview)
        return { problems: [{ path: "docker.host", problem: unusable }] };
    const observed = unusable
        ? observedFromState(olds)
        : await observeEnvironment(engine, inputs.prefix, imageTags().runner);
    const decision = decide(declaration, observed);
    if (decision.kind === "refused") return { problems: decision.problems };
    const problems = unusable
        ? []
        : await discardProblems(decision, declaration, observed, inputs.prefix, engine);
    if (problems.length > 0) return { problems };
    const { plan, steps } = planOf(decision, inputs, declaration, observed);
    if (context.preview && steps.length > 0) context.reporter.info(describeSteps(plan, steps));
    if (unusable)
        context.reporter.warn(
            `the plan is made from the stack's state, since nothing could be looked at: ${unusable}`,
        );
    else if (context.preview)
        await showHandoverFigures(engine, decision, inputs.prefix, declaration, observed, context);
    return { inputs: { ...inputs, plan }, problems: [] };
}

async function converge(
    inputs: HandoverInputs,
    instance: string,
    state: HandoverState | undefined,
    context: HandlerContext,
): Promise<HandoverState> {
    const declaration = wholeDeclaration(inputs);
    const { prefix, origin, containers } = inputs;
    const engine = dockerEngine(declaration.host, context);
    await settleLeftOvers(engine, { prefix, slots: declaration.slots }, containers);
    await rememberContainers(engine, inputs);
    const ready = { runner: declaration.runnerImage, router: declaration.routerImage };
    const images = await ensureImages(engine, ready, context.reporter);
    const tools = { engine, ...context };
    await takeOver(prefix, aimOfEnvironment({ declaration, prefix }), tools);
    const observed = await observeEnvironment(engine, prefix, images.runner);
    if (observed.router !== "absent") {
        const networks = { wanted: declaration.networks, before: state?.settings.networks ?? [] };
        await connectRouter(engine, names.router(prefix), networks);
    }
    const decision = decide(declaration, observed);
    if (decision.kind === "refused")
        throw new CutoverError(decision.problems.map(formatProblem).join("\n"));
    if (decision.kind === "nothing") return observedState(inputs, instance, state, observed);
    await refuseMissing(engine, inputs);
    const parts = { declaration, prefix, origin, containers, instance, observed, images };
    await runToItsEnd(environmentJob(decision.transition, parts), tools);
    const after = await observeEnvironment(engine, prefix, images.runner);
    return observedState(inputs, instance, state, after);
}

/** A container that somebody removed is found now, and not when everything is held. */
async function refuseMissing(
    engine: DockerEngine,
    { weights, containers }: HandoverInputs,
): Promise<void> {
    for (const [slot, byKey] of Object.entries(containers)) {
        if ((weights[slot] ?? 0) === 0) continue;
        for (const [key, id] of Object.entries(byKey)) {
            if (await engine.container(id)) continue;
            throw new CutoverError(`container ${key} of slot ${slot} is gone`, {
                next: "run pulumi refresh, then pulumi up, which makes it anew",
            });
        }
    }
}

/** First of all: the gate of a later `up` must not take what Pulumi's state has for a left-over. */
async function rememberContainers(
    engine: DockerEngine,
    { prefix, origin, containers }: HandoverInputs,
): Promise<void> {
    const ids = Object.values(containers).flatMap((slot) => Object.values(slot));
    const facts = ids[0] === undefined ? undefined : await engine.container(ids[0]);
    if (!facts) return;
    await engine.createVolume(names.journal(prefix), {
        ...originLabels(origin),
        ...ownLabels(prefix, "journal"),
    });
    await writeKnown(engine, prefix, ids, facts.imageId);
}

function wholeDeclaration({ settings, weights }: HandoverInputs): EnvironmentDeclaration {
    const declaration: PreviewedEnvironment = {
        ...settings,
        traffic: { ...settings.traffic, weights },
    };
    if (!isKnown(declaration)) throw new CutoverError("an input is not known");
    return declaration;
}

function settingsOf(declaration: PreviewedEnvironment): Settings {
    const { weights: _weights, ...traffic } = declaration.traffic;
    return { ...declaration, traffic };
}

/** What a change of makes an update: not the plan, nor what only names the row. */
function compared(inputs: Unplanned): object {
    const { prefix, weights, containers, settings } = inputs;
    return { prefix, weights, containers, settings };
}

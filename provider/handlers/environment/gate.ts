import { CutoverError, type InputProblem } from "../../engine/errors.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import type { Handler, HandlerContext } from "../handler.js";
import { originLabels } from "../labels.js";
import { newPrefix, type Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedEnvironment } from "./declaration.js";
import { fixedProblems } from "./fixed.js";
import { ensureImages } from "../../runner/image.js";
import { ensureParkedVolume } from "./park-volume.js";
import { removeLeftOvers } from "./left-overs.js";
import { type Observed, observeEnvironment, observedWeights, runningDigest, slotDigest } from "./observe.js";
import { readDeclaration } from "./read-declaration.js";

/** What stays as it is while weights move; the hand-over has the rest. */
export interface GateInputs extends Pick<PreviewedEnvironment, "platform" | "host" | "slots" | "volumes" | "networks" | "runnerImage" | "routerImage"> {
    prefix: string;
    origin: Origin;
    row?: string;
    traffic: Omit<PreviewedEnvironment["traffic"], "weights">;
}

export type GateState = GateInputs;

/**
 * Comes before all children: it refuses before anything is replaced, fixes the names of everything, and makes what the
 * containers need (networks, volumes), which are never Pulumi resources: a changed label would replace a volume.
 */
export const environmentGate: Handler<GateInputs, GateState> = {
    async check(olds, news, context) {
        const { origin, row, problems: found = [], ...raw } = news as { origin: Origin; row?: string; problems?: InputProblem[] };
        const read = readDeclaration(raw);
        if (!read.declaration || found.length > 0) return { problems: [...found, ...read.problems] };
        const { declaration } = read;
        const inputs = gateInputs(declaration, olds?.prefix ?? newPrefix(origin), olds?.origin ?? origin, row);
        const problems = olds ? fixedProblems(asDeclaration(olds, declaration), declaration) : [];
        if (problems.length > 0) return { problems };
        return { inputs, problems: await problemsOnTarget(olds, inputs, declaration, context) };
    },

    diff: (state, news) => ({ changes: !sameJson(compared(state), compared(news)), replaces: [] }),

    async reconcile(state, inputs, context) {
        const engine = dockerEngine(inputs.host, context);
        const labels = originLabels(inputs.origin);
        for (const slot of Object.keys(inputs.slots)) {
            await engine.createNetwork(names.network(inputs.prefix, slot), { ...labels, ...ownLabels(inputs.prefix, "network") });
        }
        const images = await ensureImages(engine, readyImages(inputs), context.reporter);
        for (const { name, volume, slot } of physicalVolumes(inputs, slotNames(state, inputs))) {
            const own = { [labelKeys.volume]: volume, ...(slot ? { [labelKeys.slot]: slot } : {}) };
            await ensureParkedVolume(engine, name, { ...labels, ...ownLabels(inputs.prefix, "data", own) }, images.runner);
        }
        await pullImages(engine, inputs, context);
        return { id: inputs.prefix, state: inputs };
    },

    async read(_id, state) {
        return { inputs: state, state };
    },

    async remove(_id, state, context) {
        const engine = dockerEngine(state.host, context);
        for (const network of await engine.networks(ownLabels(state.prefix, "network"))) await engine.removeNetwork(network);
        await removeData(engine, state);
    },
};

function gateInputs(declaration: PreviewedEnvironment, prefix: string, origin: Origin, row: string | undefined): GateInputs {
    const { platform, host, slots, volumes, networks, traffic, runnerImage, routerImage } = declaration;
    const { weights: _weights, ...rest } = traffic;
    return {
        prefix,
        origin,
        ...(row ? { row } : {}),
        platform,
        ...(host === undefined ? {} : { host }),
        slots,
        volumes,
        networks,
        traffic: rest,
        ...(runnerImage === undefined ? {} : { runnerImage }),
        ...(routerImage === undefined ? {} : { routerImage }),
    };
}

function readyImages({ runnerImage, routerImage }: GateInputs): { runner?: string; router?: string } {
    return { ...(runnerImage ? { runner: runnerImage } : {}), ...(routerImage ? { router: routerImage } : {}) };
}

/** What was declared before, with what cannot be fixed taken from now. */
function asDeclaration(olds: GateInputs, now: PreviewedEnvironment): PreviewedEnvironment {
    return { ...now, ...olds, traffic: { ...olds.traffic, weights: now.traffic.weights } };
}

function compared({ row: _row, ...rest }: GateInputs): object {
    return rest;
}

async function problemsOnTarget(
    olds: GateInputs | undefined,
    inputs: GateInputs,
    declaration: PreviewedEnvironment,
    context: HandlerContext,
): Promise<InputProblem[]> {
    const engine = dockerEngine(inputs.host, context);
    const unusable = await targetProblem(engine, context);
    if (unusable && !context.preview) return [{ path: "docker.host", problem: unusable }];
    if (unusable) {
        context.reporter.warn(`${unusable}: the plan is made from the stack's state, and nothing was looked at`);
        return [];
    }
    if (!context.preview) await removeLeftOvers(engine, inputs);
    const observed = await observeEnvironment(engine, inputs.prefix);
    return [...servingProblems(declaration, observed), ...(await adoptProblems(olds, declaration, observed, engine))];
}

/**
 * Only weights move: a slot that carries traffic is never replaced. It is let through when the same `up` takes its
 * weight to 0: then the hand-over comes first, and its replacement last.
 */
export function servingProblems(declaration: PreviewedEnvironment, observed: Observed): InputProblem[] {
    const weights = observedWeights(observed) ?? observed.record.weights ?? {};
    return Object.entries(weights).flatMap(([slot, weight]) => {
        const running = observed.alive[slot] ?? [];
        if (weight === 0 || running.length === 0 || (declaration.traffic.weights[slot] ?? 0) === 0) return [];
        const declared = declaration.slots[slot];
        if (!declared) return [{ path: `slots.${slot}`, problem: "carries traffic and is gone from the program", instead: "keep it, and take its weight to 0 first" }];
        const changed = changedContainers(declared.containers, running, declared.background);
        if (changed.length === 0) return [];
        const other = Object.keys(declaration.traffic.weights).find((name) => name !== slot) ?? "the other one";
        return changed.map((key) => ({
            path: `slots.${slot}.containers.${key}`,
            problem: `was changed, and slot ${slot} carries traffic (weight ${weight})`,
            instead: `leave it as it is, change slot ${other} instead, and move the weights to it`,
        }));
    });
}

function changedContainers(
    declared: PreviewedEnvironment["slots"][string]["containers"],
    running: Observed["alive"][string],
    background: readonly string[],
): string[] {
    if (Object.values(declared).some(({ digest }) => isUnknown(digest))) return [];
    if (slotDigest(declared) === runningDigest(running)) return [];
    const before = new Map(running.map((container) => [container.key, container.digest]));
    const keys = new Set([...Object.keys(declared), ...before.keys()]);
    return [...keys].filter((key) => {
        const parked = background.includes(key) && !before.has(key);
        return !parked && declared[key]?.digest !== before.get(key);
    });
}

async function adoptProblems(
    olds: GateInputs | undefined,
    { adopt }: PreviewedEnvironment,
    observed: Observed,
    engine: DockerEngine,
): Promise<InputProblem[]> {
    if (!adopt || olds || observed.record.active !== undefined || isUnknown(adopt.container)) return [];
    if (await engine.container(adopt.container)) return [];
    return [
        {
            path: "adopt.container",
            problem: `there is no container ${adopt.container}`,
            instead: "name the one that serves now, or leave adopt out",
        },
    ];
}

/** Both names, also of a slot that the program does not have now: its volume may hold data. */
function slotNames(state: GateState | undefined, inputs: GateInputs): string[] {
    return [...new Set([...Object.keys(state?.slots ?? {}), ...Object.keys(inputs.slots)])];
}

export interface PhysicalVolume {
    name: string;
    volume: string;
    /** Absent for a `shared` one. */
    slot?: string;
}

/** One real volume per slot; of a shared one, one for both. */
export function physicalVolumes(inputs: Pick<GateInputs, "prefix" | "volumes">, slots: readonly string[]): PhysicalVolume[] {
    return Object.entries(inputs.volumes).flatMap(([volume, { mode }]) =>
        mode === "shared"
            ? [{ name: names.volume(inputs.prefix, volume, undefined), volume }]
            : slots.map((slot) => ({ name: names.volume(inputs.prefix, volume, slot), volume, slot })),
    );
}

/** Before the idle slot's old container is let go, its new image is there. */
async function pullImages(engine: DockerEngine, inputs: GateInputs, context: HandlerContext): Promise<void> {
    for (const [slot, { containers }] of Object.entries(inputs.slots)) {
        for (const [key, { image }] of Object.entries(containers)) {
            if (await engine.imageExists(image)) continue;
            context.reporter.status(`pulling ${image}`);
            await engine.pull(image).catch((error: CutoverError) => {
                throw new CutoverError(`slots.${slot}.containers.${key}.image: ${image} is not on the engine and cannot be pulled`, {
                    ...error.details,
                    state: "nothing was changed",
                    next: "check its name, or load it onto the engine",
                });
            });
        }
    }
}

/** Volumes stay unless the program says otherwise; while one stays, so does the journal that says what is in it. */
async function removeData(engine: DockerEngine, state: GateState): Promise<void> {
    const deleted = new Set(Object.keys(state.volumes).filter((name) => state.volumes[name]?.onDestroy === "delete"));
    let kept = 0;
    for (const volume of await engine.volumes(ownLabels(state.prefix, "data"))) {
        if (deleted.has(volume.labels[labelKeys.volume] ?? "")) await engine.removeVolume(volume.name);
        else kept++;
    }
    if (kept === 0) await engine.removeVolume(names.journal(state.prefix));
}


import type { DockerEngine } from "../../platforms/docker/engine.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import { ensureImages } from "../../runner/image.js";
import { dockerEngine } from "../docker-target.js";
import type { Handler } from "../handler.js";
import { originLabels } from "../labels.js";
import { identity, readNews } from "../news.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { dataVolumes, removeData } from "./data-volumes.js";
import type { PreviewedEnvironment } from "./declaration.js";
import { fixedProblems } from "./fixed.js";
import { missingParts } from "./missing.js";
import { ensureParkedVolume } from "./park-volume.js";
import { pullImages } from "./pull-images.js";
import { readDeclaration } from "./read-declaration.js";
import { problemsOnTarget } from "./target-problems.js";

/** What stays as it is while weights move; the hand-over has the rest. */
export interface GateInputs
    extends Pick<
        PreviewedEnvironment,
        "platform" | "host" | "slots" | "volumes" | "networks" | "runnerImage" | "routerImage"
    > {
    prefix: string;
    origin: Origin;
    row?: string;
    traffic: Omit<PreviewedEnvironment["traffic"], "weights">;
}

export interface GateState extends GateInputs {
    /** What of its networks and volumes the last refresh did not find. */
    missing?: string[];
}

/**
 * Comes before all children: it refuses before anything is replaced, fixes the names of everything, and makes what the
 * containers need (networks, volumes), which are never Pulumi resources: a changed label would replace a volume.
 */
export const environmentGate: Handler<GateInputs, GateState> = {
    async check(olds, news, context) {
        const { given, found, raw } = readNews(news);
        const read = readDeclaration(raw);
        if (!read.declaration || found.length > 0)
            return { problems: [...found, ...read.problems] };
        const { declaration } = read;
        const inputs = gateInputs(declaration, identity(olds, given));
        const problems = olds ? fixedProblems(asDeclaration(olds, declaration), declaration) : [];
        if (problems.length > 0) return { problems };
        return { inputs, problems: await problemsOnTarget(olds, inputs, declaration, context) };
    },

    async diff(state, news, context) {
        const missing = await missingNow(dockerEngine(state.host, context), state);
        for (const part of missing) context.reporter.warn(`${part} is gone: it is made again`);
        const changed = !sameJson(compared(state), compared(news));
        return {
            changes: changed || missing.length > 0 || state.missing !== undefined,
            replaces: [],
        };
    },

    async reconcile(state, inputs, context) {
        const engine = dockerEngine(inputs.host, context);
        const labels = originLabels(inputs.origin);
        for (const slot of Object.keys(inputs.slots)) {
            const network = names.network(inputs.prefix, slot);
            const made = await engine.createNetwork(network, {
                ...labels,
                ...ownLabels(inputs.prefix, "network"),
            });
            if (made) await joinAgain(engine, slot, inputs);
        }
        const ready = { runner: inputs.runnerImage, router: inputs.routerImage };
        const images = await ensureImages(engine, ready, context.reporter);
        for (const { name, volume, slot } of dataVolumes(inputs, slotNames(state, inputs))) {
            const own = { [labelKeys.volume]: volume, ...(slot ? { [labelKeys.slot]: slot } : {}) };
            await ensureParkedVolume(
                engine,
                name,
                { ...labels, ...ownLabels(inputs.prefix, "data", own) },
                images.runner,
            );
        }
        await pullImages(engine, inputs, context.reporter);
        return { id: inputs.prefix, state: inputs };
    },

    async read(_id, state, context) {
        const { missing: _missing, ...inputs } = state;
        const missing = await missingParts(dockerEngine(state.host, context), inputs);
        return { inputs, state: { ...inputs, ...(missing.length > 0 ? { missing } : {}) } };
    },

    async remove(_id, state, context) {
        const engine = dockerEngine(state.host, context);
        for (const network of await engine.networks(ownLabels(state.prefix, "network")))
            await engine.removeNetwork(network);
        await removeData(engine, state);
    },
};

/** A target that cannot be reached was told of by check. */
async function missingNow(engine: DockerEngine, made: GateInputs): Promise<string[]> {
    try {
        await engine.version(5_000);
    } catch {
        return [];
    }
    return missingParts(engine, made);
}

/** A network of the same name is another network to the containers that were in the old one. */
async function joinAgain(
    engine: DockerEngine,
    slot: string,
    { prefix, traffic }: GateInputs,
): Promise<void> {
    const network = names.network(prefix, slot);
    const own = ownLabels(prefix, "slot", { [labelKeys.slot]: slot });
    for (const { id, labels } of await engine.containers(own)) {
        const key = labels[labelKeys.container] ?? "";
        const aliases = key === traffic.to.container ? [key, names.trafficAlias(slot)] : [key];
        await engine.connect(network, id, aliases);
    }
    const router = await engine.container(names.router(prefix));
    if (router) await engine.connect(network, router.id);
}

function gateInputs(
    declaration: PreviewedEnvironment,
    own: Pick<GateInputs, "prefix" | "origin" | "row">,
): GateInputs {
    const { platform, host, slots, volumes, networks, traffic, runnerImage, routerImage } =
        declaration;
    const { weights: _weights, ...rest } = traffic;
    return {
        ...own,
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

/** What was declared before, with what cannot be fixed taken from now. */
function asDeclaration(olds: GateInputs, now: PreviewedEnvironment): PreviewedEnvironment {
    return { ...now, ...olds, traffic: { ...olds.traffic, weights: now.traffic.weights } };
}

function compared({ row: _row, missing: _missing, ...rest }: GateState): object {
    return rest;
}

/** Both names, also of a slot that the program does not have now: its volume may hold data. */
function slotNames(state: GateState | undefined, inputs: GateInputs): string[] {
    return [...new Set([...Object.keys(state?.slots ?? {}), ...Object.keys(inputs.slots)])];
}

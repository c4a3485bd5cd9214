import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { CutoverError } from "../../engine/errors.js";
import type { Peer, SourceJob, VolumeJob } from "../../engine/handover/job.js";
import type { QuiescedContainer } from "../../engine/handover/volume-platform.js";
import type { StepResults } from "../../engine/steps.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import {
    frozenPath,
    keysPath,
    labelKeys,
    linkPath,
    linkPort,
    names,
    ownLabels,
    type Role,
} from "../../platforms/docker/names.js";
import { resumeContainer } from "../docker-source.js";
import { engineSocketMount, type RunnerMore, runToItsEnd, type StartTools } from "../start.js";
import { relay } from "./relay.js";

/** The two engines of a copy. */
export interface Apart extends StartTools {
    source: DockerEngine;
    /** The runner's image on the source's engine. */
    sourceImage: string;
}

/**
 * Runs a copy between two engines to its end: a runner on either, known to each other by keys that were made for this run
 * and never leave their hosts. Both go on when this process does not; while it lives, it also carries what the two hosts
 * cannot carry themselves.
 */
export async function runApart(job: VolumeJob, tools: Apart): Promise<StepResults> {
    await removeSourceEnd(job.prefix, tools.source);
    const [toSource, toDestination] = await Promise.all([
        makeEnd(tools.source, job, tools.sourceImage),
        makeEnd(tools.engine, job, job.image),
    ]);
    const more = runnerMore(job, toDestination.port);
    await startSource(job, toSource.port, toDestination, tools);
    const { prefix } = job;
    try {
        const whole = { ...job, peer: toSource };
        return await withRelay(prefix, tools, () => runToItsEnd(whole, tools, more));
    } finally {
        await removeSourceEnd(prefix, tools.source).catch(() => {});
        await removeLinkVolumes(prefix, tools.engine).catch(() => {});
    }
}

/** Two addresses may lead to one engine, and two machines may be copies of one, id included: so it is tried. */
export async function areApart(
    { prefix, labels }: VolumeJob,
    source: DockerEngine,
    destination: DockerEngine,
): Promise<boolean> {
    if (source === destination) return false;
    const probe = `${prefix}-probe-${randomUUID().slice(0, 8)}`;
    await source.createVolume(probe, { ...labels, ...ownLabels(prefix, "link") });
    try {
        return (await destination.volume(probe)) === undefined;
    } finally {
        await source.removeVolume(probe);
    }
}

/** Does something while this process carries what the two hosts cannot carry themselves. */
export async function withRelay<T>(
    prefix: string,
    tools: Pick<Apart, "engine" | "source">,
    work: () => Promise<T>,
): Promise<T> {
    const over = new AbortController();
    const helping = relay(prefix, tools, over.signal);
    try {
        return await work();
    } finally {
        over.abort();
        await helping;
    }
}

/** What is left of the source's end: its runner, its tools, and the volumes of the link. Stopped writers run again first. */
export async function removeSourceEnd(prefix: string, engine: DockerEngine): Promise<void> {
    await letRun(prefix, engine);
    await engine.remove(names.source(prefix));
    for (const { id } of await engine.containers(ownLabels(prefix, "source-tools")))
        await engine.remove(id);
    await removeLinkVolumes(prefix, engine);
}

/** Those that a runner kept from writing when it lost the other one; what it is told to keep is not among them. */
async function letRun(prefix: string, engine: DockerEngine): Promise<void> {
    const name = names.source(prefix);
    if (!(await engine.container(name))) return;
    const frozen = (await engine.readFile(name, frozenPath)) ?? "[]";
    for (const container of JSON.parse(frozen) as QuiescedContainer[])
        await resumeContainer(engine, container);
}

export async function removeLinkVolumes(prefix: string, engine: DockerEngine): Promise<void> {
    for (const name of [names.keys(prefix), names.link(prefix)]) await engine.removeVolume(name);
}

/** Ports of runners: below the range that Linux takes for outgoing connections (32768 on). */
const ports = { from: 20_000, to: 32_000 };

/** Makes the volumes of one end and its key. */
async function makeEnd(
    engine: DockerEngine,
    { prefix, labels }: VolumeJob,
    image: string,
): Promise<Peer> {
    await removeLinkVolumes(prefix, engine);
    const volumes: [string, Role][] = [
        [names.keys(prefix), "keys"],
        [names.link(prefix), "link"],
    ];
    for (const [name, role] of volumes)
        await engine.createVolume(name, { ...labels, ...ownLabels(prefix, role) });
    const { stdout } = await engine.runToEnd({
        image,
        command: ["keys"],
        network: "none",
        readOnlyRoot: true,
        capabilities: [],
        volumes: [{ volume: names.keys(prefix), path: keysPath }],
    });
    const port = ports.from + Math.floor(Math.random() * (ports.to - ports.from));
    const host = engine.target.host ?? "the local engine";
    return { addresses: addressesOf(engine.target.host), port, certificate: stdout, host };
}

/** Where an engine's machine may be reached: by its name, or as one of this machine's. */
export function addressesOf(host: string | undefined): string[] {
    const named = /^(?:ssh|tcp):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)/.exec(host ?? "")?.[1];
    if (named) return [named.replace(/^\[|\]$/g, "")];
    return Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, scopeid }) => !internal && !scopeid)
        .map(({ address }) => address);
}

function runnerMore({ prefix }: VolumeJob, port: number): Required<RunnerMore> {
    return {
        network: "bridge",
        publish: [{ address: "0.0.0.0", port, to: linkPort }],
        volumes: [
            { volume: names.keys(prefix), path: keysPath },
            { volume: names.link(prefix), path: linkPath },
        ],
    };
}

async function startSource(
    job: VolumeJob,
    port: number,
    peer: Peer,
    { source, sourceImage }: Apart,
): Promise<void> {
    const { prefix, labels, id, aim, by } = job;
    const sourceJob: SourceJob = {
        ...{ kind: "source", id, prefix, aim, by, labels, peer },
        image: sourceImage,
        source: job.source,
    };
    try {
        await source.runDetached({
            name: names.source(prefix),
            image: sourceImage,
            command: ["run"],
            env: { CUTOVER_JOB: JSON.stringify(sourceJob) },
            labels: {
                ...labels,
                ...ownLabels(prefix, "runner", { [labelKeys.job]: id, [labelKeys.by]: by }),
            },
            restart: "on-failure",
            capabilities: [],
            readOnlyRoot: true,
            binds: [engineSocketMount(source)],
            ...runnerMore(job, port),
        });
    } catch (error) {
        throw new CutoverError("the runner on the source's engine was not started", {
            cause: error,
            next: "see the cause; pulumi up tries again, with other ports",
        });
    }
}

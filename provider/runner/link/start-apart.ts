import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { CutoverError } from "../../engine/errors.js";
import type { Peer, SourceJob, VolumeJob } from "../../engine/handover/job.js";
import type { StepResults } from "../../engine/steps.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { isAlive } from "../../platforms/docker/facts.js";
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
import {
    engineSocketMount,
    held,
    type RunnerMore,
    runToItsEnd,
    type StartTools,
} from "../start.js";
import { parseKept } from "./kept-from-writing.js";
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
    const { prefix } = job;
    await refuseLiveSource(job, tools);
    await removeSourceEnd(prefix, tools.source);
    let startedBoth = false;
    try {
        const [toSource, toDestination] = await Promise.all([
            makeEnd(tools.source, job, tools.sourceImage),
            makeEnd(tools.engine, job, job.image),
        ]);
        await startSource(job, toSource.port, toDestination, tools);
        startedBoth = true;
        const more = runnerMore(job, toDestination.port);
        const whole = { ...job, peer: toSource };
        return await withRelay(prefix, tools, () => runToItsEnd(whole, tools, more));
    } finally {
        await cleanUp(job, tools, startedBoth);
    }
}

/**
 * What is left of the link once the job is over. While its runner is there, or nobody can tell, it may be at work: then
 * everything stays for it, and for whoever comes next.
 * @param job with the id, what another job has made meanwhile stays too
 */
export async function cleanUp(
    { prefix, id }: { prefix: string; id?: string },
    { engine, source }: Pick<Apart, "engine" | "source">,
    mayWork = true,
): Promise<void> {
    const runner = mayWork
        ? await engine.container(names.runner(prefix)).catch(() => "unknown")
        : undefined;
    if (runner !== undefined) return;
    const there = await source.container(names.source(prefix)).catch(() => undefined);
    // Another job's by now.
    if (there && id !== undefined && there.labels[labelKeys.job] !== id) return;
    await removeSourceEnd(prefix, source).catch(() => {});
    await removeLinkVolumes(prefix, engine).catch(() => {});
}

/**
 * One that began meanwhile has the lock. So has the source's end of a copy into another engine than this one: that has a
 * lock of its own, which this one does not see.
 */
async function refuseLiveSource({ prefix }: VolumeJob, tools: Apart): Promise<void> {
    const runner = await tools.engine.container(names.runner(prefix));
    if (runner && isAlive(runner)) throw held(runner);
    const found = await tools.source.container(names.source(prefix));
    if (!found || !isAlive(found)) return;
    const kept = parseKept(await tools.source.readFile(names.source(prefix), frozenPath));
    if (kept.frozen.length === 0) return;
    throw new CutoverError(
        `${found.labels[labelKeys.by]} keeps ${kept.frozen.map(({ name }) => name).join(", ")} from writing since ${found.startedAt}, for a copy into another engine`,
        { next: "wait for it: where its other end is gone, they run again within two minutes" },
    );
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
    const name = names.source(prefix);
    if (await engine.container(name)) {
        // Stopped first, so that what it wrote is its last word.
        await engine.stop(name, 1);
        const { frozen } = parseKept(await engine.readFile(name, frozenPath));
        for (const container of frozen)
            await resumeContainer(engine, container).catch(() => undefined);
        await engine.remove(name);
    }
    await engine.removeLabelled(ownLabels(prefix, "source-tools"));
    await removeLinkVolumes(prefix, engine);
}

export async function removeLinkVolumes(prefix: string, engine: DockerEngine): Promise<void> {
    for (const role of ["keys", "link"] as const)
        for (const { name } of await engine.volumes(ownLabels(prefix, role)))
            await engine.removeVolume(name);
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
    const addresses = addressesOf(engine.target.host ?? process.env.DOCKER_HOST);
    return { addresses, port, certificate: stdout, host };
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

import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { type ContainerFacts, isAlive, writersAmong } from "../platforms/docker/facts.js";
import { ownPaths } from "../platforms/docker/layer.js";
import { ensureImages } from "../runner/image.js";
import { watchVolume } from "../runner/measure-volume.js";
import { estimateLastPass } from "../volumes/estimate.js";
import type { AssessedVolume, Assessment } from "./assessment.js";
import { risksOf } from "./risks.js";

/** Paths of the layer that are named; the others are counted. */
const mostPaths = 20;

/**
 * Looks at containers as they run, and changes nothing. Builds the runner's image on the engine where it is not there.
 * @param seconds to watch what is written
 * @throws CutoverError where one of the containers is not there
 */
export async function assess(
    containers: readonly string[],
    seconds: number,
    { engine, reporter }: { engine: DockerEngine; reporter: Reporter },
): Promise<Assessment[]> {
    const found = await Promise.all(containers.map((name) => engine.container(name)));
    const missing = containers.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) {
        throw new CutoverError(`there is no container ${missing.join(", ")}`, {
            next: "docker ps --all shows those that there are; --host names another engine",
        });
    }
    const { runner } = await ensureImages(engine, {}, reporter);
    const running = await engine.running();
    const present = found.filter((facts) => facts !== undefined);
    return Promise.all(
        present.map((facts) => assessOne(facts, { engine, runner, running, seconds })),
    );
}

interface Look {
    engine: DockerEngine;
    /** The runner's image. */
    runner: string;
    running: readonly ContainerFacts[];
    seconds: number;
}

async function assessOne(facts: ContainerFacts, look: Look): Promise<Assessment> {
    const volumes = await Promise.all(
        volumesOf(facts).map((mount) => seeVolume(mount, facts, look)),
    );
    const changed = await look.engine.changedPaths(facts.id);
    const own = ownPaths(changed, facts.mounts);
    const seen = {
        container: facts.name,
        image: facts.image,
        status: facts.status,
        removedAtEnd: facts.removedAtEnd,
        volumes,
        binds: facts.mounts
            .filter(({ type }) => type === "bind")
            .map(({ source, path, writable }) => ({ source, path, writable })),
        layer: { changed: own.length, paths: own.slice(0, mostPaths) },
        ...(volumes.length > 0 ? { freeze: freezeOf(volumes) } : {}),
    };
    return { ...seen, risks: risksOf(seen) };
}

type VolumeMount = Pick<AssessedVolume, "volume" | "path" | "writable">;

function volumesOf({ mounts }: ContainerFacts): VolumeMount[] {
    return mounts.flatMap(({ volume, path, writable }) =>
        volume === undefined ? [] : [{ volume, path, writable }],
    );
}

async function seeVolume(
    mount: VolumeMount,
    { id }: ContainerFacts,
    { engine, runner, running, seconds }: Look,
): Promise<AssessedVolume> {
    const { watched, ...measured } = await watchVolume(
        engine,
        { volume: mount.volume },
        runner,
        seconds,
    );
    const facts = await engine.volume(mount.volume);
    const writers = facts ? writersAmong(running, facts) : [];
    return {
        ...mount,
        measured,
        watched,
        writers: writers.filter((one) => one.id !== id && isAlive(one)).map(({ name }) => name),
    };
}

/** The volumes are handed over side by side: the slowest one counts. */
function freezeOf(volumes: readonly AssessedVolume[]): { seconds: number; basis: string } {
    const all = volumes.map(({ watched: { files, bytes, scanSeconds } }) =>
        estimateLastPass({ entries: files, bytes }, scanSeconds, []),
    );
    const slowest = all.reduce((a, b) => (b.ms > a.ms ? b : a));
    return { seconds: slowest.ms / 1_000, basis: slowest.basis };
}

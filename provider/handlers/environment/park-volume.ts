import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import type { DockerEngine, Labels } from "../../platforms/docker/engine.js";
import type { VolumeFacts } from "../../platforms/docker/facts.js";
import { labelKeys, parkedMark } from "../../platforms/docker/names.js";

/**
 * Makes a slot's volume where it is missing, with one small file in it: Docker fills an empty volume from the image as
 * soon as a container with it is created, started or not. The runner takes the file out before it fills or copies.
 */
export async function ensureParkedVolume(
    engine: DockerEngine,
    volume: string,
    labels: Labels,
    image: string,
): Promise<void> {
    const found = await engine.volume(volume);
    if (found) return refuseForeign(found, labels);
    await engine.createVolume(volume, labels);
    const folder = await mkdtemp(join(tmpdir(), "cutover-"));
    const mark = join(folder, parkedMark);
    const holder = await engine.create({
        image,
        network: "none",
        labels,
        volumes: [{ volume, path: "/volume" }],
    });
    try {
        await writeFile(
            mark,
            "This volume waits for its first copy; pulumi-cutover takes this file out then.\n",
        );
        await engine.copyIn(holder, mark, `/volume/${parkedMark}`);
    } finally {
        await engine.remove(holder);
        await rm(folder, { recursive: true, force: true });
    }
}

/** One of the same name that others made may hold anything: a hand-over would replace it. */
function refuseForeign({ name, labels: found }: VolumeFacts, labels: Labels): void {
    const own = [labelKeys.prefix, labelKeys.role, labelKeys.volume].every(
        (key) => found[key] === labels[key],
    );
    if (own) return;
    throw new CutoverError(`volume ${name} exists already, and is not this environment's`, {
        state: "nothing was changed",
        next: "rename the environment's resource, or move that volume away; its data can come along as seed",
    });
}

import { asCutoverError } from "../../engine/errors.js";
import { formatBytes, formatMilliseconds } from "../../engine/units.js";
import { describeContainer, withFolder } from "../../platforms/docker/archive-container.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { folderAndFile } from "../../platforms/docker/places.js";
import { imageTags } from "../../runner/image.js";
import type { ArchivedVolume } from "../../volumes/archive/format.js";
import type { ArchiveDescription } from "../../volumes/archive/task.js";
import { type ArchiveRef, describePlace, placeOf } from "../../volumes/refs.js";
import { fromWireError, type Reply } from "../../volumes/wire.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";

/** What an archive says of itself in its first bytes, as far as that can be read without a key. */
export async function showArchive(
    engine: DockerEngine,
    source: ArchiveRef,
    image = imageTags().runner,
    context: HandlerContext,
): Promise<void> {
    const { reporter } = context;
    const name = describePlace(placeOf(source));
    const { path, volume } = source.archive;
    if (!(await engine.imageExists(image))) return reporter.info(`source ${name}: not measured`);
    const found = await measuredInTime(described(engine, image, path), context);
    if (found === undefined) reporter.info(`source ${name}: not measured`);
    else if ("problem" in found) reporter.warn(`source ${name}: ${found.problem}`);
    else reporter.info(`source ${name}: ${textOf(found, volume, context.clock.now())}`);
}

async function described(
    engine: DockerEngine,
    image: string,
    path: string,
): Promise<ArchiveDescription | { problem: string }> {
    try {
        const { stdout } = await engine.runToEnd(describeContainer(image, path));
        const reply = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Reply & { id: number };
        if ("error" in reply) throw fromWireError(reply.error);
        return (reply as { result: ArchiveDescription }).result;
    } catch (error) {
        return { problem: asCutoverError(withFolder(error, folderAndFile(path).folder)).problem };
    }
}

function textOf(
    { bytes, written, encrypted, header }: ArchiveDescription,
    wanted: string | undefined,
    now: number,
): string {
    const ago = (at: string) => `${formatMilliseconds(Math.max(0, now - Date.parse(at)))} ago`;
    if (encrypted || !header) {
        return `${formatBytes(bytes)}, written ${ago(written)}, encrypted: what it holds is not known before it is restored`;
    }
    const volumes = header.volumes.filter(({ name }) => wanted === undefined || name === wanted);
    return `${formatBytes(bytes)}, saved ${ago(header.createdAt)}: ${volumes.map(sizeOf).join("; ")}`;
}

function sizeOf({ name, bytes, entries }: ArchivedVolume): string {
    return `${name}, ${formatBytes(bytes)} in ${entries} ${entries === 1 ? "entry" : "entries"}`;
}

import { emptySource } from "../../engine/handover/volume-plan.js";
import { formatBytes, formatMilliseconds } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { type VolumeFacts, writersAmong } from "../../platforms/docker/facts.js";
import { placeFacts } from "../../platforms/docker/places.js";
import { imageTags } from "../../runner/image.js";
import { measureVolume } from "../../runner/measure-volume.js";
import { describeKinds } from "../../volumes/describe-measure.js";
import { estimateLastPass } from "../../volumes/estimate.js";
import type { Measure } from "../../volumes/mover.js";
import { describePlace, type Place, placeName, placeOf } from "../../volumes/refs.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import { isUnknown } from "../unknown.js";
import { showArchive } from "./archive-figures.js";
import type { PreviewedMigration } from "./declaration.js";
import type { Engines } from "./engines.js";

/** Live figures of a preview, as messages on the resource's row: they would make a plan differ from run to run. */
export async function showMigrationFigures(
    engines: Engines,
    declaration: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    await Promise.all([
        showSource(engines.source, declaration, context),
        showDestination(engines.destination, declaration, context),
        showQuiesced(engines.source, declaration, context),
    ]);
}

/** Size of a source, and who writes to it. */
export async function showSource(
    engine: DockerEngine,
    {
        source,
        quiesce,
        runnerImage,
    }: Pick<PreviewedMigration, "source" | "quiesce" | "runnerImage">,
    context: HandlerContext,
): Promise<void> {
    const place = placeOf(source);
    const name = placeName(place);
    if (isUnknown(name)) return;
    const { reporter } = context;
    if ("archive" in source) return showArchive(engine, source, runnerImage, context);
    const facts = await lookAt(engine, place, runnerImage);
    if (facts === "not looked at") return reporter.info(`source ${name}: not measured`);
    if (!facts) return reporter.warn(`source: there is no ${describePlace(place)} now`);
    const measured = await measuredInTime(measureVolume(engine, place, runnerImage), context);
    if (!measured) reporter.info(`source ${name}: not measured`);
    else showMeasured(name, measured, quiesce !== undefined, context);
    if (measured?.empty) reporter.warn(emptySource(place));
    if (measured && measured.sockets > 0) {
        reporter.warn(
            `source ${name}: ${measured.sockets} ${measured.sockets === 1 ? "socket is" : "sockets are"} not carried`,
        );
    }
    await warnOfWriters(engine, facts, name, quiesce?.containers ?? [], context);
}

/** What would move, and what it takes. */
function showMeasured(
    name: string,
    measured: Measure,
    frozen: boolean,
    { reporter }: HandlerContext,
): void {
    const disk = `${formatBytes(measured.allocated)} on the disk`;
    reporter.info(
        `source ${name}: ${formatBytes(measured.bytes)} in ${describeKinds(measured)}; ${disk}, ${formatBytes(measured.free)} free there`,
    );
    const { scanSeconds } = measured;
    if (!frozen || scanSeconds === undefined) return;
    const { ms } = estimateLastPass({ entries: 0, bytes: 0 }, scanSeconds, []);
    reporter.info(
        `expected freeze: ${formatMilliseconds(ms)} and the time to copy and prove what changes in the live passes; one look at all names takes ${formatMilliseconds(scanSeconds * 1_000)}`,
    );
}

/** A folder is looked at by a container of the runner's image, and preview builds none. */
async function lookAt(
    engine: DockerEngine,
    place: Place,
    image = imageTags().runner,
): Promise<VolumeFacts | undefined | "not looked at"> {
    if (!("volume" in place) && !(await engine.imageExists(image))) return "not looked at";
    return placeFacts(engine, place, image);
}

async function warnOfWriters(
    engine: DockerEngine,
    volume: VolumeFacts,
    name: string,
    quiesced: readonly string[],
    { reporter }: HandlerContext,
): Promise<void> {
    if (quiesced.some(isUnknown)) return;
    const known = new Set<string>();
    for (const name of quiesced) known.add((await engine.container(name))?.id ?? "");
    const strangers = writersAmong(await engine.running(), volume).filter(
        ({ id }) => !known.has(id),
    );
    for (const stranger of strangers) {
        reporter.warn(
            `source ${name} is written by ${stranger.name}: up refuses it unless quiesce names it`,
        );
    }
}

async function showDestination(
    engine: DockerEngine,
    { source, destination, onExisting, runnerImage }: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    const place = placeOf(destination);
    const name = placeName(place);
    if (isUnknown(name)) return;
    const facts = await lookAt(engine, place, runnerImage);
    if (facts === undefined || facts === "not looked at") return;
    const { reporter } = context;
    const measured = await measuredInTime(measureVolume(engine, place, runnerImage), context);
    const what = measured
        ? `${sizeOf(measured)}, last changed ${measured.newest ?? "at an unknown time"}`
        : "not measured";
    if (measured?.empty) {
        reporter.info(`destination ${name} exists already, and is empty`);
    } else if (onExisting === "update") {
        const from = isUnknown(placeName(placeOf(source)))
            ? "the source"
            : placeName(placeOf(source));
        reporter.warn(
            `destination ${name} (${what}) is made equal to ${from}; this cannot be undone`,
        );
    } else {
        reporter.info(
            `destination ${name} exists already (${what}): up refuses it unless this migration wrote all of it`,
        );
    }
}

/** Names that have no container. */
export async function showQuiesced(
    engine: DockerEngine,
    { quiesce }: Pick<PreviewedMigration, "quiesce">,
    { reporter }: HandlerContext,
): Promise<void> {
    for (const name of quiesce?.containers ?? []) {
        if (isUnknown(name) || (await engine.container(name))) continue;
        reporter.warn(`quiesce.containers: there is no container ${name} now`);
    }
}

function sizeOf({ bytes, files }: Measure): string {
    return `${formatBytes(bytes)} in ${files} ${files === 1 ? "file" : "files"}`;
}

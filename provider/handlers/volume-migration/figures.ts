import { emptySource } from "../../engine/handover/volume-plan.js";
import { formatBytes } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { type VolumeFacts, writersAmong } from "../../platforms/docker/facts.js";
import { measureVolume } from "../../runner/measure-volume.js";
import type { Measure } from "../../volumes/mover.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedMigration } from "./declaration.js";

/** Live figures of a preview, as messages on the resource's row: they would make a plan differ from run to run. */
export async function showMigrationFigures(
    engine: DockerEngine,
    declaration: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    await Promise.all([
        showSource(engine, declaration, context),
        showDestination(engine, declaration, context),
        showQuiesced(engine, declaration, context),
    ]);
}

async function showSource(
    engine: DockerEngine,
    { source, quiesce, runnerImage }: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    const name = source.docker.volume;
    if (isUnknown(name)) return;
    const { reporter } = context;
    const facts = await engine.volume(name);
    if (!facts) {
        reporter.warn(`source: there is no volume ${name} now`);
        return;
    }
    const measured = await measuredInTime(measureVolume(engine, name, runnerImage), context);
    reporter.info(`source ${name}: ${measured ? sizeOf(measured) : "not measured"}`);
    if (measured?.empty) reporter.warn(emptySource(name));
    if (measured && measured.sockets > 0) {
        reporter.warn(
            `source ${name}: ${measured.sockets} ${measured.sockets === 1 ? "socket is" : "sockets are"} not carried`,
        );
    }
    await warnOfWriters(engine, facts, quiesce?.containers ?? [], context);
}

async function warnOfWriters(
    engine: DockerEngine,
    volume: VolumeFacts,
    quiesced: readonly string[],
    { reporter }: HandlerContext,
): Promise<void> {
    if (quiesced.some(isUnknown)) return;
    const known = new Set<string>();
    for (const name of quiesced) known.add((await engine.container(name))?.id ?? "");
    const strangers = writersAmong(await engine.running(), volume).filter(
        ({ id }) => !known.has(id),
    );
    for (const { name } of strangers) {
        reporter.warn(
            `source ${volume.name} is written by ${name}: up refuses it unless quiesce names it`,
        );
    }
}

async function showDestination(
    engine: DockerEngine,
    { source, destination, onExisting, runnerImage }: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    const name = destination.docker.volume;
    if (isUnknown(name) || !(await engine.volume(name))) return;
    const { reporter } = context;
    const measured = await measuredInTime(measureVolume(engine, name, runnerImage), context);
    const what = measured
        ? `${sizeOf(measured)}, last changed ${measured.newest ?? "at an unknown time"}`
        : "not measured";
    if (measured?.empty) {
        reporter.info(`destination ${name} exists already, and is empty`);
    } else if (onExisting === "update") {
        const from = isUnknown(source.docker.volume) ? "the source" : source.docker.volume;
        reporter.warn(
            `destination ${name} (${what}) is made equal to ${from}; this cannot be undone`,
        );
    } else {
        reporter.info(
            `destination ${name} exists already (${what}): up refuses it unless this migration wrote all of it`,
        );
    }
}

async function showQuiesced(
    engine: DockerEngine,
    { quiesce }: PreviewedMigration,
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

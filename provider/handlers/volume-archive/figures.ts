import type { ArchiveReport } from "../../engine/handover/archive-report.js";
import { formatBytes, formatMilliseconds } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { volumesOf } from "../../runner/archive.js";
import type { VolumeRef } from "../../volumes/refs.js";
import type { HandlerContext } from "../handler.js";
import { isUnknown } from "../unknown.js";
import { showQuiesced, showSource } from "../volume-migration/figures.js";
import type { PreviewedArchive } from "./declaration.js";

/** Live figures of a preview, as messages on the resource's row. */
export async function showArchiveFigures(
    engine: DockerEngine,
    declaration: PreviewedArchive,
    last: ArchiveReport | undefined,
    context: HandlerContext,
): Promise<void> {
    const { quiesce, runnerImage } = declaration;
    const rest = {
        ...(quiesce ? { quiesce } : {}),
        ...(runnerImage ? { runnerImage } : {}),
    };
    const sources = await sourcesOf(engine, declaration, context);
    await Promise.all([
        ...sources.map((source) => showSource(engine, { source, ...rest }, context)),
        showQuiesced(engine, rest, context),
    ]);
    showTime(last, context);
}

async function sourcesOf(
    engine: DockerEngine,
    { source, container }: PreviewedArchive,
    { reporter }: HandlerContext,
): Promise<VolumeRef[]> {
    if (source) return [source];
    const name = container?.docker.name;
    if (name === undefined || isUnknown(name)) return [];
    try {
        const volumes = await volumesOf(engine, name);
        return volumes.map(({ name: volume }) => ({ docker: { volume } }));
    } catch (error) {
        reporter.warn(error instanceof Error ? (error.message.split("\n")[0] ?? "") : "");
        return [];
    }
}

/** Nothing but what the last save took says how long this one will. */
function showTime(last: ArchiveReport | undefined, { reporter }: HandlerContext): void {
    if (!last) {
        reporter.info("expected time: not measured");
        return;
    }
    const bytes = last.volumes.reduce((sum, volume) => sum + volume.bytes, 0);
    const { save, check } = last.seconds;
    const took = formatMilliseconds((save + check) * 1_000);
    const frozen = last.freeze
        ? `, ${formatMilliseconds(last.freeze.seconds * 1_000)} of it frozen`
        : "";
    reporter.info(`expected time: the last save took ${took} for ${formatBytes(bytes)}${frozen}`);
}

import { formatBytes } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { isAlive, writersAmong } from "../../platforms/docker/facts.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import { measureVolume } from "../measure-volume.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedMigration } from "./declaration.js";

/** Live figures of a preview, as messages on the resource's row: they would make a plan differ from run to run. */
export async function showMigrationFigures(
    engine: DockerEngine,
    { source, destination, quiesce, runnerImage }: PreviewedMigration,
    context: HandlerContext,
): Promise<void> {
    const [from, to] = [source.docker.volume, destination.docker.volume];
    if (isUnknown(from) || isUnknown(to)) return;
    const { reporter } = context;
    const facts = await engine.volume(from);
    if (!facts) {
        reporter.warn(`source: there is no volume ${from} now`);
        return;
    }
    const measured = await measuredInTime(measureVolume(engine, from, runnerImage), context);
    reporter.info(
        measured
            ? `source ${from}: ${formatBytes(measured.bytes)} in ${measured.files} files`
            : `source ${from}: not measured`,
    );
    const known = new Set(quiesce?.containers ?? []);
    const writers = writersAmong(await engine.running(), facts).filter(({ name }) => !known.has(name));
    for (const { name } of writers.filter(isAlive)) {
        reporter.warn(`source ${from} is written by ${name}: up will refuse it unless quiesce names it`);
    }
    if (await engine.volume(to)) reporter.info(`destination ${to} exists already`);
}

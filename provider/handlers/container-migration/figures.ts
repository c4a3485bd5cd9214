import { formatBytes, formatMilliseconds } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { listIn } from "../../platforms/docker/inspection.js";
import { imageTags } from "../../runner/image.js";
import { watchVolume } from "../../runner/measure-volume.js";
import { estimateLastPass } from "../../volumes/estimate.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import type { PreviewedContainerMigration } from "./declaration.js";
import type { Seen } from "./look.js";
import { publishedPorts } from "./ports.js";
import type { VolumeParts } from "./volumes.js";

/** Paths of a layer that a warning names. */
const namedPaths = 5;

/** Seconds that preview watches what is written to a volume. */
const watched = 0.5;

/** Live figures of a preview, as messages on the resource's row: they would make a plan differ from run to run. */
export async function showMoveFigures(
    engine: DockerEngine,
    {
        declaration,
        seen,
        parts,
    }: { declaration: PreviewedContainerMigration; seen: Seen; parts: VolumeParts },
    context: HandlerContext,
): Promise<void> {
    const { reporter } = context;
    for (const warning of moveWarnings(declaration, seen, parts)) reporter.warn(warning);
    const image = declaration.runnerImage ?? imageTags().runner;
    const there = await engine.imageExists(image);
    const volumes = Object.entries(parts.moved);
    const freezes = await Promise.all(
        volumes.map(async ([source, destination]) => {
            const look = watchVolume(engine, { volume: source }, image, watched);
            const measured = there ? await measuredInTime(look, context) : undefined;
            if (!measured) {
                look.catch(() => {});
                reporter.info(`volume ${source} goes to ${destination}: not measured`);
                return undefined;
            }
            const size = `${formatBytes(measured.bytes)} in ${measured.files} ${measured.files === 1 ? "file" : "files"}`;
            reporter.info(`volume ${source} goes to ${destination}: ${size}`);
            const { files, bytes, scanSeconds } = measured.watched;
            return estimateLastPass({ entries: files, bytes }, scanSeconds, []).ms;
        }),
    );
    const known = freezes.every((ms) => ms !== undefined);
    const longest = Math.max(0, ...freezes.map((ms) => ms ?? 0));
    const passes = known
        ? `${formatMilliseconds(longest)} for the last pass and its proof`
        : "not measured";
    const { name } = seen.source;
    reporter.info(
        `expected gap: ${passes}, and the time to stop ${name} and to start ${declaration.to.name}`,
    );
}

/** What stays behind, or is otherwise than before. */
export function moveWarnings(
    { layer, memory, to }: PreviewedContainerMigration,
    { source, changed, volumes }: Pick<Seen, "source" | "changed" | "volumes">,
    { moved, fresh }: VolumeParts,
): string[] {
    const { name } = source;
    const warnings = [layerWarning(name, layer, changed)];
    for (const [volume, empty] of Object.entries(fresh))
        warnings.push(`volume ${volume} stays behind: ${to.name} begins with a new one, ${empty}`);
    for (const volume of Object.keys(moved)) {
        const driver = source.mounts.find((mount) => mount.volume === volume)?.driver ?? "local";
        if (driver !== "local" || volumes[volume]?.device !== undefined)
            warnings.push(
                `volume ${volume} is not kept by the engine itself: its copy is a plain local volume`,
            );
    }
    for (const { port, to: inside } of publishedPorts(source))
        if (port === 0)
            warnings.push(`port ${inside} gets another port of the host than it has now`);
    if (listIn(source.host, "Links").length > 0)
        warnings.push(
            `${name} has links to other containers: they have to run when ${to.name} starts`,
        );
    if (layer === "commit")
        warnings.push(
            `the image that keeps the layer holds the settings of ${name} too, its environment among them`,
        );
    if (memory === "checkpoint")
        warnings.push(
            "open TCP connections are not carried: with one open, the memory cannot be written and nothing moves",
        );
    return warnings.filter((warning) => warning !== undefined);
}

function layerWarning(name: string, layer: string, changed: readonly string[]): string | undefined {
    if (changed.length === 0 || layer === "commit") return undefined;
    const more = changed.length > namedPaths ? ` and ${changed.length - namedPaths} more` : "";
    const paths = `${changed.slice(0, namedPaths).join(", ")}${more}`;
    const one = changed.length === 1;
    const stay = one ? "1 path" : `${changed.length} paths`;
    return `${stay} that ${name} changed outside of its mounts ${one ? "stays" : "stay"} behind (layer: "commit" takes ${one ? "it" : "them"} along): ${paths}`;
}

import { movedVolumes } from "../../engine/handover/handover-flow.js";
import { formatBytes, formatMilliseconds } from "../../engine/units.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { names } from "../../platforms/docker/names.js";
import { measureVolume } from "../../runner/measure-volume.js";
import { measuredInTime } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import { isUnknown } from "../unknown.js";
import type { Decision } from "./decide.js";
import type { PreviewedEnvironment } from "./declaration.js";
import type { Observed } from "./observe.js";

/** Live figures of a preview, as messages on the row: they would make a plan differ from run to run. */
export async function showHandoverFigures(
    engine: DockerEngine,
    decision: Decision,
    prefix: string,
    declaration: PreviewedEnvironment,
    { record }: Observed,
    context: HandlerContext,
): Promise<void> {
    if (decision.kind !== "transition") return;
    const sources = sourcesOf(decision, prefix, declaration);
    const measured = await Promise.all(
        sources.map(async (volume) => ({
            volume,
            measure: await measuredInTime(
                measureVolume(engine, { volume }, declaration.runnerImage),
                context,
            ),
        })),
    );
    for (const { volume, measure } of measured) {
        const figures = measure
            ? `${formatBytes(measure.bytes)} in ${measure.files} ${measure.files === 1 ? "file" : "files"}`
            : "not measured";
        context.reporter.info(`copies volume ${volume}: ${figures}`);
    }
    if (decision.transition.kind === "handover") {
        const last = record.lastFreeze;
        const freeze =
            last === undefined
                ? "not measured"
                : `${formatMilliseconds(last * 1000)}, as the last time`;
        context.reporter.info(
            `expected freeze: ${freeze}; at most ${declaration.handover.maxHold}`,
        );
    }
    if (decision.transition.kind === "adopt" && declaration.adopt) {
        context.reporter.warn(
            `there is a gap while the port changes hands, at most ${declaration.adopt.maxGap}`,
        );
    }
}

function sourcesOf(
    { transition }: Extract<Decision, { kind: "transition" }>,
    prefix: string,
    declaration: PreviewedEnvironment,
): string[] {
    const volumes = Object.entries(declaration.volumes);
    if (transition.kind === "handover" || (transition.kind === "shift" && transition.clone)) {
        const from =
            transition.kind === "handover" ? transition.from : (transition.clone?.from ?? "");
        const moved = movedVolumes(
            volumes.map(([name, { mode }]) => ({ name, mode, physical: {} })),
        );
        return moved.map(({ name }) => names.volume(prefix, name, from));
    }
    const seeds = volumes.flatMap(([, { seed }]) => (seed ? [seed.docker.volume] : []));
    return transition.kind === "shift" ? [] : seeds.filter((seed) => !isUnknown(seed));
}

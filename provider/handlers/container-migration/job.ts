import { randomUUID } from "node:crypto";
import type { ContainerJob } from "../../engine/handover/job.js";
import { toBytes, toMilliseconds } from "../../engine/units.js";
import type { Inspection } from "../../platforms/docker/inspection.js";
import { startedBy } from "../../runner/start.js";
import { digestOf } from "../digest-of.js";
import { originLabels } from "../labels.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import type { ContainerMigrationDeclaration, PreviewedContainerMigration } from "./declaration.js";
import { volumeParts } from "./volumes.js";

/** Only a change of these moves the container once more. */
const moveKeys = ["container", "to", "only", "binds", "layer", "memory"] as const;

/** Whether another move is wanted than the one before. */
export function wantsMove(
    before: PreviewedContainerMigration,
    after: PreviewedContainerMigration,
): boolean {
    return moveKeys.some((key) => !sameJson(before[key], after[key]));
}

/** Two jobs with one aim are the same work. */
export function aimOf(declaration: PreviewedContainerMigration): string {
    return digestOf(moveKeys.map((key) => declaration[key]));
}

/** What the runner is started with. Nothing of the container's settings is in it but names. */
export function containerJob(
    declaration: ContainerMigrationDeclaration & { prefix: string; origin: Origin },
    source: Inspection,
    image: string,
): ContainerJob {
    const { prefix, only, passes, grace } = declaration;
    const { moved, fresh } = volumeParts(prefix, only, source);
    return {
        kind: "container",
        id: randomUUID(),
        prefix,
        aim: aimOf(declaration),
        by: startedBy(),
        image,
        source: { name: source.name, id: source.id },
        name: declaration.to.name,
        volumes: pairs(moved),
        fresh: pairs(fresh),
        binds: declaration.binds,
        layer: declaration.layer,
        memory: declaration.memory,
        verify: declaration.verify,
        passes: { max: passes.max, settleBytes: toBytes(passes.settle) },
        ...(grace === undefined ? {} : { grace: Math.ceil(toMilliseconds(grace) / 1_000) }),
        healthTimeout: toMilliseconds(declaration.health.timeout),
        timeout: toMilliseconds(declaration.timeout),
        onExisting: declaration.onExisting,
        labels: originLabels(declaration.origin),
    };
}

function pairs(volumes: Record<string, string>): { source: string; destination: string }[] {
    return Object.entries(volumes).map(([source, destination]) => ({ source, destination }));
}

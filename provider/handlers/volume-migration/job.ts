import { randomUUID } from "node:crypto";
import type { VolumeJob } from "../../engine/handover/job.js";
import { toBytes, toMilliseconds } from "../../engine/units.js";
import { startedBy } from "../../runner/start.js";
import { placeOf, withoutIdentity } from "../../volumes/refs.js";
import { digestOf } from "../digest-of.js";
import { originLabels } from "../labels.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import type { PreviewedMigration, VolumeMigrationDeclaration } from "./declaration.js";

/** Only a change of these starts a sync. */
const syncKeys = ["source", "destination", "include", "exclude", "rerun"] as const;

/** A key is no part of the work: with another one the same archive is restored. */
function syncPart(declaration: PreviewedMigration, key: (typeof syncKeys)[number]): unknown {
    return key === "source" ? withoutIdentity(declaration.source) : declaration[key];
}

/** Whether another sync is wanted than the one before. */
export function wantsSync(before: PreviewedMigration, after: PreviewedMigration): boolean {
    return syncKeys.some((key) => !sameJson(syncPart(before, key), syncPart(after, key)));
}

/** Two jobs with one aim are the same work. */
export function aimOf(declaration: PreviewedMigration): string {
    return digestOf(syncKeys.map((key) => syncPart(declaration, key)));
}

/** What the runner is started with. */
export function migrationJob(
    declaration: VolumeMigrationDeclaration & { prefix: string; origin: Origin },
    image: string,
): VolumeJob {
    const { prefix, source, destination, include, exclude, passes, quiesce } = declaration;
    const { bandwidthLimit } = declaration;
    return {
        kind: "volume",
        id: randomUUID(),
        prefix,
        aim: aimOf(declaration),
        by: startedBy(),
        image,
        source: placeOf(source),
        destination: placeOf(destination),
        ...(include ? { include } : {}),
        ...(exclude ? { exclude } : {}),
        strategy: declaration.strategy,
        ...(bandwidthLimit ? { bandwidthLimit: toBytes(bandwidthLimit) } : {}),
        verify: declaration.verify,
        maxDelete: declaration.maxDelete,
        ...(declaration.parallel === undefined ? {} : { parallel: declaration.parallel }),
        priority: declaration.priority,
        passes: { max: passes.max, settleBytes: toBytes(passes.settle) },
        ...(quiesce ? { quiesce } : {}),
        timeout: toMilliseconds(declaration.timeout),
        onExisting: declaration.onExisting,
        labels: originLabels(declaration.origin),
    };
}

import { randomUUID } from "node:crypto";
import type { ArchiveJob } from "../../engine/handover/job.js";
import { toMilliseconds } from "../../engine/units.js";
import { startedBy } from "../../runner/start.js";
import { placeOf } from "../../volumes/refs.js";
import { digestOf } from "../digest-of.js";
import { originLabels } from "../labels.js";
import type { Origin } from "../prefix.js";
import { sameJson } from "../same-json.js";
import { type PreviewedArchive, pathAt, type VolumeArchiveDeclaration } from "./declaration.js";

/** Only a change of these saves once more. */
const saveKeys = [
    "source",
    "container",
    "archive",
    "include",
    "exclude",
    "recipients",
    "rerun",
] as const;

/** Whether another archive is wanted than the one before. */
export function wantsSave(before: PreviewedArchive, after: PreviewedArchive): boolean {
    return saveKeys.some((key) => !sameJson(before[key], after[key]));
}

/** What the runner is started with. */
export function archiveJob(
    declaration: VolumeArchiveDeclaration & { prefix: string; origin: Origin },
    image: string,
    now: number,
): ArchiveJob {
    const { prefix, source, container, archive, include, exclude, quiesce } = declaration;
    return {
        kind: "archive",
        id: randomUUID(),
        prefix,
        aim: digestOf(saveKeys.map((key) => declaration[key])),
        by: startedBy(),
        image,
        from: source ? { source: placeOf(source) } : { container: container?.docker.name ?? "" },
        path: pathAt(archive.path, now),
        recipients: declaration.recipients ?? [],
        ...(include ? { include } : {}),
        ...(exclude ? { exclude } : {}),
        ...(quiesce ? { quiesce } : {}),
        timeout: toMilliseconds(declaration.timeout),
        onExisting: declaration.onExisting,
        labels: originLabels(declaration.origin),
    };
}

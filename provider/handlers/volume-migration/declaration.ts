import type { Duration, Size } from "../../engine/units.js";
import type { MaxDelete } from "../../volumes/max-delete.js";
import type { VerifyLevel } from "../../volumes/mover.js";
import type { Priority } from "../../volumes/priority.js";
import type { SourceRef, VolumeRef } from "../../volumes/refs.js";
import { holdsUnknown, type Unknown } from "../unknown.js";

/**
 * A migration of one volume as its program declares it, with every leaf resolved and every default
 * filled in.
 *
 * @typeParam Later `Unknown` where preview may not know a leaf yet. A text may be unknown without
 * its type saying so.
 */
export interface VolumeMigrationDeclaration<Later = never> {
    source: SourceRef;
    destination: VolumeRef;
    quiesce?: QuiesceDeclaration<Later>;
    /** Absent: everything. */
    include?: string[];
    exclude?: string[];
    verify: VerifyLevel | Later;
    strategy: CopyStrategy | Later;
    passes: { max: number | Later; settle: Size | Later };
    /** Bytes a second. Absent: as fast as it goes. */
    bandwidthLimit?: Size | Later;
    onExisting: "refuse" | "update" | Later;
    maxDelete: MaxDelete | Later;
    /** Absent: by the processors of the target. */
    parallel?: number | Later;
    priority: Priority | Later;
    /** A change of it syncs once more. */
    rerun?: string;
    timeout: Duration | Later;
    /** A ready-made runner image, for targets that cannot build. */
    runnerImage?: string;
}

/** A migration as preview sees it. */
export type PreviewedMigration = VolumeMigrationDeclaration<Unknown>;

export interface QuiesceDeclaration<Later = never> {
    containers: string[];
    how: "stop" | "pause" | Later;
    then: "stay" | "restart" | Later;
}

/**
 * The rungs of the ladder of movers, by the names that the report gives them; "auto" tries them in
 * this order.
 */
export const copyStrategies = ["auto", "reflink", "parallel copy", "stream", "rsync"] as const;

export type CopyStrategy = (typeof copyStrategies)[number];

/** Whether every leaf is known: always true in `up`. */
export function isKnownMigration(
    declaration: PreviewedMigration,
): declaration is VolumeMigrationDeclaration {
    return !holdsUnknown(declaration);
}

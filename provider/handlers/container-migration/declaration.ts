import type { Duration, Size } from "../../engine/units.js";
import type { VerifyLevel } from "../../volumes/mover.js";
import { holdsUnknown, type Unknown } from "../unknown.js";

/**
 * A move of one container as its program declares it, with every leaf resolved and every default filled in.
 *
 * @typeParam Later `Unknown` where preview may not know a leaf yet. A text may be unknown without its type saying so.
 */
export interface ContainerMigrationDeclaration<Later = never> {
    container: { docker: { name: string; host?: string } };
    to: { name: string; host?: string };
    /** The argument `volumes`; absent: all of them. */
    only?: string[];
    binds: Record<string, string>;
    layer: "image" | "commit" | Later;
    memory: "none" | "checkpoint" | Later;
    verify: VerifyLevel | Later;
    passes: { max: number | Later; settle: Size | Later };
    /** Absent: the container's own stop time-out. */
    grace?: Duration | Later;
    health: { timeout: Duration | Later };
    onExisting: "refuse" | "update" | Later;
    timeout: Duration | Later;
    /** A ready-made runner image, for targets that cannot build. */
    runnerImage?: string;
}

/** A move as preview sees it. */
export type PreviewedContainerMigration = ContainerMigrationDeclaration<Unknown>;

/** Whether every leaf is known: always true in `up`. */
export function isKnownMove(
    declaration: PreviewedContainerMigration,
): declaration is ContainerMigrationDeclaration {
    return !holdsUnknown(declaration);
}

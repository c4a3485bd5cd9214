import type { Duration } from "../../engine/units.js";
import { hostOf, type VolumeRef } from "../../volumes/refs.js";
import { holdsUnknown, type Unknown } from "../unknown.js";
import type { QuiesceDeclaration } from "../volume-migration/declaration.js";

/**
 * A save as its program declares it, with every leaf resolved and every default filled in.
 *
 * @typeParam Later `Unknown` where preview may not know a leaf yet. A text may be unknown without
 * its type saying so.
 */
export interface VolumeArchiveDeclaration<Later = never> {
    /** This, or `container`. */
    source?: VolumeRef;
    container?: { docker: { name: string; host?: string } };
    archive: { path: string; host?: string };
    quiesce?: QuiesceDeclaration<Later>;
    /** Absent: everything. */
    include?: string[];
    exclude?: string[];
    /** Absent: not encrypted. */
    recipients?: string[];
    onExisting: "refuse" | "replace" | Later;
    /** A change of it saves once more. */
    rerun?: string;
    timeout: Duration | Later;
    /** A ready-made runner image, for targets that cannot build. */
    runnerImage?: string;
}

/** A save as preview sees it. */
export type PreviewedArchive = VolumeArchiveDeclaration<Unknown>;

/** The engine whose machine has the volumes and the archive. */
export function archiveHost({
    source,
    container,
}: Pick<PreviewedArchive, "source" | "container">): string | undefined {
    return source ? hostOf(source) : container?.docker.host;
}

/** The property that names it. */
export function hostProperty({ source }: Pick<PreviewedArchive, "source">): string {
    if (!source) return "container.docker.host";
    return "docker" in source ? "source.docker.host" : "source.directory.host";
}

/** Stands in a path for the moment of the save. */
export const timePattern = "{time}";

/** The path of an archive that is saved now: `2026-01-31T23-59-59Z` in place of `{time}`, in UTC. */
export function pathAt(path: string, now: number): string {
    const time = new Date(now)
        .toISOString()
        .replace(/\.\d+Z$/, "Z")
        .replaceAll(":", "-");
    return path.replaceAll(timePattern, time);
}

/** Whether every leaf is known: always true in `up`. */
export function isKnownArchive(
    declaration: PreviewedArchive,
): declaration is VolumeArchiveDeclaration {
    return !holdsUnknown(declaration);
}

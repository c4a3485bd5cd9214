import type { Inspection } from "../../platforms/docker/inspection.js";
import { names } from "../../platforms/docker/names.js";

/** What becomes of a container's volumes. */
export interface VolumeParts {
    /** Copied: old name → new name. */
    moved: Record<string, string>;
    /** Left behind: old name → the new, empty one. */
    fresh: Record<string, string>;
}

/**
 * By the argument `volumes`: those that are named are copied, or all of them. Of the others, one that is only read is
 * mounted again as it is, and one that is written to stays behind.
 */
export function volumeParts(
    prefix: string,
    only: readonly string[] | undefined,
    { mounts }: Pick<Inspection, "mounts">,
): VolumeParts {
    const moved: Record<string, string> = {};
    const fresh: Record<string, string> = {};
    for (const { volume, writable } of mounts) {
        if (volume === undefined) continue;
        if (only === undefined || only.includes(volume))
            moved[volume] = names.movedVolume(prefix, volume);
        else if (writable) fresh[volume] = names.movedVolume(prefix, volume);
    }
    return { moved, fresh };
}

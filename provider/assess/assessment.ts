import type { Measure } from "../volumes/mover.js";
import type { Watched } from "../volumes/watch.js";

/** What it would take to move a container, as far as it was seen. `--json` prints a list of these. */
export interface Assessment {
    container: string;
    image: string;
    /** As Docker says it: `"running"`, `"exited"`, … */
    status: string;
    /** The engine removes it as soon as it stops (`--rm`). */
    removedAtEnd: boolean;
    volumes: AssessedVolume[];
    /** What it mounts that is no volume, and so would not move. */
    binds: { source: string; path: string; writable: boolean }[];
    /** Paths that it made, changed or deleted outside of its mounts: they end with it. At most 20 are named. */
    layer: { changed: number; paths: string[] };
    /** What the freeze is expected to cost beside the time to stop and to start. Absent without volumes. */
    freeze?: { seconds: number; basis: string };
    /** The gravest first. */
    risks: Risk[];
}

export interface AssessedVolume {
    volume: string;
    path: string;
    writable: boolean;
    measured: Measure;
    watched: Watched;
    /** Other running containers that could write to it. */
    writers: string[];
}

/** `"high"` stops a move or loses data, `"medium"` leaves something behind, `"low"` is good to know. */
export type Grade = "high" | "medium" | "low";

export interface Risk {
    grade: Grade;
    what: string;
    /** What to do about it. */
    advice: string;
}

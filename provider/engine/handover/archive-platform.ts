import type { Saved } from "../../volumes/archive/save.js";
import type { ArchiveResults } from "../../volumes/archive/task.js";
import type { Place } from "../../volumes/refs.js";
import type { Reporter } from "../progress.js";
import type { SourcePlatform } from "./volume-platform.js";

/** A volume to save, and its folder in the archive. */
export interface ArchiveVolume {
    name: string;
    place: Place;
}

/** A task, less where things are: the platform knows. */
export type ArchiveWork =
    | { task: "look" | "save" | "discard" }
    | { task: "check"; saved: Saved }
    | { task: "publish"; replace: boolean };

/** What a save needs of the machine where the volumes are. */
export interface ArchivePlatform {
    /** What is to be saved now. @throws CutoverError where there is none */
    volumes(): Promise<ArchiveVolume[]>;
    source(place: Place): SourcePlatform;
    /** Whether the archive would lie in a place that it saves. */
    lieWithin(place: Place): Promise<boolean>;
    run<Work extends ArchiveWork>(
        work: Work,
        volumes: readonly ArchiveVolume[],
        tools: { reporter: Reporter; signal: AbortSignal },
    ): Promise<ArchiveResults[Work["task"]]>;
    /** Ends what a runner before this one left. */
    removeMovers(): Promise<void>;
}

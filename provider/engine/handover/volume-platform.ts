import type { Mover } from "../../volumes/mover.js";
import type { Reporter } from "../progress.js";
import type { VolumeJob } from "./job.js";

/** A container that could write to a volume now. */
export interface Writer {
    id: string;
    name: string;
    /** Frozen where it is: it writes nothing until it is let go. */
    paused: boolean;
}

/** A container that `quiesce` names. */
export interface QuiescedContainer {
    id: string;
    name: string;
    /** Its processes exist, and are not frozen. */
    running: boolean;
    /** The engine removes it as soon as it stops. */
    removedAtEnd: boolean;
    restartPolicy: string;
}

/** What a migration needs where its source is. */
export interface SourcePlatform {
    /** By which the source is told from one that is made anew later; undefined where there is none. */
    identity(): Promise<string | undefined>;
    /** Containers that could write to it now. */
    writers(): Promise<Writer[]>;
    container(name: string): Promise<QuiescedContainer | undefined>;
    /** Keeps it from running until `resume`, over restarts of the engine too. */
    quiesce(container: QuiescedContainer, how: "stop" | "pause"): Promise<{ killed: boolean }>;
    /** Lets it run as it did before; tells whether it is there at all. */
    resume(container: QuiescedContainer): Promise<boolean>;
    /**
     * The copy is whole: these stay as they are, whatever becomes of us.
     * @throws CutoverError when one of them was let run meanwhile
     */
    keep(ids: readonly string[]): Promise<void>;
}

/** What a migration needs of the places where its volumes are. */
export interface VolumePlatform {
    source: SourcePlatform;
    /** Makes the destination where it is missing; never filled from an image. */
    createDestination(): Promise<void>;
    /** Containers that could write to the destination now. */
    destinationWriters(): Promise<Writer[]>;
    /** Whether source and destination are one folder, or one lies in the other. */
    overlap(): Promise<boolean>;
    openMover(job: VolumeJob, tools: { reporter: Reporter; signal: AbortSignal }): Promise<Mover>;
    /** Ends movers that a runner before this one left. */
    removeMovers(): Promise<void>;
    /** How data come from the source's host, for the report; undefined on one host. */
    way(): string | undefined;
    /** The work is over: nothing is asked for any more. */
    end(): Promise<void>;
}

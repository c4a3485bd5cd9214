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

/** What a migration needs of the place where its volumes are. */
export interface VolumePlatform {
    /** When it was made; undefined where there is none. */
    createdAt(volume: string): Promise<string | undefined>;
    /** Made where it is missing; never filled from an image. */
    create(volume: string): Promise<void>;
    /** Whether two volumes are one folder, or one lies in the other. */
    overlap(one: string, other: string): Promise<boolean>;
    writers(volume: string): Promise<Writer[]>;
    container(name: string): Promise<QuiescedContainer | undefined>;
    /** Keeps it from running until `resume`, over restarts of the engine too. */
    quiesce(container: QuiescedContainer, how: "stop" | "pause"): Promise<{ killed: boolean }>;
    /** Lets it run as it did before; tells whether it is there at all. */
    resume(container: QuiescedContainer): Promise<boolean>;
    openMover(job: VolumeJob, tools: { reporter: Reporter; signal: AbortSignal }): Promise<Mover>;
    /** Ends movers that a runner before this one left. */
    removeMovers(): Promise<void>;
}

import type { VolumePair } from "../../platforms/platform.js";
import type { Mover } from "../../volumes/mover.js";

/** A container, without its settings. */
export interface ContainerState {
    id: string;
    name: string;
    /** As Docker says it: `"running"`, `"exited"`, … */
    status: string;
    running: boolean;
    exitCode: number;
    /** How often the engine has started it again. */
    restarts: number;
    /** What its own health check says; absent without one. */
    health?: string;
    /** The engine removes it as soon as it stops. */
    removedAtEnd: boolean;
    /** As the engine takes it: `"no"`, `"always"`, `"on-failure:5"`. */
    restartPolicy: string;
    labels: Readonly<Record<string, string>>;
}

/** All that a container is, secrets included: handed from one engine to the other, and never kept. */
export type ContainerSettings = object;

/** The engine that a container leaves. Nothing here writes to the container's layer or volumes. */
export interface SourceEngine {
    container(): Promise<ContainerState | undefined>;
    settings(): Promise<ContainerSettings>;
    /** Paths of its own layer that differ from its image, those of its mounts left out. */
    changedPaths(): Promise<string[]>;
    /** When a volume was made; undefined where there is none. */
    volumeCreatedAt(volume: string): Promise<string | undefined>;
    /** Others than this container that could write to a volume now. */
    otherWriters(volume: string): Promise<string[]>;
    /** Sets what the engine does when it ends or the engine starts. */
    setRestartPolicy(policy: string): Promise<void>;
    /** @param grace seconds until it is killed; its own stop time-out where that is undefined */
    stop(grace: number | undefined): Promise<{ killed: boolean }>;
    start(): Promise<void>;
    /** Its image, or its layer kept as one. */
    image(layer: "image" | "commit"): Promise<string>;
    /** Forgets what `image("commit")` made. */
    removeLayerImage(): Promise<void>;
    /** Writes its memory to disk and ends it; found where that was done before. */
    checkpoint(): Promise<void>;
    hasCheckpoint(): Promise<boolean>;
    startFromCheckpoint(): Promise<void>;
    removeCheckpoint(): Promise<void>;
}

/** The engine that a container goes to. */
export interface TargetEngine {
    /** The new container, or whatever has its name. */
    container(): Promise<ContainerState | undefined>;
    /** Creates the new container without starting it; its restart policy is "no". */
    create(settings: ContainerSettings, image: string): Promise<{ id: string }>;
    /** Removes the new container; gone already is fine. */
    remove(): Promise<void>;
    start(): Promise<void>;
    setRestartPolicy(policy: string): Promise<void>;
    lastLines(): Promise<string[]>;
    /** Makes a volume where it is missing, and never fills it from an image. */
    createVolume(volume: string): Promise<void>;
    /** Makes the image there that the container is created from. */
    takeImage(from: SourceEngine, image: string): Promise<{ how: string }>;
    /** What keeps memory from being carried here; undefined where a trial worked. */
    checkpointProblem(): Promise<{ problem: string; next: string } | undefined>;
    /** Lays a checkpoint of the old container beside the new one. */
    takeCheckpoint(from: SourceEngine): Promise<{ bytes: number }>;
    startFromCheckpoint(): Promise<void>;
    removeCheckpoint(): Promise<void>;
}

/** Where a container is, where it goes, and how one volume gets from one to the other. */
export interface ContainerPlatform {
    source: SourceEngine;
    target: TargetEngine;
    /** One copy; movers of containers that are gone are ended by `removeMovers`. */
    openMover(pair: VolumePair, options: object): Promise<Mover>;
    removeMovers(): Promise<void>;
    /** Containers that could write to a volume of either side now, our own movers not counted. */
    writers(volume: string): Promise<string[]>;
    /** Whether two volumes are one folder, or one lies in the other. */
    overlap(one: string, other: string): Promise<boolean>;
}

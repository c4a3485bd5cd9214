import type { MaxDelete } from "../../volumes/max-delete.js";
import type { VerifyLevel } from "../../volumes/mover.js";
import type { Priority } from "../../volumes/priority.js";
import type { Place, VolumePlace } from "../../volumes/refs.js";

/** What a runner is started with: plain, canonical, without secrets. The journal keeps it as the plan. */
export type Job = EnvironmentJob | VolumeJob | ArchiveJob | ContainerJob;

interface JobOrigin {
    /** Unique; also the token by which the journal's lines are told apart. */
    id: string;
    /** Prefix of all physical names of the resource that it works for. */
    prefix: string;
    /** What it is to reach, as a digest: two jobs with one aim are the same work. */
    aim: string;
    /** Who started it, for whoever finds it running: `user@machine`. */
    by: string;
    /** The runner's own image; movers are started from it. */
    image: string;
}

export interface EnvironmentJob extends JobOrigin {
    kind: "environment";
    /** The instance of the hand-over resource; a delete of another one leaves things alone. */
    instance: string;
    transition: Transition;
    weights: Record<string, number>;
    slots: Record<string, SlotJob>;
    volumes: VolumeJobPart[];
    router: RouterJob;
    health: { path: string; healthyAfter: number; timeout: number };
    /** Milliseconds. */
    maxHold: number;
    drain: { timeout: number; then: "abort" | "rollback" };
    passes: { max: number; settleBytes: number };
    adopt?: { container: string; maxGap: number };
    /** Milliseconds that each slot needed to be healthy when it was last started, where that is known. */
    lastStart: Record<string, number>;
    labels: Record<string, string>;
}

/**
 * - `start`: nothing serves yet: seed or fill the volumes, start what has weight
 * - `handover`: the data follow the traffic from one slot to the other
 * - `shift`: weights alone move; `moved` when there are volumes whose data belong to one slot
 * - `adopt`: as `start`, from a container that others started
 */
export type Transition =
    | { kind: "start"; slot: string; seed: boolean }
    | { kind: "handover"; from: string; to: string; data: "copy" | "discard"; canary: boolean }
    | {
          kind: "shift";
          from: Record<string, number>;
          moved: boolean;
          clone?: { from: string; to: string };
      }
    | { kind: "adopt"; slot: string };

export interface SlotJob {
    network: string;
    /** By key; empty for a slot that the program does not have (any more). */
    containers: Record<string, { id: string; background: boolean }>;
    /** Digest over all of its containers' arguments. */
    digest: string;
    /** Images, for people. */
    release: string;
}

export interface VolumeJobPart {
    name: string;
    mode: "handover" | "clone" | "shared";
    /** Physical name, by slot. */
    physical: Record<string, string>;
    seed?: string;
    /** Where an unseeded first volume is filled from: the image of a container that mounts it, and its path there. */
    fill?: { image: string; path: string };
}

export interface RouterJob {
    container: string;
    image: string;
    /** The volume with its configuration and socket. */
    control: string;
    listen?: { address: string; port: number };
    to: { container: string; port: number };
    networks: string[];
    sticky: boolean;
    safeMethodsOnly?: string;
}

export interface VolumeJob extends JobOrigin {
    kind: "volume";
    source: Place;
    destination: VolumePlace;
    include?: string[];
    exclude?: string[];
    strategy: string;
    /** Bytes a second. */
    bandwidthLimit?: number;
    /** Absent in journals of versions that had no limit. */
    maxDelete?: MaxDelete;
    parallel?: number;
    priority?: Priority;
    verify: VerifyLevel;
    passes: { max: number; settleBytes: number };
    quiesce?: { containers: string[]; how: "stop" | "pause"; then: "stay" | "restart" };
    /** Milliseconds. */
    timeout: number;
    /** Fingerprint that the destination must have, when one was taken. */
    expected?: string;
    onExisting: "refuse" | "update";
    /** The runner on the source's engine, where that is another one. */
    peer?: Peer;
    labels: Record<string, string>;
}

/** The source's end of a `VolumeJob` between two engines. It has no steps: it does what it is asked for. */
export interface SourceJob extends JobOrigin {
    kind: "source";
    source: Place;
    /** The runner on the destination's engine. */
    peer: Peer;
    labels: Record<string, string>;
}

/** The runner at the other end of a link. Nothing in it is secret. */
export interface Peer {
    /** Where its host may be reached. */
    addresses: string[];
    port: number;
    /** By which it is known, PEM: made for this run. */
    certificate: string;
    /** Its engine, for people. */
    host: string;
}

export interface ArchiveJob extends JobOrigin {
    kind: "archive";
    /** One place, or all volumes of a container. */
    from: { source: Place } | { container: string };
    /** The archive, on the engine's machine. */
    path: string;
    /** Public keys; none: not encrypted. */
    recipients: string[];
    include?: string[];
    exclude?: string[];
    quiesce?: VolumeJob["quiesce"];
    /** Milliseconds. */
    timeout: number;
    onExisting: "refuse" | "replace";
    labels: Record<string, string>;
}

export interface ContainerJob extends JobOrigin {
    kind: "container";
    /** The id too: what was looked at in preview is what moves. */
    source: { name: string; id: string };
    /** Of the new container. */
    name: string;
    /** The volumes that are copied. */
    volumes: { source: string; destination: string }[];
    /** The volumes that stay behind, and the new one that the new container begins with. */
    fresh: { source: string; destination: string }[];
    /** By the folder of the host that the old container mounts. */
    binds: Record<string, string>;
    layer: "image" | "commit";
    memory: "none" | "checkpoint";
    verify: VerifyLevel;
    passes: { max: number; settleBytes: number };
    /** Seconds until the old container is killed, where it is not its own stop time-out. */
    grace?: number;
    /** Milliseconds that the new container may take to be healthy. */
    healthTimeout: number;
    /** Milliseconds. */
    timeout: number;
    onExisting: "refuse" | "update";
    labels: Record<string, string>;
}

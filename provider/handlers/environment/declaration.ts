import type { Duration, Size } from "../../engine/units.js";
import type { VolumeRef } from "../../volumes/refs.js";

/**
 * A blue-green environment as its program declares it, with every leaf resolved. It is what the gate and the hand-over
 * receive: names, digests and settings, and nothing of a container's own arguments.
 */
export interface EnvironmentDeclaration {
    platform: "docker";
    /** The Docker engine, as DOCKER_HOST has it; absent: the local one. */
    host?: string;
    slots: Record<string, SlotDeclaration>;
    volumes: Record<string, VolumeDeclaration>;
    traffic: TrafficDeclaration;
    health: HealthDeclaration;
    handover: HandoverDeclaration;
    adopt?: AdoptDeclaration;
    /** Docker networks of the user's that the router joins as well. */
    networks: string[];
    /** A ready-made runner image, for targets that cannot build. */
    runnerImage?: string;
    /** A ready-made router image. */
    routerImage?: string;
}

export interface SlotDeclaration {
    containers: Record<string, ContainerDeclaration>;
    /** Containers that take work without the router: they run only in the slot with most weight. */
    background: string[];
}

export interface ContainerDeclaration {
    image: string;
    /** Keyed digest of all of its arguments. */
    digest: string;
}

export type VolumeMode = "handover" | "clone" | "shared";

export interface VolumeDeclaration {
    mounts: Record<string, { path: string; readOnly: boolean }>;
    mode: VolumeMode;
    seed?: VolumeRef;
    onDestroy: "keep" | "delete";
    /** `clone`: "canary writes are discarded". */
    acknowledge?: string;
    /** `clone`: the canary gets GET, HEAD and OPTIONS only. */
    safeMethodsOnly?: boolean;
}

export interface TrafficDeclaration {
    /** Host address and port; absent where `networks` put the router behind an existing proxy. */
    listen?: { address: string; port: number };
    to: { container: string; port: number };
    weights: Record<string, number>;
}

export interface HealthDeclaration {
    path: string;
    healthyAfter: number;
    timeout: Duration;
}

export interface HandoverDeclaration {
    maxHold: Duration;
    drain: { timeout: Duration; then: "abort" | "rollback" };
    onRollback: "reverseSync" | "block" | { discard: string };
    passes: { max: number; settle: Size };
}

export interface AdoptDeclaration {
    container: string;
    maxGap: Duration;
}

import type { Duration, Size } from "../../engine/units.js";
import type { DockerVolumeRef } from "../../volumes/refs.js";
import { holdsUnknown, type Unknown } from "../unknown.js";

/**
 * A blue-green environment as its program declares it, with every leaf resolved. It is what the
 * gate and the hand-over receive: names, digests and settings, and nothing of a container's own
 * arguments.
 *
 * @typeParam Later `Unknown` where preview may not know a leaf yet. A text may be unknown without
 * its type saying so.
 */
export interface EnvironmentDeclaration<Later = never> {
    platform: "docker";
    /** The Docker engine, as DOCKER_HOST has it; absent: the local one. */
    host?: string;
    slots: Record<string, SlotDeclaration>;
    volumes: Record<string, VolumeDeclaration<Later>>;
    traffic: TrafficDeclaration<Later>;
    health: HealthDeclaration<Later>;
    handover: HandoverDeclaration<Later>;
    adopt?: AdoptDeclaration<Later>;
    /** Docker networks of the user's that the router joins as well. */
    networks: string[];
    /** A ready-made runner image, for targets that cannot build. */
    runnerImage?: string;
    /** A ready-made router image. */
    routerImage?: string;
}

/** An environment as preview sees it. */
export type PreviewedEnvironment = EnvironmentDeclaration<Unknown>;

/** Whether every leaf is known: always true in `up`. */
export function isKnown(declaration: PreviewedEnvironment): declaration is EnvironmentDeclaration {
    return !holdsUnknown(declaration);
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

export interface VolumeDeclaration<Later = never> {
    mounts: Record<string, MountDeclaration<Later>>;
    mode: VolumeMode;
    seed?: DockerVolumeRef;
    onDestroy: "keep" | "delete" | Later;
    /** `clone`: "canary writes are discarded". */
    acknowledge?: string;
    /** `clone`: the canary gets GET, HEAD and OPTIONS only. */
    safeMethodsOnly?: boolean | Later;
}

export interface MountDeclaration<Later = never> {
    path: string;
    readOnly: boolean | Later;
}

export interface TrafficDeclaration<Later = never> {
    /** Host address and port; absent where `networks` put the router behind an existing proxy. */
    listen?: ListenDeclaration | Later;
    to: { container: string; port: number | Later };
    weights: Record<string, number>;
}

export interface ListenDeclaration {
    address: string;
    port: number;
}

export interface HealthDeclaration<Later = never> {
    path: string;
    healthyAfter: number | Later;
    timeout: Duration | Later;
}

export interface HandoverDeclaration<Later = never> {
    maxHold: Duration | Later;
    drain: { timeout: Duration | Later; then: "abort" | "rollback" | Later };
    onRollback: "reverseSync" | "block" | { discard: string } | Later;
    passes: { max: number | Later; settle: Size | Later };
}

export interface AdoptDeclaration<Later = never> {
    container: string;
    maxGap: Duration | Later;
}

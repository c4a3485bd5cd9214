import type { z } from "zod";
import type { Duration } from "../../engine/units.js";
import { isPlainObject } from "../input-shape.js";
import type { Unknown } from "../unknown.js";
import type { MountDeclaration, VolumeMode } from "./declaration.js";
import { mountShape } from "./mount.js";
import { drainTimeoutLeaf, maxHoldLeaf, modeLeaf, weightLeaf } from "./shape.js";

/**
 * What can be made out of an environment's arguments although some of them are wrong. A leaf that
 * is wrong is undefined here, and its problem is the shape's to report; the rules look at this, so
 * that every problem is found at once and none twice.
 */
export interface Outline {
    host: unknown;
    slots: Record<string, SlotOutline>;
    /** False where `slots` is no object. */
    slotsReadable: boolean;
    volumes: Record<string, VolumeOutline>;
    traffic: {
        given: boolean;
        listen: unknown;
        networks: unknown;
        container: unknown;
        /** Undefined where no weights were written. */
        weights: Record<string, number | undefined> | undefined;
    };
    handover: { maxHold: Written<Duration>; drainTimeout: Written<Duration> };
    adopts: boolean;
}

export interface SlotOutline {
    containers: Record<string, { owned: string[] }>;
    background: unknown[];
    /** False where `containers` is no object. */
    readable: boolean;
}

export interface VolumeOutline {
    mode: VolumeMode | undefined;
    /** Undefined where `mounts` is no object. */
    mounts: Record<string, MountDeclaration<Unknown> | undefined> | undefined;
    seedHost: unknown;
    acknowledge: unknown;
    safeMethodsOnly: unknown;
}

/** A leaf's value and whether the program wrote it, or the default stands. */
export interface Written<T> {
    value: T | Unknown | undefined;
    written: boolean;
}

export function outlineOf(raw: unknown): Outline {
    const given = asObject(raw);
    const traffic = asObject(given.traffic);
    const handover = asObject(given.handover);
    return {
        host: asObject(given.docker).host,
        slots: mapValues(asObject(given.slots), slotOutline),
        slotsReadable: isPlainObject(given.slots),
        volumes: mapValues(asObject(given.volumes), volumeOutline),
        traffic: {
            given: isPlainObject(given.traffic),
            listen: traffic.listen,
            networks: traffic.networks,
            container: asObject(traffic.to).container,
            weights: isPlainObject(traffic.weights)
                ? mapValues(traffic.weights, (weight) => accepted(weightLeaf, weight))
                : undefined,
        },
        handover: {
            maxHold: written(maxHoldLeaf, handover.maxHold),
            drainTimeout: written(drainTimeoutLeaf, asObject(handover.drain).timeout),
        },
        adopts: given.adopt !== undefined,
    };
}

function slotOutline(raw: unknown): SlotOutline {
    const { containers, background } = asObject(raw);
    return {
        containers: mapValues(asObject(containers), (container) => ({
            owned: asList(asObject(container).owned).filter((name) => typeof name === "string"),
        })),
        background: asList(background),
        readable: isPlainObject(containers),
    };
}

function volumeOutline(raw: unknown): VolumeOutline {
    const { mode, mounts, seed, acknowledge, safeMethodsOnly } = asObject(raw);
    return {
        mode: accepted(modeLeaf.default("handover"), mode),
        mounts: isPlainObject(mounts)
            ? mapValues(mounts, (mount) => accepted(mountShape, mount))
            : undefined,
        seedHost: asObject(asObject(seed).docker).host,
        acknowledge,
        safeMethodsOnly,
    };
}

function written<T>(leaf: z.ZodType<T | Unknown>, value: unknown): Written<T> {
    return { value: accepted(leaf, value), written: value !== undefined };
}

function accepted<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
    return schema.safeParse(value).data;
}

function asObject(value: unknown): Record<string, unknown> {
    return isPlainObject(value) ? value : {};
}

function asList(value: unknown): unknown[] {
    return Array.isArray(value) ? value : [];
}

function mapValues<T>(map: Record<string, unknown>, change: (value: unknown) => T) {
    return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

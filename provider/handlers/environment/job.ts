import { randomUUID } from "node:crypto";
import type {
    EnvironmentJob,
    SlotJob,
    Transition,
    VolumeJobPart,
} from "../../engine/handover/job.js";
import { heaviest } from "../../engine/handover/slot-steps.js";
import { toBytes, toMilliseconds } from "../../engine/units.js";
import { names } from "../../platforms/docker/names.js";
import type { RunnerImages } from "../../runner/image.js";
import { startedBy } from "../../runner/start.js";
import { digestOf } from "../digest-of.js";
import { originLabels } from "../labels.js";
import type { Origin } from "../prefix.js";
import type { EnvironmentDeclaration } from "./declaration.js";
import { type Observed, runningDigest, slotDigest } from "./observe.js";

export interface JobParts {
    declaration: EnvironmentDeclaration;
    prefix: string;
    origin: Origin;
    /** Ids of the declared containers, by slot and key. */
    containers: Record<string, Record<string, string>>;
    instance: string;
    observed: Observed;
    images: RunnerImages;
}

/** What the hand-over is to reach: the same for two jobs that do the same work. */
export function aimOfEnvironment({
    declaration,
    prefix,
}: Pick<JobParts, "declaration" | "prefix">): string {
    const { slots, traffic, volumes } = declaration;
    return digestOf({ prefix, slots, traffic, volumes });
}

/** The job that takes an environment from what is observed to what is declared. */
export function environmentJob(transition: Transition, parts: JobParts): EnvironmentJob {
    const { declaration, prefix, observed, images } = parts;
    const { handover, health, traffic, adopt } = declaration;
    const slots = slotNames(parts);
    return {
        kind: "environment",
        id: randomUUID(),
        aim: aimOfEnvironment(parts),
        prefix,
        by: startedBy(),
        image: images.runner,
        instance: parts.instance,
        transition,
        weights: Object.fromEntries(slots.map((slot) => [slot, traffic.weights[slot] ?? 0])),
        slots: Object.fromEntries(
            slots.map((slot) => [slot, slotJob(slot, servingSlots(transition), parts)]),
        ),
        volumes: volumeParts(parts, slots),
        router: {
            container: names.router(prefix),
            image: images.router,
            control: names.control(prefix),
            ...(traffic.listen ? { listen: traffic.listen } : {}),
            to: traffic.to,
            networks: declaration.networks,
            sticky: Object.values(declaration.volumes).some(({ mode }) => mode === "clone"),
            ...safeMethods(parts),
        },
        health: { ...health, timeout: toMilliseconds(health.timeout) },
        maxHold: toMilliseconds(handover.maxHold),
        drain: { ...handover.drain, timeout: toMilliseconds(handover.drain.timeout) },
        passes: { max: handover.passes.max, settleBytes: toBytes(handover.passes.settle) },
        ...(adopt
            ? { adopt: { container: adopt.container, maxGap: toMilliseconds(adopt.maxGap) } }
            : {}),
        lastStart: observed.record.lastStart,
        labels: originLabels(parts.origin),
    };
}

/** Both slots, also the one that the program has not or no longer: the router is made for both. */
function slotNames({ declaration, observed }: JobParts): string[] {
    const named = [
        ...Object.keys(declaration.slots),
        ...Object.keys(declaration.traffic.weights),
        ...Object.keys(observed.traffic?.slots ?? {}),
        ...Object.keys(observed.alive),
    ];
    return [...new Set(named.length > 0 ? named : [])].sort();
}

/** Slots whose running containers count, and not the declared ones: a reverted release replaces them last. */
function servingSlots(transition: Transition): string[] {
    if (transition.kind === "handover") return [transition.from];
    if (transition.kind === "shift")
        return Object.keys(transition.from).filter((slot) => (transition.from[slot] ?? 0) > 0);
    return [];
}

function slotJob(slot: string, serving: readonly string[], parts: JobParts): SlotJob {
    const { declaration, prefix, containers, observed } = parts;
    const network = names.network(prefix, slot);
    const alive = observed.alive[slot] ?? [];
    const declared = declaration.slots[slot];
    const background = new Set(declared?.background ?? []);
    if (serving.includes(slot) && alive.length > 0 && !isDeclared(slot, parts)) {
        return {
            network,
            containers: Object.fromEntries(
                alive.map(({ key, id }) => [key, { id, background: background.has(key) }]),
            ),
            digest: runningDigest(alive),
            release: releaseOf(alive),
        };
    }
    const ids = Object.entries(containers[slot] ?? {});
    return {
        network,
        containers: Object.fromEntries(
            ids.map(([key, id]) => [key, { id, background: background.has(key) }]),
        ),
        digest: slotDigest(declared?.containers ?? {}),
        release: releaseOf(Object.values(declared?.containers ?? {})),
    };
}

/** Whether what runs in a slot is what is declared for it. */
function isDeclared(slot: string, { containers, observed }: JobParts): boolean {
    const declared = new Set(Object.values(containers[slot] ?? {}));
    return (observed.alive[slot] ?? []).every(({ id }) => declared.has(id));
}

/** For people: the images of a slot. */
export function releaseOf(containers: readonly { image: string }[]): string {
    return [...new Set(containers.map(({ image }) => image))].join(", ");
}

function volumeParts({ declaration, prefix }: JobParts, slots: readonly string[]): VolumeJobPart[] {
    return Object.entries(declaration.volumes).map(([name, { mode, seed, mounts }]) => ({
        name,
        mode,
        physical: Object.fromEntries(
            slots.map((slot) => [
                slot,
                names.volume(prefix, name, mode === "shared" ? undefined : slot),
            ]),
        ),
        ...(seed ? { seed: seed.docker.volume } : {}),
        ...fillOf(declaration, mounts),
    }));
}

function fillOf(
    declaration: EnvironmentDeclaration,
    mounts: EnvironmentDeclaration["volumes"][string]["mounts"],
): Pick<VolumeJobPart, "fill"> {
    const first = declaration.slots[heaviest(declaration.traffic.weights) ?? ""];
    for (const [key, { path }] of Object.entries(mounts)) {
        const image = first?.containers[key]?.image;
        if (image !== undefined) return { fill: { image, path } };
    }
    return {};
}

/**
 * With `safeMethodsOnly`, only the slot with the real data takes anything but GET, HEAD and OPTIONS: whatever the
 * weights are, what is written elsewhere is thrown away.
 */
function safeMethods({ declaration, observed }: JobParts): { safeMethodsOnly?: string } {
    const asked = Object.values(declaration.volumes).some(
        ({ safeMethodsOnly }) => safeMethodsOnly === true,
    );
    const slot = observed.record.active ?? heaviest(declaration.traffic.weights);
    return asked && slot !== undefined ? { safeMethodsOnly: slot } : {};
}

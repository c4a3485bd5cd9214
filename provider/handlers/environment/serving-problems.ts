import type { InputProblem } from "../../engine/errors.js";
import { propertyPath } from "../property-path.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedEnvironment } from "./declaration.js";
import { type Observed, observedWeights, runningDigest, slotDigest } from "./observe.js";

/**
 * Only weights move: a slot that carries traffic is never replaced. It is let through when the same `up` takes its
 * weight to 0: then the hand-over comes first, and its replacement last.
 */
export function servingProblems(
    declaration: PreviewedEnvironment,
    observed: Observed,
): InputProblem[] {
    const weights = observedWeights(observed) ?? observed.record.weights ?? {};
    return Object.entries(weights).flatMap(([slot, weight]) => {
        const running = observed.alive[slot] ?? [];
        const stays = (declaration.traffic.weights[slot] ?? 0) > 0;
        return weight > 0 && running.length > 0 && stays
            ? changesOf(slot, weight, running, declaration)
            : [];
    });
}

function changesOf(
    slot: string,
    weight: number,
    running: Observed["alive"][string],
    { slots, traffic }: PreviewedEnvironment,
): InputProblem[] {
    const declared = slots[slot];
    if (!declared) {
        const problem = "carries traffic and is gone from the program";
        return [
            {
                path: propertyPath(["slots", slot]),
                problem,
                instead: "keep it, and take its weight to 0 first",
            },
        ];
    }
    const other = Object.keys(traffic.weights).find((name) => name !== slot) ?? "the other one";
    return changedContainers(declared.containers, running, declared.background).map((key) => ({
        path: propertyPath(["slots", slot, "containers", key]),
        problem: `was changed, and slot ${slot} carries traffic (weight ${weight})`,
        instead: `leave it as it is, change slot ${other} instead, and move the weights to it`,
    }));
}

function changedContainers(
    declared: PreviewedEnvironment["slots"][string]["containers"],
    running: Observed["alive"][string],
    background: readonly string[],
): string[] {
    if (Object.values(declared).some(({ digest }) => isUnknown(digest))) return [];
    if (slotDigest(declared) === runningDigest(running)) return [];
    const before = new Map(running.map((container) => [container.key, container.digest]));
    const keys = new Set([...Object.keys(declared), ...before.keys()]);
    return [...keys].filter((key) => {
        const parked = background.includes(key) && !before.has(key);
        return !parked && declared[key]?.digest !== before.get(key);
    });
}

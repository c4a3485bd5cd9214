import { heaviest } from "../../engine/handover/slot-steps.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { isAlive } from "../../platforms/docker/facts.js";
import type { HandoverInputs, HandoverState } from "./handover.js";
import { type Observed, weightsInEffect } from "./observe.js";

/**
 * Where the target cannot be reached, a plan is made from what the state says: the weights as they were, and all of it
 * running.
 */
export function observedFromState(olds: HandoverInputs | undefined): Observed {
    if (!olds)
        return { router: "absent", alive: {}, record: { served: {}, left: {}, lastStart: {} } };
    const { weights, containers } = olds;
    const active = heaviest(weights);
    const serving = Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
    const slots = Object.entries(weights).map(([slot, weight]) => {
        return [slot, { weight, inFlight: 0, usable: weight > 0 }];
    });
    return {
        router: "running",
        traffic: { slots: Object.fromEntries(slots), holding: false, held: 0, inFlight: 0 },
        alive: Object.fromEntries(serving.map((slot) => [slot, runningOf(containers[slot] ?? {})])),
        record: { served: {}, left: {}, lastStart: {}, ...(active ? { active } : {}) },
    };
}

function runningOf(containers: Readonly<Record<string, string>>): Observed["alive"][string] {
    return Object.entries(containers).map(([key, id]) => {
        return { key, id, name: key, digest: "", image: "", running: true };
    });
}

/** What is true now: observed weights, never wanted ones. */
export function observedState(
    inputs: HandoverInputs,
    instance: string,
    state: HandoverState | undefined,
    observed: Observed | undefined,
): HandoverState {
    const active = observed?.record.active;
    const report = observed?.record.report ?? state?.report;
    return {
        ...inputs,
        // What could not be looked at is as it was known last.
        weights: observed || !state ? seenWeights(inputs, observed) : state.weights,
        instance,
        ...(active === undefined ? {} : { active }),
        ...(report ? { report } : {}),
    };
}

/** By the declared slots; 0 where nothing was seen. */
export function seenWeights(
    { weights, settings }: HandoverInputs,
    observed: Observed | undefined,
): Record<string, number> {
    const seen = observed && weightsInEffect(observed, settings.traffic.to.container);
    return Object.fromEntries(Object.keys(weights).map((slot) => [slot, seen?.[slot] ?? 0]));
}

export function afterwards(
    inputs: HandoverInputs,
    observed: Observed | undefined,
    adopted: string | undefined,
): { state: string; next: string } {
    const next = `mend the cause and run pulumi up again; npx pulumi-cutover status ${inputs.prefix} shows more`;
    if (observed === undefined)
        return {
            state: "not known: the target could not be looked at; what was begun there goes on",
            next,
        };
    const weights = seenWeights(inputs, observed);
    const serving = Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
    if (serving.length > 0)
        return {
            state: `${serving.join(" and ")} ${serving.length > 1 ? "serve" : "serves"}`,
            next,
        };
    return { state: adopted ? `${adopted} serves again` : "nothing serves", next };
}

/** The container that was to be taken over, where it runs. */
export async function stillServes(
    { settings }: HandoverInputs,
    engine: DockerEngine,
): Promise<string | undefined> {
    if (!settings.adopt) return undefined;
    const facts = await engine.container(settings.adopt.container).catch(() => undefined);
    return facts && isAlive(facts) ? facts.name : undefined;
}

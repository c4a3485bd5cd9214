import type { Observed } from "../../../provider/handlers/environment/observe.js";

type Weights = Readonly<Record<string, number>>;

/** An environment at rest, as it is seen: the router with these weights, and what runs in each slot that has some. */
export function observed(weights: Weights, more: Partial<Observed> = {}): Observed {
    const slots = Object.entries(weights).map(([slot, weight]) => [
        slot,
        { weight, inFlight: 0, usable: weight > 0 },
    ]);
    const serving = Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
    const traffic = { slots: Object.fromEntries(slots), holding: false, held: 0, inFlight: 0 };
    return {
        router: "running",
        ...((more.router ?? "running") === "running" ? { traffic } : {}),
        alive: Object.fromEntries(serving.map((slot) => [slot, ["web", "cache"].map(containerOf)])),
        record: {
            active: serving[0] ?? "blue",
            served: {},
            left: {},
            lastStart: {},
            weights: { ...weights },
        },
        ...more,
    };
}

/** As the shop declares it. */
function containerOf(key: string) {
    return { key, id: `id-${key}`, name: key, digest: "3f1c", image: "shop", running: true };
}

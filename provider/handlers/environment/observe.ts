import type { DockerEngine } from "../../platforms/docker/engine.js";
import { type ContainerFacts, isAlive } from "../../platforms/docker/facts.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import { observedTraffic } from "../../runner/observed-traffic.js";
import { readJournal } from "../../runner/record.js";
import type { TrafficObserved } from "../../traffic/router.js";
import { digestOf } from "../digest-of.js";
import { type EnvironmentRecord, recordOf } from "./record.js";

/** What an environment has on its target now. */
export interface Observed {
    router: "absent" | "stopped" | "running";
    /** What the router says; absent while it does not run or does not answer. */
    traffic?: TrafficObserved;
    /** Containers of each slot whose processes exist, of whatever release. */
    alive: Record<string, SlotContainer[]>;
    record: EnvironmentRecord;
}

export interface SlotContainer {
    key: string;
    id: string;
    name: string;
    digest: string;
    image: string;
    running: boolean;
}

/** Looks, and changes nothing. `image` is what a look at the journal may be made from where there is no router. */
export async function observeEnvironment(
    engine: DockerEngine,
    prefix: string,
    image?: string,
): Promise<Observed> {
    const [router, containers, entries] = await Promise.all([
        engine.container(names.router(prefix)),
        engine.containers(ownLabels(prefix, "slot")),
        readJournal(engine, prefix, image),
    ]);
    const running = router?.status === "running";
    const traffic = running ? await observedTraffic(engine, prefix) : undefined;
    return {
        router: router === undefined ? "absent" : running ? "running" : "stopped",
        ...(traffic ? { traffic } : {}),
        alive: aliveBySlot(containers),
        record: recordOf(entries ?? []),
    };
}

/** The weights that are in force, as far as the router says. */
export function observedWeights({ traffic }: Observed): Record<string, number> | undefined {
    if (!traffic) return undefined;
    return Object.fromEntries(
        Object.entries(traffic.slots).map(([slot, { weight }]) => [slot, weight]),
    );
}

/**
 * The weights that requests really meet: a slot whose container for the traffic is down has none, whatever the router
 * says. So a refresh shows it, and the next `pulumi up` starts it again.
 */
export function weightsInEffect(
    observed: Observed,
    container: string,
): Record<string, number> | undefined {
    const weights = observedWeights(observed);
    if (!weights) return undefined;
    const isUp = (slot: string) =>
        observed.alive[slot]?.some(({ key }) => key === container) ?? false;
    return Object.fromEntries(
        Object.entries(weights).map(([slot, weight]) => [slot, isUp(slot) ? weight : 0]),
    );
}

/** One digest over the containers of a slot, as declared or as they run. */
export function slotDigest(containers: Readonly<Record<string, { digest: string }>>): string {
    return digestOf(
        Object.keys(containers)
            .sort()
            .map((key) => [key, containers[key]?.digest]),
    );
}

/** The digest of what runs in a slot. */
export function runningDigest(containers: readonly SlotContainer[]): string {
    return slotDigest(
        Object.fromEntries(containers.map((container) => [container.key, container])),
    );
}

function aliveBySlot(containers: readonly ContainerFacts[]): Record<string, SlotContainer[]> {
    const alive: Record<string, SlotContainer[]> = {};
    for (const container of containers.filter(isAlive)) {
        const slot = container.labels[labelKeys.slot] ?? "";
        const list = alive[slot] ?? [];
        alive[slot] = list;
        list.push({
            key: container.labels[labelKeys.container] ?? "",
            id: container.id,
            name: container.name,
            digest: container.labels[labelKeys.digest] ?? "",
            image: container.image,
            running: container.status === "running",
        });
    }
    return alive;
}

import type { DockerEngine } from "../../platforms/docker/engine.js";
import { type ContainerFacts, isAlive } from "../../platforms/docker/facts.js";
import { names, ownLabels } from "../../platforms/docker/names.js";
import { readKnown } from "../../runner/record.js";
import type { GateInputs } from "./gate.js";

/** At the end of a name that was put aside. */
const aside = "-put-aside";

/**
 * A container that a killed `pulumi up` created and Pulumi's state does not have would fail every later one with "name
 * already in use", and so would one that a failed hand-over left for Pulumi to delete, once its release is declared again.
 * Which ones those are cannot be told before the containers are made, so one that does not run and that the last
 * hand-over was not given gives up its name; `settleLeftOvers` gives it back, or removes what never ran.
 */
export async function putLeftOversAside(engine: DockerEngine, inputs: GateInputs): Promise<void> {
    const wanted = new Set(
        Object.values(wantedNames(inputs)).flatMap((slot) => Object.values(slot)),
    );
    const resting = (await restingContainers(engine, inputs.prefix)).filter(({ name }) =>
        wanted.has(name),
    );
    const [first] = resting;
    if (!first) return;
    const known = await readKnown(engine, inputs.prefix, first.imageId);
    for (const { id, name } of resting) {
        if (!known.includes(id)) await engine.rename(id, `${name}-${id.slice(0, 12)}${aside}`);
    }
}

/** With the ids that Pulumi's state has now: its own get their names back, what is left over is removed. */
export async function settleLeftOvers(
    engine: DockerEngine,
    inputs: Pick<GateInputs, "prefix" | "slots">,
    containers: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<void> {
    const own = new Map<string, string | undefined>();
    for (const [slot, byKey] of Object.entries(wantedNames(inputs))) {
        for (const [key, name] of Object.entries(byKey))
            own.set(containers[slot]?.[key] ?? "", name);
    }
    for (const { id, name, status } of await restingContainers(engine, inputs.prefix)) {
        if (!name.endsWith(aside)) continue;
        const back = own.get(id);
        if (back !== undefined) await engine.rename(id, back);
        else if (status === "created") await engine.remove(id);
    }
}

/** Those that do not run. */
async function restingContainers(engine: DockerEngine, prefix: string): Promise<ContainerFacts[]> {
    return (await engine.containers(ownLabels(prefix, "slot"))).filter(
        (container) => !isAlive(container),
    );
}

function wantedNames({
    prefix,
    slots,
}: Pick<GateInputs, "prefix" | "slots">): Record<string, Record<string, string>> {
    const entries = Object.entries(slots).map(([slot, { containers }]) => {
        const byKey = Object.entries(containers).map(([key, { digest }]) => [
            key,
            names.container(prefix, slot, key, digest),
        ]);
        return [slot, Object.fromEntries(byKey)];
    });
    return Object.fromEntries(entries) as Record<string, Record<string, string>>;
}

import type { DockerEngine } from "../../platforms/docker/engine.js";
import { names, ownLabels } from "../../platforms/docker/names.js";
import { readKnown } from "../../runner/record.js";
import type { GateInputs } from "./gate.js";

/**
 * A container that a killed `pulumi up` created and Pulumi's state does not have would fail every later one with "name
 * already in use". It is removed before its name is needed; one that ever ran, or that Pulumi's state has, is not.
 */
export async function removeLeftOvers(engine: DockerEngine, inputs: GateInputs): Promise<void> {
    const { prefix, slots } = inputs;
    const wanted = new Set(
        Object.entries(slots).flatMap(([slot, { containers }]) =>
            Object.entries(containers).map(([key, { digest }]) => names.container(prefix, slot, key, digest)),
        ),
    );
    const parked = (await engine.containers(ownLabels(prefix, "slot"))).filter(
        ({ status, name }) => status === "created" && wanted.has(name),
    );
    const [first] = parked;
    if (!first) return;
    const known = await readKnown(engine, prefix, first.imageId);
    for (const { id } of parked) if (!known.includes(id)) await engine.remove(id);
}

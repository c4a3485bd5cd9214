import type { InputProblem } from "../../engine/errors.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { labelKeys, names, ownLabels } from "../../platforms/docker/names.js";
import { propertyPath } from "../property-path.js";
import { dataVolumes } from "./data-volumes.js";
import type { PreviewedEnvironment } from "./declaration.js";
import type { GateInputs } from "./gate.js";
import type { Observed } from "./observe.js";

/** What is not there of the networks and volumes that the gate made: `"network shop-blue"`. */
export async function missingParts(engine: DockerEngine, made: GateInputs): Promise<string[]> {
    const slots = Object.keys(made.slots);
    const [networks, volumes] = await Promise.all([
        engine.networks(ownLabels(made.prefix, "network")),
        engine.volumes(ownLabels(made.prefix, "data")),
    ]);
    const there = new Set([
        ...networks.map((name) => `network ${name}`),
        ...volumes.map(({ name }) => `volume ${name}`),
    ]);
    const needed = [
        ...slots.map((slot) => `network ${names.network(made.prefix, slot)}`),
        ...dataVolumes(made, slots).map(({ name }) => `volume ${name}`),
    ];
    return needed.filter((part) => !there.has(part));
}

/** The newest data are never replaced by an empty volume in silence. */
export async function lostDataProblems(
    { volumes }: PreviewedEnvironment,
    { record }: Observed,
    prefix: string,
    engine: DockerEngine,
): Promise<InputProblem[]> {
    const problems = await Promise.all(
        Object.keys(volumes).map(async (name) => {
            const volume = record.newest?.[name];
            if (volume === undefined || (await engine.volume(volume))) return [];
            const shared = volume === names.volume(prefix, name, undefined);
            const own = ownLabels(prefix, "data", {
                [labelKeys.volume]: name,
                ...(shared ? {} : { [labelKeys.slot]: record.active ?? "" }),
            });
            const labels = Object.entries(own).map(([key, value]) => `--label ${key}=${value}`);
            return [
                {
                    path: propertyPath(["volumes", name]),
                    problem: `had the newest data in volume ${volume}, which is gone`,
                    instead:
                        `make it again (docker volume create ${labels.join(" ")} ${volume}) and restore a backup into it, ` +
                        `or begin without these data by removing what tells of them (docker rm --force ${names.router(prefix)}; docker volume rm ${names.journal(prefix)})`,
                },
            ];
        }),
    );
    return problems.flat();
}

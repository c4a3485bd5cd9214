import type { InputProblem } from "../../engine/errors.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { imageTags } from "../../runner/image.js";
import { dockerEngine, targetProblem } from "../docker-target.js";
import type { HandlerContext } from "../handler.js";
import { propertyPath } from "../property-path.js";
import { isUnknown } from "../unknown.js";
import { adoptProblems } from "./adopt-problems.js";
import type { PreviewedEnvironment } from "./declaration.js";
import type { GateInputs } from "./gate.js";
import { putLeftOversAside } from "./left-overs.js";
import { lostDataProblems } from "./missing.js";
import { type Observed, observeEnvironment } from "./observe.js";
import { routerProblems } from "./router-problems.js";
import { servingProblems } from "./serving-problems.js";

/** What only a look at the target shows to be wrong; in preview one that cannot be reached is no problem. */
export async function problemsOnTarget(
    olds: GateInputs | undefined,
    inputs: GateInputs,
    declaration: PreviewedEnvironment,
    context: HandlerContext,
): Promise<InputProblem[]> {
    const engine = dockerEngine(inputs.host, context);
    const unusable = await targetProblem(engine, context);
    if (unusable && !context.preview) return [{ path: "docker.host", problem: unusable }];
    if (unusable) {
        context.reporter.warn(`nothing was looked at on the target: ${unusable}`);
        return [];
    }
    if (!context.preview) await putLeftOversAside(engine, inputs);
    const observed = await observeEnvironment(engine, inputs.prefix, imageTags().runner);
    return [
        ...servingProblems(declaration, observed),
        ...routerProblems(olds, inputs, declaration, observed),
        ...(await lostDataProblems(declaration, observed, inputs.prefix, engine)),
        ...(await networkProblems(declaration, engine)),
        ...(await seedProblems(declaration, observed, engine)),
        ...(observed.record.active === undefined
            ? await adoptProblems(declaration, engine, context.reporter)
            : []),
    ];
}

async function networkProblems(
    { networks }: PreviewedEnvironment,
    engine: DockerEngine,
): Promise<InputProblem[]> {
    const missing = await missingOf(networks, (network) => engine.networkExists(network));
    return missing.map((network) => ({
        path: propertyPath(["traffic", "networks", networks.indexOf(network)]),
        problem: `there is no network ${network}`,
        instead: "write one that exists; it is not made by this environment",
    }));
}

/** A seed is looked at the first time only: later on it may be gone. */
async function seedProblems(
    { volumes }: PreviewedEnvironment,
    { record }: Observed,
    engine: DockerEngine,
): Promise<InputProblem[]> {
    if (record.active !== undefined) return [];
    const problems = await Promise.all(
        Object.entries(volumes).map(async ([name, { seed }]) => {
            const volume = seed?.docker.volume;
            if (volume === undefined || isUnknown(volume) || (await engine.volume(volume)))
                return [];
            const path = propertyPath(["volumes", name, "seed", "docker", "volume"]);
            const instead =
                "write the name of one that exists, or leave seed out to begin without data";
            return [{ path, problem: `there is no volume ${volume}`, instead }];
        }),
    );
    return problems.flat();
}

async function missingOf(
    list: readonly string[],
    exists: (name: string) => Promise<boolean>,
): Promise<string[]> {
    const known = list.filter((name) => !isUnknown(name));
    const found = await Promise.all(known.map(exists));
    return known.filter((_name, index) => !found[index]);
}

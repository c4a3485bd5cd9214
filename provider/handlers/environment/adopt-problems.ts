import type { InputProblem } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { type ContainerFacts, isAlive, type MountFacts } from "../../platforms/docker/facts.js";
import { propertyPath } from "../property-path.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedEnvironment } from "./declaration.js";

/** What `adopt` names, as long as nothing was taken over yet: it is there, and its data come along. */
export async function adoptProblems(
    declaration: PreviewedEnvironment,
    engine: DockerEngine,
    reporter: Reporter,
): Promise<InputProblem[]> {
    const { adopt } = declaration;
    if (!adopt || isUnknown(adopt.container)) return [];
    const path = "adopt.container";
    const instead = "name the one that serves now, or leave adopt out";
    const container = await engine.container(adopt.container);
    if (!container) return [{ path, problem: `there is no container ${adopt.container}`, instead }];
    if (!isAlive(container)) {
        const problem = `${adopt.container} is ${container.status}, not running`;
        return [
            {
                path,
                problem,
                instead: "start it, or leave adopt out and write its volumes as seed",
            },
        ];
    }
    return dataProblems(container, declaration, reporter);
}

/** What the old container writes to and nobody declared as `seed` would stay behind without a word. */
function dataProblems(
    container: ContainerFacts,
    { volumes }: PreviewedEnvironment,
    reporter: Reporter,
): InputProblem[] {
    const seeds = Object.values(volumes).map(({ seed }) => seed?.docker.volume);
    if (seeds.some(isUnknown)) return [];
    const left = container.mounts.filter(
        ({ writable, volume }) => writable && !seeds.includes(volume),
    );
    return left.flatMap((mount) => {
        const name = Object.keys(volumes).find((one) => isFor(mount, volumes[one]));
        if (name !== undefined) return [seedMissing(name, mount, container.name)];
        reporter.warn(
            `${describe(mount)} of ${container.name}, mounted at ${mount.path}, is not taken over: no volume has it as seed`,
        );
        return [];
    });
}

/** A volume that is mounted where the old container has this one, and that has no seed of its own. */
function isFor(
    mount: MountFacts,
    volume: PreviewedEnvironment["volumes"][string] | undefined,
): boolean {
    return (
        volume?.seed === undefined &&
        Object.values(volume?.mounts ?? {}).some(({ path }) => path === mount.path)
    );
}

function seedMissing(name: string, mount: MountFacts, container: string): InputProblem {
    const path = propertyPath(["volumes", name, "seed"]);
    const problem = `is missing, and container ${container} has ${describe(mount)} at ${mount.path}, which would be left behind`;
    const instead = mount.volume
        ? `write seed: { docker: { volume: "${mount.volume}" } }`
        : "copy the folder into a Docker volume first, and write that as seed";
    return { path, problem, instead };
}

function describe({ volume, source }: MountFacts): string {
    return volume ? `volume ${volume}` : `folder ${source}`;
}

import type { InputProblem } from "../../engine/errors.js";
import { writersAmong } from "../../platforms/docker/facts.js";
import { labelKeys } from "../../platforms/docker/names.js";
import { listNames, nearestName } from "../nearest-name.js";
import { propertyPath } from "../property-path.js";
import { isUnknown } from "../unknown.js";
import type { PreviewedContainerMigration } from "./declaration.js";
import type { Seen } from "./look.js";
import { memoryProblems } from "./memory-problems.js";
import { portProblems } from "./ports.js";

interface Look {
    declaration: PreviewedContainerMigration;
    seen: Seen;
    /** Of the resource: what carries it is an attempt of ours. */
    prefix: string;
}

/** Everything about a container that keeps it from moving as it is declared. */
export function problemsOnEngine(look: Look): InputProblem[] {
    const { declaration, seen } = look;
    return [
        ...containerProblems(look),
        ...nameProblems(look),
        ...volumeProblems(look),
        ...mountProblems(look),
        ...networkProblems(look),
        ...portProblems(seen),
        ...(declaration.memory === "checkpoint" ? memoryProblems(seen) : []),
    ];
}

/** What is said where there is no such container at all. */
export function noContainer(name: string): InputProblem {
    return {
        path: "container.docker.name",
        problem: `there is no container ${name}`,
        instead: "check its name and its engine",
    };
}

function containerProblems({ declaration, seen, prefix }: Look): InputProblem[] {
    const path = "container.docker.name";
    const { source } = seen;
    if (seen.removedAtEnd) {
        const problem = `${source.name} is removed when it stops (--rm), so a failure could not start it again`;
        return [{ path, problem, instead: "start it without --rm" }];
    }
    if (!seen.image) {
        const problem = `the image of ${source.name}, ${source.config.Image}, is not on the engine any more`;
        return [{ path, problem, instead: "pull or build it there again" }];
    }
    if (source.state.status === "running") return [];
    const moved = isOurs(seen.taken, prefix) ? ` and has moved to ${declaration.to.name}` : "";
    const problem = `${source.name} is ${source.state.status}, not running${moved}`;
    return [{ path, problem, instead: "start it, or name one that runs" }];
}

function nameProblems({ declaration, seen, prefix }: Look): InputProblem[] {
    if (!seen.taken || isOurs(seen.taken, prefix)) return [];
    const problem = `there is a container ${declaration.to.name} already`;
    return [{ path: "to.name", problem, instead: "write another name, or remove that container" }];
}

function isOurs(taken: Seen["taken"], prefix: string): boolean {
    return taken?.labels[labelKeys.prefix] === prefix && taken.labels[labelKeys.role] === "moved";
}

function volumeProblems({ declaration, seen }: Look): InputProblem[] {
    const mounted = seen.source.mounts.flatMap(({ volume }) => volume ?? []);
    const problems: InputProblem[] = [];
    declaration.only?.forEach((volume, index) => {
        if (isUnknown(volume) || mounted.includes(volume)) return;
        const path = propertyPath(["volumes", index]);
        const problem = `${seen.source.name} mounts no volume ${volume}`;
        problems.push({ path, problem, instead: suggestion(volume, mounted) });
    });
    for (const volume of mounted) {
        if (declaration.only && !declaration.only.includes(volume)) continue;
        const facts = seen.volumes[volume];
        const writers = facts ? writersAmong(seen.running, facts) : [];
        const others = writers.filter(({ id }) => id !== seen.source.id).map(({ name }) => name);
        if (others.length === 0) continue;
        const problem = `volume ${volume} is written by ${others.join(", ")} too`;
        const instead = "stop what else writes to it, or leave the volume out of volumes";
        problems.push({ path: "volumes", problem, instead });
    }
    return problems;
}

function suggestion(written: string, mounted: readonly string[]): string {
    if (mounted.length === 0) return "leave volumes out: it mounts none";
    const meant = nearestName(written, mounted);
    return meant ? `did you mean ${meant}?` : `write some of ${listNames([...mounted], "and")}`;
}

const carried = ["volume", "bind", "tmpfs", "image"];

function mountProblems({ declaration, seen }: Look): InputProblem[] {
    const { source } = seen;
    const { binds } = declaration;
    const folders = source.mounts.filter(({ type }) => type === "bind");
    const undeclared = folders.filter(
        (bind) => bind.writable && !Object.hasOwn(binds, bind.source),
    );
    const strange = Object.keys(binds).filter(
        (folder) => !folders.some((bind) => bind.source === folder),
    );
    const unknown = source.mounts.filter(({ type }) => !carried.includes(type));
    return [
        ...undeclared.map((bind) => ({
            path: "binds",
            problem: `says nothing of ${bind.source}, which ${source.name} writes to at ${bind.path}`,
            instead: `write ${JSON.stringify({ [bind.source]: bind.source })} to mount the same folder, or another one; its content is not copied`,
        })),
        ...strange.map((folder) => ({
            path: propertyPath(["binds", folder]),
            problem: `${source.name} mounts no folder ${folder}`,
            instead:
                folders.length > 0
                    ? `write ${listNames([...new Set(folders.map((bind) => bind.source))], "or")}`
                    : "leave it out",
        })),
        ...unknown.map(({ type, path }) => ({
            path: "container.docker.name",
            problem: `${source.name} has a mount of type ${type} at ${path}, which cannot be carried`,
            instead: "name another container",
        })),
    ];
}

function networkProblems({ seen }: Look): InputProblem[] {
    const { source } = seen;
    return Object.entries(source.networks).flatMap(([name, { staticAddresses = {} }]) => {
        const network = seen.networks[name];
        if (!network) {
            const problem = `there is no network ${name}, which ${source.name} is in`;
            return [{ path: "to", problem, instead: `create it: docker network create ${name}` }];
        }
        return Object.values(staticAddresses).flatMap((address) => {
            const other = network.addresses[address];
            if (other === undefined || other === source.name) return [];
            const problem = `address ${address} of network ${name} is in use by ${other}`;
            return [{ path: "to", problem, instead: `stop ${other}` }];
        });
    });
}

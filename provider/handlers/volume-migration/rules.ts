import type { InputProblem } from "../../engine/errors.js";
import { isPlainObject } from "../input-shape.js";
import { isUnknown } from "../unknown.js";

/** What is wrong with a migration's arguments taken together, although some of them may be wrong by themselves. */
export function migrationProblems(raw: unknown): InputProblem[] {
    const given = asObject(raw);
    return [
        ...volumeProblems(outlineOf(given.source), outlineOf(given.destination)),
        ...emptyListProblems(given),
        ...archiveProblems(given),
    ];
}

/** One and the same, or one within the other: on one engine alone, as far as the text tells. */
function volumeProblems(source: Outline, destination: Outline): InputProblem[] {
    const written = [source.name, source.host, destination.name, destination.host];
    if (
        source.kind === "archive" ||
        source.kind !== destination.kind ||
        source.host !== destination.host
    )
        return [];
    if (written.some(isUnknown)) return [];
    if (written.some((leaf) => leaf !== undefined && typeof leaf !== "string")) return [];
    if (!source.name || !destination.name) return [];
    const path = `destination.${source.kind === "docker" ? "docker.volume" : "directory.path"}`;
    const [from, to] = [source.name as string, destination.name as string];
    if (from === to) {
        const instead = source.kind === "docker" ? "write another volume" : "write another folder";
        return [{ path, problem: "is the source itself", instead }];
    }
    if (source.kind === "docker") return [];
    const instead = "write a folder that lies beside it";
    if (to.startsWith(`${from}/`)) return [{ path, problem: "lies in the source", instead }];
    return from.startsWith(`${to}/`) ? [{ path, problem: "holds the source", instead }] : [];
}

/** What nobody writes to has no writers, no passes and no ladder, and is restored whole. */
const notForArchives = [
    "quiesce",
    "include",
    "exclude",
    "strategy",
    "passes",
    "bandwidthLimit",
] as const;

function archiveProblems(given: Record<string, unknown>): InputProblem[] {
    const { archive } = asObject(given.source);
    if (archive === undefined) return [];
    const problems: InputProblem[] = notForArchives
        .filter((name) => given[name] !== undefined)
        .map((path) => ({
            path,
            problem: "is not for an archive, which is restored whole",
            instead: "leave it out",
        }));
    const [here, there] = [asObject(archive).host, outlineOf(given.destination).host];
    if (here !== undefined && !isUnknown(here) && !isUnknown(there) && here !== there) {
        const problem =
            "is another engine than the destination's, and an archive is restored on its own machine in this version";
        problems.push({ path: "source.archive.host", problem, instead: "leave it out" });
    }
    return problems;
}

/** Lists that hold nothing, or something twice. */
export function emptyListProblems({ include, quiesce }: Record<string, unknown>): InputProblem[] {
    const problems: InputProblem[] = [];
    if (Array.isArray(include) && include.length === 0) {
        const instead = "leave it out to copy everything";
        problems.push({ path: "include", problem: "holds no pattern", instead });
    }
    const { containers } = asObject(quiesce);
    if (!Array.isArray(containers)) return problems;
    if (containers.length === 0) {
        const instead = "write the containers that write to the volume, or leave quiesce out";
        problems.push({ path: "quiesce.containers", problem: "holds no container", instead });
    }
    containers.forEach((name, index) => {
        if (isUnknown(name) || containers.indexOf(name) === index) return;
        const problem = "names a container again";
        problems.push({ path: `quiesce.containers[${index}]`, problem, instead: "leave it out" });
    });
    return problems;
}

interface Outline {
    kind: "docker" | "directory" | "archive";
    name?: unknown;
    host?: unknown;
}

function outlineOf(ref: unknown): Outline {
    const { docker, directory, archive } = asObject(ref);
    if (docker === undefined && directory === undefined && archive !== undefined) {
        const { path, host } = asObject(archive);
        return { kind: "archive", name: path, host };
    }
    if (docker === undefined && directory !== undefined) {
        const { path, host } = asObject(directory);
        return { kind: "directory", name: path, host };
    }
    const { volume, host } = asObject(docker);
    return { kind: "docker", name: volume, host };
}

function asObject(value: unknown): Record<string, unknown> {
    return isPlainObject(value) ? value : {};
}

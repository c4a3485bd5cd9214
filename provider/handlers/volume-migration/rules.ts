import type { InputProblem } from "../../engine/errors.js";
import { isPlainObject } from "../input-shape.js";
import { isUnknown } from "../unknown.js";

/** What is wrong with a migration's arguments taken together, although some of them may be wrong by themselves. */
export function migrationProblems(raw: unknown): InputProblem[] {
    const given = asObject(raw);
    return [
        ...volumeProblems(asDocker(given.source), asDocker(given.destination)),
        ...emptyListProblems(given),
    ];
}

function volumeProblems(source: DockerOutline, destination: DockerOutline): InputProblem[] {
    const written = [source.volume, source.host, destination.volume, destination.host];
    if (written.some(isUnknown) || !source.volume || !destination.volume) return [];
    if (written.some((leaf) => leaf !== undefined && typeof leaf !== "string")) return [];
    if (source.host !== destination.host) {
        const problem =
            "is another engine than source.docker.host, and both volumes must be on one engine in this version";
        const instead = "write the same in both, or leave both out";
        return [{ path: "destination.docker.host", problem, instead }];
    }
    if (source.volume !== destination.volume) return [];
    const problem = "is the source itself";
    return [{ path: "destination.docker.volume", problem, instead: "write another volume" }];
}

function emptyListProblems({ include, quiesce }: Record<string, unknown>): InputProblem[] {
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

interface DockerOutline {
    volume?: unknown;
    host?: unknown;
}

function asDocker(ref: unknown): DockerOutline {
    return asObject(asObject(ref).docker);
}

function asObject(value: unknown): Record<string, unknown> {
    return isPlainObject(value) ? value : {};
}

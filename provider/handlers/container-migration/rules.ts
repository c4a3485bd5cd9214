import type { InputProblem } from "../../engine/errors.js";
import { isPlainObject } from "../input-shape.js";
import { propertyPath } from "../property-path.js";
import { isUnknown } from "../unknown.js";

/** What is wrong with a move's arguments taken together, although some of them may be wrong by themselves. */
export function containerMigrationProblems(raw: unknown): InputProblem[] {
    const given = asObject(raw);
    const from = asObject(asObject(given.container).docker);
    const to = asObject(given.to);
    return [...placeProblems(from, to), ...volumeProblems(given), ...bindProblems(given)];
}

function placeProblems(from: Record<string, unknown>, to: Record<string, unknown>): InputProblem[] {
    if ([from.host, to.host, from.name, to.name].some(isUnknown)) return [];
    if (to.host !== undefined && to.host !== from.host) {
        const problem =
            "is another engine than container.docker.host, and a container moves within one engine in this version";
        return [{ path: "to.host", problem, instead: "leave it out" }];
    }
    if (to.name === undefined || to.name !== from.name) return [];
    const problem = "is the name of the container itself, which stays, stopped";
    return [{ path: "to.name", problem, instead: "write another name" }];
}

function volumeProblems({ volumes }: Record<string, unknown>): InputProblem[] {
    if (!Array.isArray(volumes)) return [];
    return volumes.flatMap((name, index) => {
        if (isUnknown(name) || volumes.indexOf(name) === index) return [];
        const path = propertyPath(["volumes", index]);
        return [{ path, problem: "names a volume again", instead: "leave it out" }];
    });
}

function bindProblems({ binds }: Record<string, unknown>): InputProblem[] {
    return Object.keys(asObject(binds)).flatMap((folder) => {
        if (folder.startsWith("/")) return [];
        const path = propertyPath(["binds", folder]);
        const instead = 'write the folder of the host that the container mounts, such as "/srv/a"';
        return [{ path, problem: "is not an absolute path", instead }];
    });
}

function asObject(value: unknown): Record<string, unknown> {
    return isPlainObject(value) ? value : {};
}

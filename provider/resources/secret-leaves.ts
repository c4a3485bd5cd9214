import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import { propertyPath } from "../handlers/property-path.js";

/**
 * Secrets where a plan, a journal or the router's configuration would hold them in clear: refused by property path.
 * Pulumi keeps a value secret under its own name only, and plans are made of values under other names.
 */
export function refuseSecrets(args: unknown): pulumi.Output<InputProblem[]> {
    return pulumi.output(secretPaths(args, []).then((paths) => paths.map(problemAt)));
}

function problemAt(path: string): InputProblem {
    return {
        path,
        problem: "is secret, and plans, journals and the router would hold it in clear",
        instead: "write it in the open, or use pulumi.unsecret where it is no secret",
    };
}

async function secretPaths(value: unknown, path: readonly PropertyKey[]): Promise<string[]> {
    if (pulumi.Output.isInstance(value))
        return (await pulumi.isSecret(value)) ? [propertyPath(path)] : [];
    if (!isListOrPlain(value)) return [];
    const parts = Object.entries(value).map(([name, leaf]) => {
        const step = Array.isArray(value) ? Number(name) : name;
        return secretPaths(leaf, [...path, step]);
    });
    return (await Promise.all(parts)).flat();
}

/** Anything else is no argument, and may hold itself: a resource does. */
function isListOrPlain(value: unknown): value is object {
    if (typeof value !== "object" || value === null) return false;
    return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

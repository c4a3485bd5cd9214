import { flagLeaf } from "../input-leaves.js";
import { input, objectOrLeaf, Refusal, shape } from "../input-shape.js";

/** Why a text is no path to mount at, or undefined when it is one. */
export function mountPathProblem(path: unknown): string | undefined {
    if (typeof path !== "string") return "must be a text";
    if (!path.startsWith("/")) return "is not an absolute path";
    if (path === "/") return "is the root of the container";
    const parts = path.slice(1).split("/");
    if (parts.includes("..")) return 'contains ".."';
    if (parts.includes(".")) return 'contains "."';
    if (path.endsWith("/")) return 'ends with "/"';
    if (parts.includes("")) return 'contains "//"';
    return /\p{Cc}/u.test(path) ? "contains a control character" : undefined;
}

const pathLeaf = input<string>(
    'write an absolute path in its shortest form, such as "/var/lib/shop"',
    (value) => {
        const problem = mountPathProblem(value);
        return problem ? new Refusal(problem) : (value as string);
    },
);

const longForm = shape('write a path, or { path: "/var/lib/shop", readOnly: true }', {
    path: pathLeaf,
    readOnly: flagLeaf().default(false),
});

const shortForm = pathLeaf.transform((path) => ({ path, readOnly: false }));

/** A path, or `{ path, readOnly }`. */
export const mountShape = objectOrLeaf(longForm, shortForm);

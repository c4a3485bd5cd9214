/**
 * The prefix of all physical names: project, stack and resource, in what Docker allows, so that two stacks can share a
 * host. It is fixed when the resource is first made: renaming a stack then replaces nothing.
 */
export function newPrefix(origin: Origin): string {
    const text = [origin.project, origin.stack, origin.name].join("-").toLowerCase();
    return text.replace(/[^a-z0-9_.-]+/g, "-").replace(/^[^a-z0-9]+/, "");
}

/** Where a resource comes from, as its labels say. */
export interface Origin {
    project: string;
    stack: string;
    name: string;
}

import { formatProblem, type InputProblem } from "../../provider/engine/errors.js";

/** A copy with some properties set; undefined takes one away. */
export function changed(base: unknown, changes: Record<string, unknown>): unknown {
    const copy: unknown = structuredClone(base);
    for (const [path, value] of Object.entries(changes)) {
        const names = path.split(".");
        const last = names.pop() ?? "";
        let parent = copy as Record<string, unknown>;
        for (const name of names) {
            parent[name] ??= {};
            parent = parent[name] as Record<string, unknown>;
        }
        if (value === undefined) delete parent[last];
        else parent[last] = value;
    }
    return copy;
}

/** Problems as the screen shows them. */
export function lines(problems: readonly InputProblem[]): string[] {
    return problems.map(formatProblem);
}

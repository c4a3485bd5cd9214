/** A property path as problems print it: `slots.blue.background[0]`, `slots["my slot"]`. */
export function propertyPath(segments: readonly PropertyKey[]): string {
    return segments.reduce<string>((path, segment) => {
        if (typeof segment === "number") return `${path}[${segment}]`;
        const name = String(segment);
        if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
        return path === "" ? name : `${path}.${name}`;
    }, "");
}

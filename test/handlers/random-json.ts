/** A sequence of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** Any JSON, made of these leaves and property names. */
export function randomJson(
    random: () => number,
    leaves: readonly unknown[],
    names: readonly string[],
    depth = 4,
): unknown {
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
    const kind = random();
    if (depth === 0 || kind < 0.4) return pick(leaves);
    const count = Math.floor(random() * 4);
    const inner = () => randomJson(random, leaves, names, depth - 1);
    if (kind < 0.5) return Array.from({ length: count }, inner);
    return Object.fromEntries(Array.from({ length: count }, () => [pick(names), inner()]));
}

/** Every place in a value, the value itself included, with one of them replaced. */
export function withOneReplaced(value: unknown, replacement: unknown): unknown[] {
    if (typeof value !== "object" || value === null) return [replacement];
    const inner = Object.entries(value).flatMap(([name, member]) =>
        withOneReplaced(member, replacement).map((changed) =>
            Array.isArray(value)
                ? value.with(Number(name), changed)
                : { ...value, [name]: changed },
        ),
    );
    return [replacement, ...inner];
}

/** Leaves that trip readers: wrong types, limits, odd texts. */
export const awkwardLeaves: readonly unknown[] = [
    null,
    true,
    false,
    0,
    1,
    -1,
    0.5,
    100,
    65536,
    1e308,
    Number.NaN,
    "",
    " ",
    "docker",
    "web",
    "blue",
    "/var/lib/shop",
    "..",
    "30 seconds",
    `${"9".repeat(400)} hours`,
    "16 MiB",
    `${"9".repeat(400)} TiB`,
    "handover",
    "clone",
    "ssh://",
    "ssh://[::1",
    "ssh://a@b@c:1",
    "[:8080",
    "constructor",
    "\u0000",
    "\ud800",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    [],
    {},
    [[]],
    JSON.parse('{ "__proto__": 1 }'),
];

/** Property names that trip readers. */
export const awkwardNames: readonly string[] = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
    "a.b",
    "0",
    "length",
];

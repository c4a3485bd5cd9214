// Looks at both slots' volumes, file by file.
import { run } from "../command.mjs";

const hashAll = `for slot in older newer; do
    cd /$slot/collection-root
    find . -name '*.ics' -not -path '*/.Radicale.cache/*' -exec sha256sum {} + | sed "s/^/$slot /"
done`;

/**
 * Every event's file of the slot that handed over, in the volume of the slot that took over.
 *
 * @param {{ older: string, newer: string }} volumes
 * @returns {Promise<{ older: Map<string, string>, newer: Map<string, string> }>} path → SHA-256
 */
export async function hashItems({ older, newer }) {
    const mounts = ["--volume", `${older}:/older:ro`, "--volume", `${newer}:/newer:ro`];
    const command = ["sh", "-c", hashAll];
    const image = "debian:bookworm-slim";
    const text = await run("docker", [
        "run",
        "--rm",
        "--network",
        "none",
        ...mounts,
        image,
        ...command,
    ]);
    const items = { older: new Map(), newer: new Map() };
    for (const line of text.split("\n")) {
        const [, slot, hash, path] = /^(older|newer) (\w+) [ *]\.(.*)$/.exec(line) ?? [];
        if (slot === "older" || slot === "newer") items[slot].set(path, hash);
    }
    return items;
}

/**
 * @param {{ older: Map<string, string>, newer: Map<string, string> }} items
 * @param {(path: string) => boolean} changedSince whether a client wrote it after the hand-over began
 */
export function compareItems({ older, newer }, changedSince) {
    const compared = [...older].filter(([path]) => !changedSince(path));
    const different = compared
        .filter(([path, hash]) => newer.get(path) !== hash)
        .map(([path]) => path);
    const gone = [...older.keys()].filter((path) => !newer.has(path));
    return { compared: compared.length, different: [...new Set([...different, ...gone])] };
}

import { kinds, type Manifest } from "../manifest.js";
import { nulSeparated } from "../names.js";
import type { ToolCall } from "../tool.js";

/** The file a probe clones: the smallest that has content, since a file system may clone some files only. */
export function probeCandidate(source: Manifest): number | undefined {
    let best: number | undefined;
    for (let at = 0; at < source.count; at++) {
        const size = source.size[at] as number;
        if (source.kind[at] !== kinds.file || size < 4096) continue;
        if (best === undefined || size < (source.size[best] as number)) best = at;
    }
    return best;
}

/** Clones one file of the source under a name of ours in the destination; it is removed right after. */
export function probeCall(root: string, target: string, manifest: Manifest, at: number): ToolCall {
    const [from, to] = [root, target].map((path) => Buffer.from(path, "utf8").toString("latin1"));
    return {
        argv: ["xargs", "-0", "-x", "cp", "--reflink=always"],
        stdin: nulSeparated(["--", `${from}/${manifest.path(at)}`, `${to}/${probeName}`]),
    };
}

/** A name that nobody else would choose; a killed probe leaves it, and the next pass removes it like any other extra. */
export const probeName = ".pulumi-cutover-reflink-probe";

import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { CutoverError } from "../engine/errors.js";
import { type BytePath, escapeName, pathBytes } from "./names.js";

/** So many at a time; then others get their turn. */
const slice = 2_000;

/**
 * Removes exactly these names, each by itself and none through a link; what lies in a directory comes before it. What is
 * gone already is no failure. A directory that still holds something that was left out on purpose stays.
 */
export async function deleteNames(
    root: string,
    paths: readonly BytePath[],
    signal: AbortSignal,
): Promise<number> {
    let deleted = 0;
    for (let at = 0; at < paths.length; at++) {
        if (at % slice === slice - 1) {
            await new Promise((resolve) => setImmediate(resolve));
            signal.throwIfAborted();
        }
        if (deleteName(root, paths[at] as BytePath)) deleted++;
    }
    return deleted;
}

function deleteName(root: string, path: BytePath): boolean {
    const bytes = pathBytes(root, path);
    try {
        const stat = lstatSync(bytes, { throwIfNoEntry: false });
        if (!stat) return false;
        if (stat.isDirectory()) rmdirSync(bytes);
        else unlinkSync(bytes);
        return true;
    } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT") return false;
        if (code === "ENOTEMPTY") return false;
        throw new CutoverError(
            `${escapeName(path)} could not be removed from the destination: ${code}`,
            { cause: error },
        );
    }
}

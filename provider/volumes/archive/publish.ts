import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import { refuseOddFile, versionOf } from "./read.js";

/** What an archive is called until it is whole. */
export function partialOf(path: string): string {
    return `${path}.partial`;
}

/** What is at a path; undefined where nothing is. @throws CutoverError on a link, a folder or a device */
export function fileVersion(path: string): string | undefined {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat) return undefined;
    refuseOddFile(stat);
    return versionOf(stat);
}

/** Gives a whole archive its name, at once, and on the disk when it returns. Nothing is overwritten without `replace`. */
export function publishArchive(path: string, replace: boolean): void {
    const partial = partialOf(path);
    if (replace) {
        fileVersion(path);
        renameSync(partial, path);
    } else linkOrRename(partial, path);
    const folder = openSync(dirname(path), "r");
    try {
        fsyncSync(folder);
    } finally {
        closeSync(folder);
    }
}

/** A link fails where there is something already, which a rename does not; some file systems have no links. */
function linkOrRename(partial: string, path: string): void {
    try {
        linkSync(partial, path);
        rmSync(partial);
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST" || fileVersion(path) !== undefined) throw archiveExists();
        if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw error;
        renameSync(partial, path);
    }
}

export function archiveExists(): CutoverError {
    return new CutoverError("archive: there is a file of this name already", {
        next: 'choose another name, put {time} into it, or write onExisting: "replace"',
    });
}

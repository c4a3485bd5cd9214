import type { ToolResult } from "./tool.js";

/**
 * What cp, rsync and tar complain of when the source moves under them: names that vanish, files that become folders, folders
 * renamed into each other. In a live pass that is for the next pass; the last one and the proof allow none of it.
 * A list of what is allowed, not of what is not: a full disk, an I/O error or a missing right fails a live pass too.
 */
const moved = [
    /: (No such file or directory|Not a directory|Is a directory|File exists|Directory not empty)( \(\d+\))?$/,
    /: (Too many levels of symbolic links|No such device or address|No data available)( \(\d+\))?$/,
    /^cp: .*, as it was replaced while being copied$/,
    /^cp: cannot overwrite (non-)?directory /,
    /^cp: .* and .* are the same file$/,
    /^cp: (will not overwrite just-created|warning: source (file|directory) .* specified more than once)/,
    /^(file has vanished|cannot delete non-empty directory|could not make way for \w+.*): /,
    /^(WARNING|ERROR): .* failed verification -- update (discarded|put into partial-dir|retained)/,
    /^\*\*\* Skipping any contents from this failed directory \*\*\*$/,
    /^rsync (error|warning): some files (vanished|\/attrs were not transferred)/,
    /^rsync error: some files\/attrs were not transferred/,
    /^(IO error encountered|xargs: )/,
    /: (file changed as we read it|File removed before we read it)$/,
    /: File shrank by \d+ bytes; padding with zeros$/,
    /^tar: Exiting with failure status due to previous errors$/,
];

/** True when nothing but a moving source is behind a failure. */
export function onlyMoved({ complaints }: Pick<ToolResult, "exitCode" | "complaints">): boolean {
    return (
        complaints.length > 0 &&
        complaints.every((line) => moved.some((pattern) => pattern.test(line)))
    );
}

const movedCodes = new Set([
    "ENOENT",
    "ENOTDIR",
    "EISDIR",
    "EEXIST",
    "ENOTEMPTY",
    "EPERM",
    "ELOOP",
    "ERR_FS_EISDIR",
]);

/** The same for our own calls in the destination; EPERM is what linking a directory gives. */
export function onlyMovedCode(error: unknown): boolean {
    return movedCodes.has((error as NodeJS.ErrnoException).code ?? "");
}

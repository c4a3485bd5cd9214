import type { Measure } from "./mover.js";

/** What there is to carry, by kind: `3 files, 2 folders, 1 symbolic link`; the kinds that there are. */
export function describeKinds(measured: Measure): string {
    const kinds = [
        [measured.files, "file", "files"],
        [measured.directories, "folder", "folders"],
        [measured.symlinks, "symbolic link", "symbolic links"],
        [measured.specials, "FIFO or device", "FIFOs or devices"],
        [measured.sockets, "socket", "sockets"],
    ] as const;
    const found = kinds.filter(([number]) => number > 0);
    const texts = found.map(([number, one, many]) => `${number} ${number === 1 ? one : many}`);
    return texts.join(", ") || "no files";
}

import { getfattrCall } from "../attributes.js";
import { packArgv } from "../movers/stream.js";
import { findCall } from "../scan.js";

/**
 * The calls that read a source for another host, word for word; who asks for anything else, even with the right key, gets
 * nothing: tar, find and rsync could be made to run other programs.
 */
export function allowedAt(root: string): (argv: readonly string[]) => boolean {
    const exact = new Set(
        [
            findCall(root, true).argv,
            findCall(root, false).argv,
            getfattrCall(root).argv,
            ["sync", "-f", root],
            packArgv(root, true),
            packArgv(root, false),
        ].map((argv) => JSON.stringify(argv)),
    );
    return (argv) => exact.has(JSON.stringify(argv)) || isSender(argv, root);
}

/** What rsync's receiver asks for where it is called as in `movers/rsync.ts`; short options name no file and no program. */
const rsyncOptions = [
    /^-[A-Za-z]+(\.[A-Za-z]*)?$/,
    /^--(numeric-ids|inplace|from0|ignore-missing-args|delete-missing-args|dirs|no-recursive)$/,
    /^--(files-from=-|modify-window=-1|new-compress|compress-choice=zstd|compress-level=1)$/,
    /^--(old-compress|sparse|no-W|no-whole-file|stats|no-inc-recursive)$/,
];

function isSender(argv: readonly string[], root: string): boolean {
    const [program, server, sender, ...rest] = argv;
    if (program !== "rsync" || server !== "--server" || sender !== "--sender") return false;
    const options = rest.slice(0, -2);
    const [dot, path] = rest.slice(-2);
    if (dot !== "." || path !== `${root}/`) return false;
    return options.every((option) => rsyncOptions.some((known) => known.test(option)));
}

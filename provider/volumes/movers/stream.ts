import type { Manifest } from "../manifest.js";
import { nulSeparated } from "../names.js";
import type { ToolCall } from "../tool.js";

/**
 * Exactly these entries of the source, as one stream: folders without what is in them, holes as holes, every attribute,
 * times to the nanosecond (posix format; the default one cuts them to seconds). The times of last access and change are
 * left out: they are not carried, and would double the headers of small files.
 */
export function packCall(
    root: string,
    manifest: Manifest,
    entries: readonly number[],
    compress: boolean,
): ToolCall {
    const names = entries.filter((at) => at > 0).map((at) => `./${manifest.path(at)}`);
    return { argv: packArgv(root, compress), stdin: nulSeparated(names) };
}

/** Of `packCall`: the names come by standard input. */
export function packArgv(root: string, compress: boolean): readonly [string, ...string[]] {
    return [
        ...(["tar", "--create", "--format=posix", "--sparse", "--hole-detection=seek"] as const),
        "--pax-option=delete=atime,delete=ctime",
        ...(["--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner"] as const),
        ...(compress ? ["--use-compress-program=zstd -1 -T0 --quiet"] : []),
        ...(["--no-recursion", "-C", root, "--null", "--verbatim-files-from"] as const),
        ...(["-T", "-", "-f", "-"] as const),
    ];
}

/**
 * Unpacks such a stream. Nothing of it gets outside of the target: names are relative, and a link that leads elsewhere is
 * made last of all (GNU tar without `-P`).
 */
export function unpackArgv(target: string, compress: boolean): readonly [string, ...string[]] {
    return [
        ...(["tar", "--extract", "--preserve-permissions", "--same-owner"] as const),
        ...(["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls"] as const),
        ...(["--delay-directory-restore"] as const),
        ...(compress ? ["--use-compress-program=zstd --quiet"] : []),
        ...(["-C", target, "-f", "-"] as const),
    ];
}

import { basename, dirname } from "node:path";
import { kinds, type Manifest } from "../manifest.js";
import { nulSeparated } from "../names.js";
import type { ToolCall } from "../tool.js";

/** Attributes of all name spaces; a label belongs to the machine's policy and not to the data. */
const metadata = [
    "--xattrs",
    "--xattrs-include=*",
    "--xattrs-exclude=security.selinux",
    "--acls",
    "--numeric-owner",
] as const;

/** A tar of exactly these entries, each below a folder of the root's own name. */
export function createCall(root: string, manifest: Manifest, entries: readonly number[]): ToolCall {
    const name = Buffer.from(basename(root), "utf8").toString("latin1");
    const names = entries.map((at) => (at === 0 ? name : `${name}/${manifest.path(at)}`));
    return {
        argv: [
            ...(["tar", "--create", "--file=-", "--format=posix", ...metadata] as const),
            ...(["--sparse", "--hole-detection=seek", "--sparse-version=1.0"] as const),
            // Not what reading changes: the same volume gives the same tar.
            "--pax-option=delete=atime,delete=ctime",
            ...(["--no-recursion", `--directory=${dirname(root)}`] as const),
            ...(["--null", "--verbatim-files-from", "--no-unquote", "--files-from=-"] as const),
        ],
        stdin: nulSeparated(names),
    };
}

/** Members of one folder of a tar, into the root, which is there. */
export function extractCall(folder: string, root: string): ToolCall {
    // Names of members and targets of hard links; texts of symbolic links stay what they are.
    const rename = `flags=rhS;s,^${folder.replaceAll(".", "\\.")},${basename(root)},`;
    return {
        argv: [
            ...(["tar", "--extract", "--file=-", ...metadata] as const),
            ...(["--same-owner", "--same-permissions", "--delay-directory-restore"] as const),
            ...(["--warning=no-timestamp", `--directory=${dirname(root)}`] as const),
            `--transform=${rename}`,
        ],
    };
}

/** GNU tar keeps hard links of files and of symbolic links only: of anything else, the first name goes to it alone. */
export function withoutOddLinks(manifest: Manifest): {
    entries: number[];
    links: [number, number][];
} {
    const leaders = new Map<number | string, number>();
    const entries: number[] = [];
    const links: [number, number][] = [];
    for (let at = 0; at < manifest.count; at++) {
        const odd =
            (manifest.links[at] as number) > 1 &&
            manifest.kind[at] !== kinds.file &&
            manifest.kind[at] !== kinds.symlink &&
            manifest.kind[at] !== kinds.directory;
        const leader = odd ? leaders.get(manifest.inode(at)) : undefined;
        if (leader !== undefined) links.push([leader, at]);
        else {
            entries.push(at);
            if (odd) leaders.set(manifest.inode(at), at);
        }
    }
    return { entries, links };
}

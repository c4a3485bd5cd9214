import { createHash } from "node:crypto";
import type { Attributes } from "./attributes.js";
import { linkGroups } from "./links.js";
import { kinds, type Manifest } from "./manifest.js";
import { type BytePath, escapeName } from "./names.js";
import { fillsHoles } from "./plan.js";

/** Counts all differences and keeps the first ones, ready for the screen. */
export class Differences {
    count = 0;
    readonly first: string[] = [];

    /** @param paths is told every name that differs */
    constructor(
        private readonly most = 20,
        private readonly paths?: Set<BytePath>,
    ) {}

    add(path: BytePath, what: string): void {
        this.count++;
        this.paths?.add(path);
        if (this.first.length < this.most) this.first.push(`${escapeName(path)}: ${what}`);
    }
}

/** One side as a proof sees it. */
export interface Side {
    manifest: Manifest;
    attributes: Attributes;
}

const kindNames: Readonly<Record<number, string>> = {
    [kinds.file]: "a file",
    [kinds.directory]: "a directory",
    [kinds.symlink]: "a symbolic link",
    [kinds.fifo]: "a FIFO",
    [kinds.block]: "a block device",
    [kinds.char]: "a character device",
};

export function kindName(kind: number | undefined): string {
    return kindNames[kind ?? -1] ?? "of an unknown type";
}

/** A time for messages: seconds and nanoseconds since 1970. */
function timeText(seconds: number, nanos: number): string {
    const fraction = String(nanos).padStart(9, "0");
    return seconds < 0 ? `-${-seconds - 0.5}.${fraction}` : `${seconds}.${fraction}`;
}

/**
 * Names, types and metadata of both sides. Returns the pairs of files whose content is still to be compared: those of the
 * same size.
 */
export function compareMetadata(
    source: Side,
    destination: Side,
    found: Differences,
): [number, number][] {
    const pairs: [number, number][] = [];
    const [here, there] = [source.manifest, destination.manifest];
    for (let at = 0; at < here.count; at++) {
        const path = here.path(at);
        const other = there.find(path);
        if (other === undefined) {
            found.add(path, "missing in the destination");
            continue;
        }
        if (here.kind[at] !== there.kind[other]) {
            found.add(
                path,
                `${kindName(here.kind[at])} in the source, ${kindName(there.kind[other])} in the destination`,
            );
            continue;
        }
        compareNumbers(here, at, there, other, found);
        compareAttributes(
            path,
            source.attributes.get(path),
            destination.attributes.get(path),
            found,
        );
        if (here.isFile(at) && here.size[at] === there.size[other]) pairs.push([at, other]);
    }
    if (there.count > here.count || found.count > 0) extras(here, there, found);
    compareLinks(here, there, found);
    return pairs;
}

function compareNumbers(
    here: Manifest,
    at: number,
    there: Manifest,
    other: number,
    found: Differences,
): void {
    const path = here.path(at);
    const differ = (what: string, a: unknown, b: unknown) =>
        found.add(path, `${what} ${a} in the source, ${b} in the destination`);
    const octal = (mode: number | undefined) => (mode ?? 0).toString(8).padStart(4, "0");
    if (here.mode[at] !== there.mode[other])
        differ("mode", octal(here.mode[at]), octal(there.mode[other]));
    if (here.uid[at] !== there.uid[other]) differ("owner", here.uid[at], there.uid[other]);
    if (here.gid[at] !== there.gid[other]) differ("group", here.gid[at], there.gid[other]);
    if (!here.sameMtime(at, there, other)) {
        const time = (side: Manifest, index: number) =>
            timeText(side.mtimeSeconds[index] as number, side.mtimeNanos[index] as number);
        differ("modification time", time(here, at), time(there, other));
    }
    if (here.isFile(at)) {
        if (here.size[at] !== there.size[other]) differ("size", here.size[at], there.size[other]);
        else if (fillsHoles(here, at, there, other)) {
            found.add(
                path,
                `takes ${there.allocated(other)} bytes of room, ${here.allocated(at)} in the source: holes are filled`,
            );
        }
    } else if (here.kind[at] === kinds.symlink) {
        const [a, b] = [here.targets.get(at) ?? "", there.targets.get(other) ?? ""];
        if (a !== b) differ("link to", escapeName(a), escapeName(b));
    } else if (here.devices.get(at) !== there.devices.get(other)) {
        differ("device number", here.devices.get(at), there.devices.get(other));
    }
}

function compareAttributes(
    path: BytePath,
    here: string | undefined,
    there: string | undefined,
    found: Differences,
): void {
    if (here === there) return;
    const [a, b] = [attributeMap(here), attributeMap(there)];
    for (const [name, value] of a) {
        const other = b.get(name);
        if (other === undefined)
            found.add(path, `attribute ${escapeName(name)} is missing in the destination`);
        else if (other !== value) found.add(path, `attribute ${escapeName(name)} differs`);
    }
    for (const name of b.keys()) {
        if (!a.has(name))
            found.add(path, `attribute ${escapeName(name)} is only in the destination`);
    }
}

function attributeMap(lines: string | undefined): Map<string, string> {
    const entries = (lines ?? "").split("\n").filter(Boolean);
    return new Map(
        entries.map((line): [string, string] => {
            const end = line.indexOf("=");
            return end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + 1)];
        }),
    );
}

function extras(here: Manifest, there: Manifest, found: Differences): void {
    for (let other = 0; other < there.count; other++) {
        if (here.find(there.path(other)) === undefined)
            found.add(there.path(other), "only in the destination");
    }
}

/** Two names share an inode on one side exactly if they do on the other. */
function compareLinks(here: Manifest, there: Manifest, found: Differences): void {
    const [a, b] = [leaders(here), leaders(there)];
    for (const path of new Set([...a.keys(), ...b.keys()])) {
        const [mine, theirs] = [a.get(path), b.get(path)];
        if (mine === theirs || here.find(path) === undefined || there.find(path) === undefined)
            continue;
        const text = (leader: string | undefined) =>
            leader === undefined ? "not hard-linked" : `hard-linked to ${escapeName(leader)}`;
        found.add(path, `${text(mine)} in the source, ${text(theirs)} in the destination`);
    }
}

/** The first name of its group for each name that has others; that one stands for the inode. */
export function leaders(manifest: Manifest): Map<BytePath, BytePath> {
    const result = new Map<BytePath, BytePath>();
    for (const members of linkGroups(manifest).values()) {
        const paths = members.map((at) => manifest.path(at)).sort();
        for (const path of paths) result.set(path, paths[0] as BytePath);
    }
    return result;
}

/** Like a `TreeDigest`, with inode and change time of every entry and nothing left out: has anybody written at all? */
export function versionDigest(manifest: Manifest): string {
    const lines = Array.from({ length: manifest.count }, (_, at) =>
        [
            manifest.path(at),
            manifest.kind[at],
            manifest.mode[at],
            manifest.uid[at],
            manifest.gid[at],
            manifest.size[at],
            manifest.inodeHigh[at],
            manifest.inodeLow[at],
            manifest.mtimeSeconds[at],
            manifest.mtimeNanos[at],
            manifest.ctimeSeconds[at],
            manifest.ctimeNanos[at],
        ].join("\0"),
    );
    const hash = createHash("sha256");
    for (const line of lines.sort()) hash.update(`${line}\0\0`, "latin1");
    return `sha256:${hash.digest("hex")}`;
}

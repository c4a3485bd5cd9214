import { createHash, type Hash } from "node:crypto";
import type { Attributes } from "../attributes.js";
import type { Side } from "../compare.js";
import { type EntryStat, Manifest } from "../manifest.js";
import type { BytePath } from "../names.js";
import { damaged } from "./format.js";

/** A side, with the digests of its files: 32 characters each, one per byte, by entry. */
export interface DigestedSide extends Side {
    digests: Map<number, string>;
}

/** Entries to a part: a part is held in memory while it is written or read. */
const entriesInPart = 50_000;

/**
 * The manifest as an archive has it. One record an entry, in the order of the archive, a folder before what is in it:
 *
 *     f 644 1000 1000 13 8 1 131077 1700000000.000000001 - 9f86…0a08 notes/a.txt NUL NUL user.x=0x31 NUL LF
 *
 * which is: type (`f d l p b c`, as find has them), mode in octal, owner, group, size, blocks of 512 bytes that it took,
 * names of its inode, the inode (names with the same one are hard links), modification time (seconds since 1970, rounded down, and nanoseconds), number
 * of a device, digest of the content (content-digest.ts); then the path below the volume's root, the text of a symbolic
 * link, and the extended attributes, a line each, as `getfattr -e hex` prints them. `-` where there is none. Names are
 * bytes, and end at their NUL.
 */
export function* manifestParts(side: DigestedSide): Generator<Buffer> {
    let records: string[] = [];
    for (let at = 0; at < side.manifest.count; at++) {
        records.push(recordOf(side, at));
        if (records.length < entriesInPart) continue;
        yield Buffer.from(records.join(""), "latin1");
        records = [];
    }
    if (records.length > 0) yield Buffer.from(records.join(""), "latin1");
}

function recordOf({ manifest, attributes, digests }: DigestedSide, at: number): string {
    const stat = manifest.stat(at);
    const digest = digests.get(at);
    const fields = [
        String.fromCharCode(stat.kind),
        stat.mode.toString(8),
        stat.uid,
        stat.gid,
        stat.size,
        stat.blocks,
        stat.links,
        inodeText(stat),
        timeText(stat),
        manifest.devices.get(at) ?? "-",
        digest === undefined ? "-" : Buffer.from(digest, "latin1").toString("hex"),
        manifest.path(at),
    ];
    const path = manifest.path(at);
    return `${fields.join(" ")}\0${manifest.targets.get(at) ?? ""}\0${attributes.get(path) ?? ""}\0\n`;
}

function inodeText({ inodeHigh, inodeLow }: EntryStat): string {
    return inodeHigh === 0 ? String(inodeLow) : `${inodeHigh}${String(inodeLow).padStart(9, "0")}`;
}

function timeText({ mtimeSeconds, mtimeNanos }: EntryStat): string {
    const fraction = String(mtimeNanos).padStart(9, "0");
    return mtimeSeconds < 0 ? `-${-mtimeSeconds - 0.5}.${fraction}` : `${mtimeSeconds}.${fraction}`;
}

const numbers =
    /^([fdlpbc]) ([0-7]{1,4}) (\d{1,10}) (\d{1,10}) (\d{1,15}) (\d{1,15}) (\d{1,10}) (\d{1,20}) (-?)(\d{1,15})\.(\d{9}) (\d{1,16}|-) ([0-9a-f]{64}|-) /;

/** Reads the parts of a manifest, in their order, and digests them on the way. */
export class ManifestText implements DigestedSide {
    readonly manifest = new Manifest();
    readonly attributes: Attributes = new Map();
    readonly digests = new Map<number, string>();
    private readonly hash: Hash = createHash("sha256");

    add(part: Buffer): void {
        this.digestOnly(part);
        const text = part.toString("latin1");
        let at = 0;
        while (at < text.length) at = this.record(text, at);
    }

    /** For who writes it: what it says is known. */
    digestOnly(part: Buffer): void {
        this.hash.update(part);
    }

    /** sha256 of all parts, in hexadecimal. */
    digest(): string {
        return this.hash.digest("hex");
    }

    /** Returns where the next one begins. */
    private record(text: string, start: number): number {
        const pathEnd = text.indexOf("\0", start);
        const linkEnd = pathEnd < 0 ? -1 : text.indexOf("\0", pathEnd + 1);
        const end = linkEnd < 0 ? -1 : text.indexOf("\0", linkEnd + 1);
        const found = end < 0 ? null : numbers.exec(text.slice(start, pathEnd + 1));
        if (!found || text[end + 1] !== "\n") throw damaged("its manifest cannot be read");
        const path: BytePath = text.slice(start + found[0].length, pathEnd);
        const entry = this.manifest.add(path, statOf(found));
        const [device, digest] = [found[12] as string, found[13] as string];
        if (found[1] === "l") this.manifest.targets.set(entry, text.slice(pathEnd + 1, linkEnd));
        if (device !== "-") this.manifest.devices.set(entry, device);
        if (digest !== "-") this.digests.set(entry, Buffer.from(digest, "hex").toString("latin1"));
        if (end > linkEnd + 1) this.attributes.set(path, text.slice(linkEnd + 1, end));
        return end + 2;
    }
}

function statOf(found: RegExpExecArray): EntryStat {
    const inode = found[8] as string;
    const seconds = Number(found[10]);
    return {
        kind: (found[1] as string).charCodeAt(0),
        mode: Number.parseInt(found[2] as string, 8),
        uid: Number(found[3]),
        gid: Number(found[4]),
        size: Number(found[5]),
        blocks: Number(found[6]),
        links: Number(found[7]),
        inodeHigh: Number(inode.slice(0, -9) || 0),
        inodeLow: Number(inode.slice(-9)),
        mtimeSeconds: found[9] === "-" ? -seconds - 0.5 : seconds,
        mtimeNanos: Number(found[11]),
        ctimeSeconds: 0,
        ctimeNanos: 0,
    };
}

import { createHash } from "node:crypto";
import { leaders, type Side } from "./compare.js";
import type { Manifest } from "./manifest.js";
import type { BytePath } from "./names.js";

/** So many that 1,000 changed names leave nearly all of 1,000,000 others untouched; part of what the digest is. */
const bucketCount = 65_536;

/** What a digest is taken of. */
export interface DigestInput extends Side {
    /** The digest of a file's content where it is known. */
    content: (at: number) => string | undefined;
}

/**
 * One digest for a whole side: of every name, its metadata, attributes, links, and content where it is known. The same for
 * the same tree, in whatever order and on whatever file system it lies. Names are dealt into buckets by a hash of theirs;
 * sha256 over each bucket's sorted entries, and over all of those: so a few changed names cost a few buckets.
 */
export class TreeDigest {
    private readonly describe: (at: number) => string;
    private readonly first = new Int32Array(bucketCount).fill(-1);
    /** The next entry in the same bucket. */
    private readonly next: Int32Array;
    private readonly digests = Buffer.alloc(bucketCount * 32);

    constructor(private readonly input: DigestInput) {
        const { manifest } = input;
        this.describe = describer(input);
        this.next = new Int32Array(manifest.count);
        for (let at = 0; at < manifest.count; at++) {
            const bucket = bucketOf(manifest.path(at));
            this.next[at] = this.first[bucket] as number;
            this.first[bucket] = at;
        }
        for (let bucket = 0; bucket < bucketCount; bucket++) {
            if (this.first[bucket] !== -1) this.digests.set(this.ofBucket(bucket), bucket * 32);
        }
    }

    digest(): string {
        return overall(this.digests);
    }

    /** The digest of the same tree with these names as `part` has them, or gone where it has not. */
    patched(
        names: { has(path: BytePath): boolean; paths(): Iterable<BytePath> },
        part: DigestInput,
    ) {
        const describe = describer(part);
        const news = new Map<number, [BytePath, string][]>();
        for (const path of names.paths()) {
            const bucket = bucketOf(path);
            const lines = news.get(bucket) ?? [];
            news.set(bucket, lines);
            const at = part.manifest.find(path);
            if (at !== undefined) lines.push([path, describe(at)]);
        }
        const digests = Buffer.from(this.digests);
        for (const [bucket, lines] of news) {
            digests.set(
                this.ofBucket(bucket, (path) => !names.has(path), lines),
                bucket * 32,
            );
        }
        return overall(digests);
    }

    private ofBucket(
        bucket: number,
        keep: (path: BytePath) => boolean = () => true,
        more: [BytePath, string][] = [],
    ): Buffer {
        const lines = [...more];
        for (let at = this.first[bucket] as number; at !== -1; at = this.next[at] as number) {
            const path = this.input.manifest.path(at);
            if (keep(path)) lines.push([path, this.describe(at)]);
        }
        if (lines.length === 0) return nothing;
        lines.sort(([a], [b]) => (a < b ? -1 : 1));
        return createHash("sha256")
            .update(lines.map(([, line]) => line).join(""), "latin1")
            .digest();
    }
}

/** A bucket without entries. */
const nothing = Buffer.alloc(32);

function overall(digests: Buffer): string {
    return `sha256:${createHash("sha256").update(digests).digest("hex")}`;
}

/** FNV-1a, which anybody can write again from these two numbers. */
function bucketOf(path: BytePath): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < path.length; at++)
        hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
    return (hash ^ (hash >>> 16)) & (bucketCount - 1);
}

/** One entry as text. NUL separates: none of the texts can hold one, but content, which has a length of its own and is last. */
function describer({ manifest, attributes, content }: DigestInput): (at: number) => string {
    const group = leaders(manifest);
    return (at) => {
        const path = manifest.path(at);
        const texts = [
            path,
            numbersOf(manifest, at),
            manifest.targets.get(at),
            group.get(path),
            attributes.get(path),
            content(at),
        ];
        return `${texts.map((text) => text ?? "").join("\0")}\0`;
    };
}

function numbersOf(manifest: Manifest, at: number): string {
    return [
        manifest.kind[at],
        manifest.mode[at],
        manifest.uid[at],
        manifest.gid[at],
        manifest.isFile(at) ? manifest.size[at] : "",
        manifest.mtimeSeconds[at],
        manifest.mtimeNanos[at],
        manifest.devices.get(at) ?? "",
    ].join(" ");
}

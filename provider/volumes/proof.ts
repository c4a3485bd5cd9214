import { type Attributes, readAttributes } from "./attributes.js";
import { compareMetadata, Differences, type Side } from "./compare.js";
import { type Compared, comparePairs } from "./content-pairs.js";
import { DistinctBytes } from "./distinct-bytes.js";
import type { Manifest } from "./manifest.js";
import type { Proof, VerifyLevel } from "./mover.js";
import { escapeName } from "./names.js";
import { type Session, type SideName, scanSide } from "./session.js";
import { TreeDigest } from "./tree-digest.js";

/**
 * An independent look at both sides: every name and all metadata are read anew on both; content is read where it was not
 * read since it last changed, by inode and change time, which no process can set. The limit: a store through mmap to a
 * page that is dirty already does not move the change time. So a pass writes the source's pages back between its scan and
 * its reading; every later store then moves it. Where a file system does not work like this, everything is read.
 */
export async function proveEqual(
    session: Session,
    level: VerifyLevel,
): Promise<{ proof: Proof; source: Manifest }> {
    const started = performance.now();
    const [source, destination] = await Promise.all([
        readSide(session, "source", level),
        level === "none" ? undefined : readSide(session, "destination", level),
    ]);
    const found = new Differences();
    const pairs = destination ? compareMetadata(source, destination, found) : [];
    const content =
        destination && level === "content"
            ? await compareContent(session, source, destination, pairs, found)
            : none;
    const digest = new TreeDigest({ ...source, content: content.sourceDigest });
    const proof: Proof = {
        level,
        basis: "every name",
        equal: found.count === 0,
        entries: source.manifest.count - 1,
        bytesEqual: content.bytesEqual,
        bytesCompared: content.bytesCompared,
        digest: digest.digest(),
        seconds: (performance.now() - started) / 1_000,
        differences: found.first,
        differenceCount: found.count,
    };
    return { proof, source: source.manifest };
}

/** What a look at the content found. */
export type ContentFound = Pick<Compared, "bytesCompared" | "sourceDigest"> & {
    bytesEqual: number;
};

const none: ContentFound = {
    bytesEqual: 0,
    bytesCompared: 0,
    sourceDigest: () => undefined,
};

/** Attributes after the scan, never beside it: a change between the two then shows as a later change time. */
async function readSide(session: Session, side: SideName, level: VerifyLevel): Promise<Side> {
    const manifest = await scanSide(session, side, false);
    const attributes: Attributes =
        level === "none"
            ? new Map()
            : await readAttributes(session.sides[side].runner, session.roots[side], session.signal);
    return { manifest, attributes };
}

/** The content of these pairs: what was read in this version before, and the others read now. */
export async function compareContent(
    session: Session,
    source: Side,
    destination: Side,
    pairs: [number, number][],
    found: Differences,
): Promise<ContentFound> {
    forgetUntrusted(session);
    const sides = { source: source.manifest, destination: destination.manifest };
    const { records } = session;
    const unread: [number, number][] = [];
    const equal = new DistinctBytes(sides.source);
    for (const pair of pairs) {
        const [at, there] = pair;
        const same = records.source.same(
            sides.source,
            at,
            records.destination,
            sides.destination,
            there,
        );
        if (same === undefined) unread.push(pair);
        else if (same) equal.add(at);
        else found.add(sides.source.path(at), "content differs");
    }
    const compared = await comparePairs(session, sides, unread, "comparing content");
    for (const [index, verdict] of compared.verdicts.entries()) {
        const [at] = unread[index] as [number, number];
        const moved = "changed while it was compared";
        if (verdict === "same") equal.add(at);
        else found.add(sides.source.path(at), verdict === "differs" ? "content differs" : moved);
    }
    const sourceDigest = (at: number) => {
        if (!sides.source.isFile(at)) return undefined;
        return compared.sourceDigest(at) ?? records.source.get(sides.source, at);
    };
    return { bytesEqual: equal.bytes, bytesCompared: compared.bytesCompared, sourceDigest };
}

/** Readings from before count only where change times tell of every write. */
export function forgetUntrusted(session: Session): void {
    for (const side of ["source", "destination"] as const) {
        if (!session.sides[side].changeTimesTell) session.records[side].clear();
    }
}

/** The first changes between two scans of one side. */
export function changesBetween(before: Manifest, after: Manifest, most = 10): string[] {
    const changes: string[] = [];
    const note = (path: string, what: string) => {
        if (changes.length < most) changes.push(`${escapeName(path)}: ${what}`);
    };
    for (let at = 0; at < after.count; at++) {
        const old = before.find(after.path(at));
        if (old === undefined) note(after.path(at), "is new");
        else if (!after.sameVersion(at, before, old)) note(after.path(at), "was changed");
    }
    for (let old = 0; old < before.count; old++) {
        if (after.find(before.path(old)) === undefined) note(before.path(old), "is gone");
    }
    return changes;
}

import { readAttributes } from "./attributes.js";
import { ChangeWatch } from "./change-watch.js";
import { compareMetadata, Differences, type Side } from "./compare.js";
import { DistinctBytes } from "./distinct-bytes.js";
import { LinkedNames } from "./links.js";
import type { Manifest } from "./manifest.js";
import type { Proof } from "./mover.js";
import { type BytePath, escapeName } from "./names.js";
import { compareContent } from "./proof.js";
import { type Session, type SideName, scanSide, syncFileSystem } from "./session.js";
import { attributesOf, listNames, NameSet } from "./some-names.js";
import { TreeDigest } from "./tree-digest.js";

/** What may differ, as it is now on both sides. */
export interface SomeNames {
    names: NameSet;
    source: Manifest;
    destination: Manifest;
}

/** What was proven of all other names. */
interface AllNames {
    source: Side;
    /** Names that were not equal, or that a watch does not tell of. */
    pending: NameSet;
    linked: Record<SideName, LinkedNames>;
    /** Bytes that were read for it, and entries that are equal. */
    bytesCompared: number;
}

type Watches = Record<SideName, ChangeWatch>;
type Declined = { declined: string };

/**
 * With more names than this that are not known to be equal, the source does not rest, or too much in it has names elsewhere:
 * a look at every name takes hardly longer then.
 */
const mostPending = 100_000;

/**
 * Every name of both sides, proven equal but for those in `pending`, while a watch of the kernel tells what is touched from
 * before that look on. Whatever was touched is looked at again as long as this lives, and with it every other name of its
 * inode. Names of inodes that have names elsewhere too are always looked at: writes through those are told by nobody.
 *
 * What it cannot see: a process that nobody knows of, has mapped a file before, stores through the mapping after that look
 * and neither ends nor closes the file. A writer that ended has closed all of its files, and every closing is told.
 */
export class ProvenBase {
    private readonly tree: TreeDigest;
    /** Of all files, equal or not. */
    private readonly bytes: number;

    private constructor(
        private readonly session: Session,
        private readonly watches: Watches,
        private readonly all: AllNames,
    ) {
        const { manifest } = all.source;
        const content = (at: number) =>
            manifest.isFile(at) ? session.records.source.get(manifest, at) : undefined;
        this.tree = new TreeDigest({ ...all.source, content });
        const files = new DistinctBytes(manifest);
        for (let at = 0; at < manifest.count; at++) if (manifest.isFile(at)) files.add(at);
        this.bytes = files.bytes;
    }

    /**
     * Looks at everything while the source is written to, under a watch. Declines with a reason where a watch would not
     * tell all there is to tell.
     * @param folders of both sides as they were last seen, parents first: these are watched
     */
    static async prove(
        session: Session,
        folders: Record<SideName, BytePath[]>,
    ): Promise<ProvenBase | Declined> {
        const unfit = whyUnfit(session);
        if (unfit !== undefined) return { declined: unfit };
        const open = (side: SideName) => {
            const { runner, roots, signal } = session;
            return ChangeWatch.open(runner, roots[side], folders[side], signal);
        };
        const [source, destination] = await Promise.all([open("source"), open("destination")]);
        const watches = { source, destination };
        let base: ProvenBase | Declined | undefined;
        try {
            const broken = whyBroken(watches);
            const all =
                broken === undefined ? await lookAtAll(session, watches, folders) : undefined;
            if (all === undefined) base = { declined: broken ?? "" };
            else base = "declined" in all ? all : new ProvenBase(session, watches, all);
            return base;
        } finally {
            if (!(base instanceof ProvenBase)) closeAll(watches);
        }
    }

    get entries(): number {
        return this.all.source.manifest.count - this.all.pending.size;
    }

    /** Of the destination, about: as many as the source had. */
    get names(): number {
        return this.manifest.count - 1;
    }

    /** The source as it was when everything was proven. */
    get manifest(): Manifest {
        return this.all.source.manifest;
    }

    get bytesCompared(): number {
        return this.all.bytesCompared;
    }

    /** Why the watch cannot be relied on any more. */
    get broken(): string | undefined {
        return whyBroken(this.watches);
    }

    close(): void {
        closeAll(this.watches);
    }

    /** Everything that may differ, as it is now on both sides; a break of the watch shows in `broken` afterwards. */
    async look(): Promise<SomeNames> {
        await Promise.all([this.watches.source.settle(), this.watches.destination.settle()]);
        const { linked, pending } = this.all;
        const names = pending.copy();
        names.addAll(this.watches.source.touched);
        names.addAll(this.watches.destination.touched);
        this.addBelow(names, names.tops());
        for (const path of [...names.paths()]) {
            for (const side of sides) for (const name of linked[side].ofName(path)) names.add(name);
        }
        for (;;) {
            const [source, destination] = await Promise.all([
                listNames(this.session, "source", names),
                listNames(this.session, "destination", names),
            ]);
            // What was found below a name was listed on both sides.
            for (const manifest of [source, destination])
                for (const path of manifest.paths) names.add(path);
            const more = [
                ...linked.source.partners(source),
                ...linked.destination.partners(destination),
                ...this.newPartners(source, names),
            ].filter((name) => !names.has(name));
            if (more.length === 0) {
                if (unknownNames(destination).size > 0)
                    this.watches.destination.distrust(strangeLinks);
                return { names, source, destination };
            }
            for (const name of more) names.add(name);
        }
    }

    /**
     * Names of inodes that had one name alone when everything was proven: a second one is told by its own name, not by the
     * first.
     */
    private newPartners(source: Manifest, names: NameSet): BytePath[] {
        const wanted = unknownNames(source);
        const found: BytePath[] = [];
        if (wanted.size === 0) return found;
        const { manifest } = this.all.source;
        for (let at = 0; at < manifest.count; at++) {
            if (!wanted.has(manifest.inode(at))) continue;
            if (!names.has(manifest.path(at))) found.push(manifest.path(at));
        }
        return found;
    }

    /** The independent look at what may differ; all the rest was proven, and nothing happened to it since. */
    async proof(): Promise<{ proof: Proof; seen: SomeNames } | { broken: string }> {
        const started = performance.now();
        const { session, watches } = this;
        const seen = await this.look();
        const read = async (side: SideName): Promise<Side> => ({
            manifest: seen[side],
            attributes: await attributesOf(session, side, seen[side]),
        });
        const [source, destination] = await Promise.all([read("source"), read("destination")]);
        const found = new Differences();
        const pairs = compareMetadata(source, destination, found);
        const content = await compareContent(session, source, destination, pairs, found);
        const digest = this.tree.patched(seen.names, { ...source, content: content.sourceDigest });
        // A writer that came to the destination meanwhile is told by its names.
        await watches.destination.settle();
        for (const path of watches.destination.touched.keys())
            if (!seen.names.has(path)) found.add(path, "was written to while it was compared");
        const broken = this.broken;
        if (broken !== undefined) return { broken };
        const proof: Proof = {
            level: "content",
            basis: "what changed since every name was proven",
            equal: found.count === 0,
            entries: this.entriesWith(seen),
            bytesEqual: this.bytesWithout(seen.names) + content.bytesEqual,
            bytesCompared: content.bytesCompared,
            digest,
            seconds: (performance.now() - started) / 1_000,
            differences: found.first,
            differenceCount: found.count,
        };
        return { proof, seen };
    }

    /** The first changes of the source since a proof; where the watch broke since then, by a look at every name. */
    async changesSince(seen: SomeNames, most = 10): Promise<string[]> {
        const { session, watches, all } = this;
        await watches.source.settle();
        const names = seen.names.copy();
        names.addAll(watches.source.touched);
        this.addBelow(names, names.tops());
        let after = await listNames(session, "source", names);
        const partly = watches.source.broken === undefined;
        if (!partly) after = await scanSide(session, "source", false);
        const { manifest } = all.source;
        const was = (path: BytePath): [Manifest, number | undefined] =>
            seen.names.has(path)
                ? [seen.source, seen.source.find(path)]
                : [manifest, manifest.find(path)];
        const changes: string[] = [];
        const note = (path: BytePath, what: string) => {
            if (changes.length < most) changes.push(`${escapeName(path)}: ${what}`);
        };
        for (let at = 0; at < after.count; at++) {
            const [then, old] = was(after.path(at));
            if (old === undefined) note(after.path(at), "is new");
            else if (!after.sameVersion(at, then, old)) note(after.path(at), "was changed");
        }
        const gone = (path: BytePath) => {
            if (was(path)[1] !== undefined && after.find(path) === undefined) note(path, "is gone");
        };
        for (const path of names.paths()) gone(path);
        for (let at = 0; !partly && at < manifest.count; at++)
            if (!names.has(manifest.path(at))) gone(manifest.path(at));
        return changes;
    }

    /** A folder's insides follow it in a scan's order. */
    private addBelow(names: NameSet, tops: readonly BytePath[]): void {
        const { manifest } = this.all.source;
        for (const top of tops) {
            const at = manifest.find(top);
            if (at === undefined || !manifest.isDirectory(at)) continue;
            for (let next = at + 1; next < manifest.count; next++) {
                const path = manifest.path(next);
                if (top !== "" && !path.startsWith(`${top}/`)) break;
                names.add(path);
            }
        }
    }

    private entriesWith({ names, source }: SomeNames): number {
        const { manifest } = this.all.source;
        let entries = manifest.count - 1;
        for (const path of names.paths()) {
            if (manifest.find(path) !== undefined) entries--;
            if (source.find(path) !== undefined) entries++;
        }
        return entries;
    }

    /** Of the files with none of these names: all names of an inode are among them, or none. */
    private bytesWithout(names: NameSet): number {
        const { manifest } = this.all.source;
        const looked = new DistinctBytes(manifest);
        for (const path of names.paths()) {
            const at = manifest.find(path);
            if (at !== undefined && manifest.isFile(at)) looked.add(at);
        }
        return this.bytes - looked.bytes;
    }
}

const sides = ["source", "destination"] as const;

const strangeLinks = "a file there was given another name that nobody told of";

/** Inodes of which there are more names than these. */
function unknownNames(manifest: Manifest): Set<number | string> {
    const seen = new Map<number | string, number>();
    const unknown = new Set<number | string>();
    for (let at = 0; at < manifest.count; at++) {
        if ((manifest.links[at] as number) < 2 || manifest.isDirectory(at)) continue;
        const inode = manifest.inode(at);
        const count = (seen.get(inode) ?? 0) + 1;
        seen.set(inode, count);
        if (count < (manifest.links[at] as number)) unknown.add(inode);
        else unknown.delete(inode);
    }
    return unknown;
}

function whyUnfit({ sides: of, matcher }: Session): string | undefined {
    for (const side of sides) {
        if (!of[side].changeTimesTell)
            return `the file system of the ${side} does not tell of every write`;
    }
    return matcher.limited ? "include limits the copy to single entries" : undefined;
}

function whyBroken(watches: Watches): string | undefined {
    for (const side of sides) {
        const { broken } = watches[side];
        if (broken !== undefined) return `${broken} (${side})`;
    }
    return undefined;
}

function closeAll(watches: Watches): void {
    for (const watch of Object.values(watches)) watch.close();
}

/** Parents first, as a scan has them. */
export function foldersOf(manifest: Manifest): BytePath[] {
    const folders: BytePath[] = [];
    for (let at = 0; at < manifest.count; at++)
        if (manifest.isDirectory(at)) folders.push(manifest.path(at));
    return folders;
}

/** Every name, all metadata and all content of both sides, while the watch is on. */
async function lookAtAll(
    session: Session,
    watches: Watches,
    folders: Record<SideName, BytePath[]>,
): Promise<AllNames | Declined> {
    const [here, there] = await Promise.all([
        scanSide(session, "source", true),
        scanSide(session, "destination", false),
    ]);
    // Between scan and reading: see proof.ts on mmap.
    await syncFileSystem(session, "source");
    const read = async (side: SideName, manifest: Manifest): Promise<Side> => {
        const live = side === "source";
        const root = session.roots[side];
        const attributes = await readAttributes(session.runner, root, session.signal, live);
        return { manifest, attributes };
    };
    const [source, destination] = await Promise.all([
        read("source", here),
        read("destination", there),
    ]);
    const differing = new Set<BytePath>();
    const found = new Differences(0, differing);
    const pairs = compareMetadata(source, destination, found);
    const content = await compareContent(session, source, destination, pairs, found);
    const pending = new NameSet();
    for (const path of differing) pending.add(path);
    const { records } = session;
    for (const [at, other] of pairs)
        if (records.source.same(here, at, records.destination, there, other) !== true)
            pending.add(here.path(at));
    const linked = { source: new LinkedNames(here), destination: new LinkedNames(there) };
    for (const side of sides) for (const path of linked[side].elsewhere) pending.add(path);
    addUnwatched(pending, here, folders.source);
    addUnwatched(pending, there, folders.destination);
    await addUntold(session, watches.source, pending, here);
    const broken = whyBroken(watches);
    if (broken !== undefined) return { declined: broken };
    if (pending.size > mostPending)
        return { declined: `${pending.size} names would be looked at in any case` };
    return { source, pending, linked, bytesCompared: content.bytesCompared };
}

/** Folders that came between the look before and the watch. */
function addUnwatched(pending: NameSet, now: Manifest, folders: readonly BytePath[]): void {
    const watched = new Set(folders);
    for (let at = 0; at < now.count; at++)
        if (now.isDirectory(at) && !watched.has(now.path(at))) pending.add(now.path(at), true);
}

/** What changed while the watch was on and was not told: stores through a mapping that is still open. */
async function addUntold(
    session: Session,
    watch: ChangeWatch,
    pending: NameSet,
    first: Manifest,
): Promise<void> {
    const second = await scanSide(session, "source", true);
    await watch.settle();
    const told = pending.copy();
    told.addAll(watch.touched);
    for (let at = 0; at < second.count; at++) {
        const path = second.path(at);
        if (told.has(path) || told.inside(path)) continue;
        const old = first.find(path);
        if (old === undefined || !second.sameVersion(at, first, old)) pending.add(path);
    }
}

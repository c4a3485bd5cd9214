import { DistinctBytes } from "./distinct-bytes.js";
import { allocatedBytes } from "./first-copy.js";
import { kinds, type Manifest } from "./manifest.js";
import type { Measure } from "./mover.js";
import { scan } from "./scan.js";
import type { Session, SideName } from "./session.js";

/** Counts a side while it may be in use; what is mounted inside is not counted, and refused only when it is to be copied. */
export async function measureSide(session: Session, side: SideName): Promise<Measure> {
    const root = session.roots[side];
    const manifest = await scan(session.sides[side], root, session.matcher, {
        live: true,
        signal: session.signal,
    });
    const free = await session.sides[side].free();
    return { ...counted(manifest), free, scanSeconds: manifest.seconds };
}

/** What a listing tells. */
export function counted(manifest: Manifest): Omit<Measure, "free"> {
    const count = { files: 0, directories: 0, symlinks: 0, specials: 0 };
    for (let at = 1; at < manifest.count; at++) {
        if (manifest.isFile(at)) count.files++;
        else if (manifest.isDirectory(at)) count.directories++;
        else if (manifest.kind[at] === kinds.symlink) count.symlinks++;
        else count.specials++;
    }
    const nothing = [manifest.excluded, manifest.sockets, manifest.foreign].every(
        (names) => names.length === 0,
    );
    return {
        entries: manifest.count - 1,
        ...count,
        sockets: manifest.sockets.length,
        bytes: apparentBytes(manifest),
        allocated: allocatedBytes(manifest),
        empty: manifest.count === 1 && nothing,
        newest: new Date(newestChange(manifest)).toISOString(),
    };
}

function newestChange(manifest: Manifest): number {
    let newest = 0;
    for (let at = 0; at < manifest.count; at++) newest = Math.max(newest, manifest.changedAt(at));
    return newest;
}

function apparentBytes(manifest: Manifest): number {
    const distinct = new DistinctBytes(manifest);
    for (let at = 0; at < manifest.count; at++) if (manifest.isFile(at)) distinct.add(at);
    return distinct.bytes;
}

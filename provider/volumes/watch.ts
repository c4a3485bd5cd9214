import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest } from "./manifest.js";
import { scan } from "./scan.js";
import type { Session } from "./session.js";

/** What was written to a volume while somebody looked. */
export interface Watched {
    /** Between the two looks. */
    seconds: number;
    /** Files that are new or were written to. */
    files: number;
    /** All that these take on the disk: at most so much was written. */
    bytes: number;
    /** One look at every name: the freeze has five of them, see estimate.ts. */
    scanSeconds: number;
}

/** Two looks at the source, some seconds apart. */
export async function watchWrites(session: Session, seconds: number): Promise<Watched> {
    const look = () =>
        scan(session.sides.source, session.roots.source, session.matcher, {
            live: true,
            signal: session.signal,
        });
    const before = await look();
    await sleep(seconds * 1_000, undefined, { signal: session.signal });
    const after = await look();
    return {
        seconds: (after.startedAt - before.startedAt) / 1_000,
        ...written(before, after),
        scanSeconds: Math.max(before.seconds, after.seconds),
    };
}

function written(before: Manifest, after: Manifest): { files: number; bytes: number } {
    let files = 0;
    let bytes = 0;
    for (let at = 0; at < after.count; at++) {
        if (!after.isFile(at)) continue;
        const old = before.find(after.path(at));
        if (old !== undefined && after.sameVersion(at, before, old)) continue;
        files++;
        bytes += after.allocated(at);
    }
    return { files, bytes };
}

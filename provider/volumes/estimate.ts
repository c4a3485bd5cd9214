import { formatBytes, formatMilliseconds } from "../engine/units.js";

/** What a pass did and how long its parts took, in seconds. */
export interface PassTiming {
    scan: number;
    copy: number;
    entries: number;
    bytes: number;
}

/** Starting the tools and flushing takes this long even when nothing changed. */
const leastCopy = 0.5;

/** The pass scans once; the proof scans both sides, reads their attributes and compares: as measured, four scans' time. */
export const scansUnderFreeze = 5;

/**
 * What the freeze is expected to cost: the last pass, its proof and the flush. From figures of this migration alone, and
 * rather too much than too little: a freeze that is refused costs nothing.
 */
export function estimateLastPass(
    changed: { entries: number; bytes: number },
    scanSeconds: number,
    passes: readonly PassTiming[],
): { ms: number; basis: string } {
    const { copy, measured, what } = copyTime(changed, passes);
    const scans = scanSeconds * scansUnderFreeze;
    // What is copied is read again by the proof, and flushed.
    const seconds = scans + Math.max(copy * 3, leastCopy);
    const scan = `a scan takes ${formatMilliseconds(scanSeconds * 1_000)}`;
    return {
        ms: Math.round(seconds * 1_000),
        basis: `${what}; ${measured}; ${scan}; with proof and flush`,
    };
}

/** Looks that a freeze by the watch has: before the copy, for the proof with attributes and content, and at the end. */
const looksUnderFreeze = 4;

/** The same where a watch tells what changed: no scan is in it. `lookSeconds`: one look at what was told so far. */
export function estimateWatched(
    changed: { entries: number; bytes: number },
    lookSeconds: number,
    passes: readonly PassTiming[],
): { ms: number; basis: string } {
    const { copy, measured, what } = copyTime(changed, passes);
    const seconds = lookSeconds * looksUnderFreeze + Math.max(copy * 3, leastCopy);
    const look = `a look at what was touched takes ${formatMilliseconds(lookSeconds * 1_000)}`;
    return {
        ms: Math.round(seconds * 1_000),
        basis: `${what}; ${measured}; ${look}; with proof and flush`,
    };
}

function copyTime(changed: { entries: number; bytes: number }, passes: readonly PassTiming[]) {
    const best = passes.reduce<PassTiming | undefined>(
        (found, pass) =>
            !found || pass.bytes + pass.entries > found.bytes + found.entries ? pass : found,
        undefined,
    );
    const perEntry = best && best.entries > 0 ? best.copy / best.entries : 0;
    const perByte = best && best.bytes > 0 ? best.copy / best.bytes : 0;
    const copy = Math.max(changed.entries * perEntry, changed.bytes * perByte);
    const what = `${changed.entries} entries (${formatBytes(changed.bytes)}) changed since the last pass`;
    const measured = best
        ? `${best.entries} entries (${formatBytes(best.bytes)}) took ${formatMilliseconds(best.copy * 1_000)} to copy`
        : "no pass was measured yet";
    return { copy, measured, what };
}

import { formatBytes, formatMilliseconds } from "../engine/units.js";

/** What a pass did and how long its parts took, in seconds. */
export interface PassTiming {
    scan: number;
    copy: number;
    entries: number;
    bytes: number;
}

/**
 * What the freeze is expected to cost: the last pass, its proof and the flush. From figures of this migration alone: two
 * scans of the source and one of the destination with their attributes, and what changed at the speed of the passes so far.
 */
export function estimateLastPass(
    changed: { entries: number; bytes: number },
    scanSeconds: number,
    passes: readonly PassTiming[],
): { ms: number; basis: string } {
    const best = passes.reduce<PassTiming | undefined>(
        (found, pass) =>
            !found || pass.bytes + pass.entries > found.bytes + found.entries ? pass : found,
        undefined,
    );
    const perEntry = best && best.entries > 0 ? best.copy / best.entries : 0;
    const perByte = best && best.bytes > 0 ? best.copy / best.bytes : 0;
    const copy = Math.max(changed.entries * perEntry, changed.bytes * perByte);
    const least = Math.min(...passes.map((pass) => pass.copy), 0.2);
    // Once to find what changed, then both sides for the proof, each with its attributes.
    const scans = scanSeconds * 3;
    const seconds = scans + Math.max(copy * 2, least);
    const what = `${changed.entries} entries (${formatBytes(changed.bytes)}) changed since the last pass`;
    const measured = best
        ? `${best.entries} entries (${formatBytes(best.bytes)}) took ${formatMilliseconds(best.copy * 1_000)} to copy`
        : "no pass was measured yet";
    const scan = `a scan takes ${formatMilliseconds(scanSeconds * 1_000)}`;
    return {
        ms: Math.ceil(seconds * 1_000),
        basis: `${what}; ${measured}; ${scan}; with proof and flush`,
    };
}

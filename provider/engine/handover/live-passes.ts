import type { Mover, PassReport } from "../../volumes/mover.js";
import { formatBytes } from "../units.js";

export interface LivePassLimits {
    /** Most live passes. */
    max: number;
    /** What is left is small when a pass wrote at most this. */
    settleBytes: number;
}

/**
 * What is left is small only when a pass changed no more entries than this, however few bytes they have: by
 * `npm run bench -- volumes`, 100,000 small files take rsync 11 to 18 s, so that these take one or two.
 */
export const settleEntries = 10_000;

/** A pass that wrote more than this part of what the one before wrote does not shrink. */
const shrinking = 0.9;

/** Live passes of one copy, and why they ended without what is left being small; absent where it is. */
export interface LivePasses {
    passes: PassReport[];
    unsettled?: string;
}

/**
 * Live passes until what is left is small, stops shrinking, or `max`; then what was copied is compared. Where a watch tells
 * what changes from then on, what changed while all was compared is copied and compared too: that costs no look at the rest.
 */
export async function runLivePasses(
    mover: Mover,
    limits: LivePassLimits,
    options: { verify: boolean; onPass: (pass: PassReport) => void },
): Promise<LivePasses> {
    const passes: PassReport[] = [];
    const pass = async () => {
        const report = await mover.livePass();
        passes.push(report);
        options.onPass(report);
        return report;
    };
    let unsettled: string | undefined;
    for (let number = 1; number <= limits.max; number++) {
        const before = passes.at(-1);
        const report = await pass();
        const more = !before || shrinks(report, before, limits);
        unsettled = fits(report, limits) ? undefined : whyUnsettled(report, before, more, number);
        if (unsettled === undefined || !more) break;
    }
    if (options.verify && (await mover.verifySettled()).watched) {
        await pass();
        await mover.verifySettled();
    }
    return { passes, ...(unsettled === undefined ? {} : { unsettled }) };
}

function fits({ bytes, files }: PassReport, { settleBytes }: LivePassLimits): boolean {
    return bytes <= settleBytes && files <= settleEntries;
}

/** Whatever is too much must become less. */
function shrinks(now: PassReport, before: PassReport, { settleBytes }: LivePassLimits): boolean {
    if (now.bytes > settleBytes && now.bytes > before.bytes * shrinking) return false;
    return now.files <= settleEntries || now.files <= before.files * shrinking;
}

/** What a pass copied was written while the one before ran: both rates are of what was measured. */
function whyUnsettled(
    now: PassReport,
    before: PassReport | undefined,
    more: boolean,
    number: number,
): string {
    const end = more ? "passes.max allows no other pass" : "it will not settle";
    const copied = `live pass ${number} still copied ${formatBytes(now.bytes)} in ${now.files} entries`;
    if (!before) return `${copied}: ${end}`;
    const rate = (seconds: number) => `${formatBytes(now.bytes / Math.max(seconds, 0.001))}/s`;
    return `${copied}: the source writes ${rate(before.seconds)}, a pass copies ${rate(now.seconds)}; ${end}`;
}

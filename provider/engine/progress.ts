/** What a long step tells while it works. Every field was measured; what was not is left out. */
export interface Progress {
    bytes?: number;
    files?: number;
    /** Of `bytes`; only when it was counted before. */
    totalBytes?: number;
    totalFiles?: number;
    /** Bytes per second, over the last few seconds. */
    rate?: number;
    /** Milliseconds, from the rate and what is left. */
    left?: number;
}

/** Where steps report to: the journal's follower, the resource's row, or a test. */
export interface Reporter {
    /** A short sentence about the step under way; replaces the last one on the row. */
    status(message: string, progress?: Progress): void;
    /** Stays on the screen. */
    info(message: string): void;
    /** Stays on the screen, as a warning. */
    warn(message: string): void;
}

export const silentReporter: Reporter = { status() {}, info() {}, warn() {} };

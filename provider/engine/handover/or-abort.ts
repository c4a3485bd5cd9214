/** Rejects with the signal's reason as soon as it aborts; what still runs is ended by the way back. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw signal.reason;
    let onAbort: () => void = () => {};
    const aborted = new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener("abort", onAbort, { once: true });
    });
    work.catch(() => {});
    try {
        return await Promise.race([work, aborted]);
    } finally {
        signal.removeEventListener("abort", onAbort);
    }
}

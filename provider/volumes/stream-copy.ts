import type { Manifest } from "./manifest.js";
import { packCall, unpackArgv } from "./movers/stream.js";
import { onlyMoved } from "./moving-source.js";
import { ProgressTicker } from "./progress.js";
import type { RemoteSource } from "./remote/remote-source.js";
import type { PassContext } from "./run-plan.js";
import { copyFailure } from "./session.js";
import { LineCollector, type ToolResult } from "./tool.js";

/** Entries that go side by side, about the same work each. */
export async function streamEntries(
    context: PassContext,
    remote: RemoteSource,
    entries: readonly number[],
    streams: number,
): Promise<number> {
    const { session, source } = context;
    let received = 0;
    const totalBytes = entries.reduce((sum, at) => sum + contentBytes(source, at), 0);
    const progress = () => ({ bytes: Math.min(received, totalBytes), totalBytes });
    const ticker = new ProgressTicker(session.reporter, "receiving", progress);
    const stop = new AbortController();
    const signal = AbortSignal.any([session.signal, stop.signal]);
    const onBytes = (bytes: number) => {
        received += bytes;
    };
    try {
        const parts = shareOut(source, entries, streams).map((part) =>
            streamPart(context, remote, part, { signal, onBytes }).catch((error) => {
                stop.abort(error);
                throw error;
            }),
        );
        // All of them have ended before anything is tried again.
        await Promise.allSettled(parts);
        await Promise.all(parts);
        return totalBytes;
    } catch (error) {
        throw stop.signal.aborted && !session.signal.aborted ? stop.signal.reason : error;
    } finally {
        ticker.stop();
    }
}

async function streamPart(
    { session, source, live }: PassContext,
    remote: RemoteSource,
    entries: readonly number[],
    options: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<void> {
    const compress = remote.link?.compressed ?? false;
    const { source: from, destination: to } = session.roots;
    const call = packCall(from, source, entries, compress);
    const pack = remote.tools.start({ ...call, env: { LC_ALL: "C" } }, options.signal);
    const unpackCall = { argv: unpackArgv(to, compress) };
    const unpack = session.runner.start({ ...unpackCall, env: { LC_ALL: "C" } }, options.signal);
    const packed = collect(pack.stderr);
    const unpacked = collect(unpack.stderr);
    pack.stdout.on("data", (chunk: Buffer) => options.onBytes(chunk.length));
    unpack.stdout.resume();
    feed(pack.stdout, unpack.stdin, unpack.ended);
    // What was lost on the way: nothing more will come.
    pack.ended.catch(() => unpack.kill("SIGKILL"));
    // What cannot be kept need not be sent: a full disk shows at once.
    unpack.ended.then(({ exitCode }) => exitCode !== 0 && pack.kill("SIGTERM")).catch(() => {});
    const [sent, kept] = await settleBoth(pack.ended, unpack.ended);
    options.signal.throwIfAborted();
    const result = (exitCode: number, lines: LineCollector): ToolResult => ({
        exitCode,
        complaints: lines.end(),
    });
    const sending = result(sent, packed);
    const keeping = result(kept, unpacked);
    if (kept !== 0) throw await copyFailure(session, "tar failed to unpack", unpackCall, keeping);
    if (sent !== 0 && !(live && onlyMoved(sending)))
        throw await copyFailure(session, "tar failed on the source's host", call, sending);
}

/**
 * Like `pipe`, but it goes on reading when its reader has gone: tar ends with the archive, which is padded, and the other
 * host waits until all is read.
 */
function feed(
    from: NodeJS.ReadableStream,
    into: NodeJS.WritableStream,
    gone: Promise<unknown>,
): void {
    let over = false;
    const goOn = () => void from.resume();
    void gone
        .catch(() => {})
        .then(() => {
            over = true;
            goOn();
        });
    from.on("data", (chunk: Buffer) => {
        if (over || into.write(chunk)) return;
        from.pause();
        into.once("drain", goOn);
    });
    from.on("end", () => into.end());
}

/** The first failure counts, and the other one is waited for. */
async function settleBoth(
    ...both: [Promise<{ exitCode: number }>, Promise<{ exitCode: number }>]
): Promise<[number, number]> {
    const settled = await Promise.allSettled(both);
    for (const one of settled) if (one.status === "rejected") throw one.reason;
    return settled.map(
        (one) => (one as PromiseFulfilledResult<{ exitCode: number }>).value.exitCode,
    ) as [number, number];
}

function collect(stream: NodeJS.ReadableStream): LineCollector {
    const lines = new LineCollector(200);
    stream.on("data", (chunk: Buffer) => lines.push(chunk));
    return lines;
}

/** What an entry costs beside its bytes: a header, and the making of a file. */
const entryWork = 16_384;

function contentBytes(source: Manifest, at: number): number {
    return source.isFile(at) ? Math.min(source.size[at] as number, source.allocated(at)) : 0;
}

/** In the order of the list, cut where each part has its share. */
function shareOut(source: Manifest, entries: readonly number[], most: number): number[][] {
    const total = entries.reduce((sum, at) => sum + contentBytes(source, at) + entryWork, 0);
    const parts: number[][] = [];
    let part: number[] = [];
    let work = 0;
    for (const at of entries) {
        part.push(at);
        work += contentBytes(source, at) + entryWork;
        if (work < total / most) continue;
        parts.push(part);
        part = [];
        work = 0;
    }
    if (part.length > 0) parts.push(part);
    return parts;
}

import type { BytePath } from "./names.js";

/** One file to read: where it is, and the version that is expected. */
export interface ContentJob {
    /** With the root, one character per byte. */
    path: BytePath;
    size: number;
    ctimeSeconds: number;
    ctimeNanos: number;
    /**
     * The other side's file, read along: where both hold the same, one digest stands for both, which is half of the work.
     */
    twin?: { path: BytePath; ctimeSeconds: number; ctimeNanos: number };
    /** Worth a look for holes before it is read: they need not be. */
    holed?: boolean;
    /** Where data is, as pairs of offset and length; without it all is read. Only a way to be faster. */
    extents?: number[];
}

/**
 * - `digest`: of the content, and the file was still the expected version after it was read
 * - `fresh`: true when the file changed so short before the reading that a write in the same tick of the kernel's clock
 *   would not show in its change time: good for now, never for later
 * - `differs`: its twin holds something else
 * - `moved`: it, or its twin, is another version by now
 * - `error`: it could not be read, by the system's code
 */
export interface ContentAnswer {
    digest?: string;
    fresh?: boolean;
    moved?: boolean;
    differs?: boolean;
    error?: string;
}

interface Ctime {
    ctimeSeconds: number;
    ctimeNanos: number;
}

/** Many jobs in few values: a message of 500 objects takes longer than reading 500 small files. */
export interface ContentRequest {
    id: number;
    /** Of each job and its twin, each ended by NUL; no twin, no name. */
    paths: string;
    /** Size, seconds and nanoseconds of each job, seconds and nanoseconds of its twin. */
    numbers: Float64Array;
    /** By the job's place. */
    extents: Record<number, number[]>;
}

/** What became of each job. */
export const contentStates = { settled: 0, fresh: 1, moved: 2, failed: 3, differs: 4 } as const;

/** `progress` counts bytes read since the last message. */
export type ContentMessage =
    | { id: number; progress: number }
    | {
          id: number;
          bytes: number;
          states: Uint8Array;
          /** Of the jobs that have one, 32 characters each. */
          digests: string;
          /** Of the jobs that failed. */
          errors: string[];
      };

/**
 * The body of a worker thread that reads files and digests them. It is started from its own text
 * (`new Worker(source, { eval: true })`), so that it runs the same from a bundle of one file, from dist/ and under a
 * test's loader; hence it uses nothing from outside of itself, and no `require` or `import` that a bundler would rewrite.
 *
 * The digest is sha256 over the size and every block of 64 KiB that is not all zeros, each with its number: the same for
 * the same bytes, however holes lie, and holes need not be read.
 */
export function runContentWorker(): void {
    const { parentPort } = process.getBuiltinModule("node:worker_threads");
    const fs = process.getBuiltinModule("node:fs");
    const { createHash, hash: hashOnce } = process.getBuiltinModule("node:crypto");
    const block = 65_536;
    const header = 16;
    const small = Buffer.alloc(header + block);
    const large = Buffer.alloc(16 * block);
    const other = Buffer.alloc(large.length);
    const zeros = Buffer.alloc(block);
    const number = Buffer.alloc(8);
    const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
    const gone = ["ENOENT", "ENOTDIR", "EISDIR", "EAGAIN", "ELOOP", "ENXIO", "ESTALE"];
    let noatime = fs.constants.O_NOATIME ?? 0;
    let id = 0;
    let unreported = 0;

    function open(path: Buffer): number {
        try {
            return fs.openSync(path, flags | noatime);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EPERM" || noatime === 0) throw error;
            noatime = 0;
            return fs.openSync(path, flags);
        }
    }

    function expected(fd: number, size: number, ctime: Ctime): boolean {
        const stat = fs.fstatSync(fd, { bigint: true });
        const nanos = BigInt(ctime.ctimeSeconds) * 1_000_000_000n + BigInt(ctime.ctimeNanos);
        return stat.isFile() && stat.ctimeNs === nanos && stat.size === BigInt(size);
    }

    /** True when the twin has the same bytes there; without a twin there is nothing to say against it. */
    function twinHas(twin: number, bytes: Buffer, from: number, to: number, position: number) {
        if (twin < 0) return true;
        const got = readFully(twin, other, 0, to - from, position);
        return got === to - from && bytes.compare(other, 0, got, from, to) === 0;
    }

    function readFully(
        fd: number,
        into: Buffer,
        from: number,
        length: number,
        position: number,
    ): number {
        let done = 0;
        while (done < length) {
            const got = fs.readSync(fd, into, from + done, length - done, position + done);
            if (got === 0) break;
            done += got;
        }
        unreported += done;
        if (unreported >= 64 << 20) {
            parentPort?.postMessage({ id, progress: unreported });
            unreported = 0;
        }
        return done;
    }

    /** Undefined where the twin differs. */
    function digestSmall(fd: number, twin: number, size: number): string | undefined {
        small.writeBigUInt64LE(BigInt(size), 0);
        small.writeBigUInt64LE(0n, 8);
        const got = readFully(fd, small, header, size, 0);
        if (!twinHas(twin, small, header, header + got, 0)) return undefined;
        const zero = small.compare(zeros, 0, got, header, header + got) === 0;
        return hashOnce("sha256", small.subarray(0, zero ? 8 : header + got), "binary");
    }

    function digestLarge(
        fd: number,
        twin: number,
        size: number,
        extents: number[],
    ): string | undefined {
        const hash = createHash("sha256");
        number.writeBigUInt64LE(BigInt(size));
        hash.update(number);
        let next = 0;
        for (let at = 0; at + 1 < extents.length; at += 2) {
            const from = Math.max(next, Math.floor((extents[at] as number) / block) * block);
            const end = Math.min(size, (extents[at] as number) + (extents[at + 1] as number));
            for (let position = from; position < end; position += large.length) {
                const wanted = Math.min(
                    large.length,
                    size - position,
                    Math.ceil((end - position) / block) * block,
                );
                const got = readFully(fd, large, 0, wanted, position);
                if (!twinHas(twin, large, 0, got, position)) return undefined;
                for (let start = 0; start < got; start += block) {
                    const stop = Math.min(start + block, got);
                    if (large.compare(zeros, 0, stop - start, start, stop) === 0) continue;
                    number.writeBigUInt64LE(BigInt((position + start) / block));
                    hash.update(number).update(large.subarray(start, stop));
                }
                next = position + Math.ceil(wanted / block) * block;
            }
        }
        return hash.digest("binary");
    }

    function answer(job: ContentJob): ContentAnswer {
        const { size, twin } = job;
        let fd = -1;
        let twinFd = -1;
        try {
            const opened = Date.now();
            fd = open(Buffer.from(job.path, "latin1"));
            if (twin) twinFd = open(Buffer.from(twin.path, "latin1"));
            const digest =
                size <= block
                    ? digestSmall(fd, twinFd, size)
                    : digestLarge(fd, twinFd, size, job.extents ?? [0, size]);
            // After the reading alone: change times only go forward, so that nothing happened since the scan either.
            if (!expected(fd, size, job)) return { moved: true };
            if (twin && !expected(twinFd, size, twin)) return { moved: true };
            if (digest === undefined) return { differs: true };
            const newest = Math.max(changedAt(job), twin ? changedAt(twin) : 0);
            return newest > opened - 50 ? { digest, fresh: true } : { digest };
        } catch (error) {
            const code = (error as NodeJS.ErrnoException).code ?? String(error);
            return gone.includes(code) ? { moved: true } : { error: code };
        } finally {
            if (fd >= 0) fs.closeSync(fd);
            if (twinFd >= 0) fs.closeSync(twinFd);
        }
    }

    function changedAt({ ctimeSeconds, ctimeNanos }: Ctime): number {
        return ctimeSeconds * 1_000 + ctimeNanos / 1e6;
    }

    /** The jobs of a request, taken out of its few values. */
    function* unpack({ paths, numbers, extents }: ContentRequest): Generator<ContentJob> {
        let start = 0;
        const name = () => {
            const end = paths.indexOf("\0", start);
            const text = paths.slice(start, end);
            start = end + 1;
            return text;
        };
        for (let at = 0; at < numbers.length; at += 5) {
            const [path, twin] = [name(), name()];
            const job: ContentJob = {
                path,
                size: numbers[at] as number,
                ctimeSeconds: numbers[at + 1] as number,
                ctimeNanos: numbers[at + 2] as number,
            };
            if (twin) {
                job.twin = {
                    path: twin,
                    ctimeSeconds: numbers[at + 3] as number,
                    ctimeNanos: numbers[at + 4] as number,
                };
            }
            const map = extents[at / 5];
            if (map) job.extents = map;
            yield job;
        }
    }

    function state({ error, moved, differs, fresh }: ContentAnswer): number {
        return error ? 3 : moved ? 2 : differs ? 4 : fresh ? 1 : 0;
    }

    parentPort?.on("message", (request: ContentRequest) => {
        id = request.id;
        const states: number[] = [];
        const errors: string[] = [];
        let digests = "";
        for (const job of unpack(request)) {
            const found = answer(job);
            states.push(state(found));
            digests += found.digest ?? "";
            if (found.error) errors.push(found.error);
        }
        const packed = Uint8Array.from(states);
        parentPort.postMessage({ id, states: packed, digests, errors, bytes: unreported });
        unreported = 0;
    });
}

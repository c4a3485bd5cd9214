import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CutoverError } from "../engine/errors.js";
import type { CommandRunner } from "../platforms/commands.js";
import {
    type ContentAnswer,
    type ContentJob,
    type ContentMessage,
    type ContentRequest,
    contentStates,
    runContentWorker,
} from "./content-worker.js";
import type { Manifest } from "./manifest.js";
import { dataExtents } from "./sparse-map.js";

/** Starts a thread that digests files. */
export type WorkerFactory = () => Worker;

export const startContentThread: WorkerFactory = () =>
    new Worker(`(${runContentWorker.toString()})()`, { eval: true, stdout: false, stderr: false });

/** Files to a batch: enough that messages cost little, few enough that no thread waits for the other at the end. */
const batchFiles = 512;
const batchBytes = 16 << 20;

/** Holes worth the call of tar that finds them. */
const worthMapping = 16 << 20;

/** True for a file whose holes are not to be read. */
export function worthSkipping(manifest: Manifest, at: number): boolean {
    return (manifest.size[at] as number) - manifest.allocated(at) >= worthMapping;
}

/** Digests files on all cores. */
export class ContentReader {
    private idle: Worker[] = [];
    private all: Worker[] = [];
    private nextId = 1;

    constructor(
        private readonly runner: CommandRunner,
        private readonly startWorker: WorkerFactory = startContentThread,
        private readonly most = Math.min(availableParallelism(), 4),
    ) {}

    /** Answers in the order of the jobs. `onBytes` is told what was read since it was last told. */
    async digest(
        jobs: readonly ContentJob[],
        options: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
    ): Promise<ContentAnswer[]> {
        await this.skipHoles(jobs, options.signal);
        const answers = new Array<ContentAnswer>(jobs.length);
        const batches = cutBatches(jobs);
        const work = async () => {
            for (let batch = batches.shift(); batch; batch = batches.shift()) {
                options.signal?.throwIfAborted();
                const found = await this.ask(batch.jobs, options);
                found.forEach((answer, at) => {
                    answers[(batch as Batch).from + at] = answer;
                });
            }
        };
        await Promise.all(Array.from({ length: Math.min(this.most, batches.length) }, work));
        return answers;
    }

    async close(): Promise<void> {
        const workers = this.all;
        this.all = [];
        this.idle = [];
        await Promise.all(workers.map((worker) => worker.terminate()));
    }

    /** Adds its map of data to each job whose holes would take long to read. */
    private async skipHoles(jobs: readonly ContentJob[], signal?: AbortSignal): Promise<void> {
        for (const job of jobs.filter(({ holed }) => holed)) {
            const extents = await dataExtents(this.runner, job.path, job.size, signal);
            if (extents) job.extents = extents;
        }
    }

    private ask(
        jobs: ContentJob[],
        options: { signal?: AbortSignal; onBytes?: (bytes: number) => void },
    ): Promise<ContentAnswer[]> {
        const worker = this.idle.pop() ?? this.start();
        worker.ref();
        const request = packJobs(this.nextId++, jobs);
        return new Promise((resolve, reject) => {
            const settle = (finish: () => void, reusable: boolean) => {
                worker.off("message", onMessage).off("error", onError).off("exit", onExit);
                options.signal?.removeEventListener("abort", onAbort);
                // A thread with nothing to do must not keep the process alive.
                worker.unref();
                if (reusable) this.idle.push(worker);
                else {
                    this.all = this.all.filter((one) => one !== worker);
                    void worker.terminate();
                }
                finish();
            };
            const onMessage = (message: ContentMessage) => {
                if ("progress" in message) options.onBytes?.(message.progress);
                else {
                    options.onBytes?.(message.bytes);
                    settle(() => resolve(unpackAnswers(message)), true);
                }
            };
            const onError = (error: Error) =>
                settle(() => reject(lost(error.message, error)), false);
            const onExit = (code: number) =>
                settle(() => reject(lost(`it ended with code ${code}`)), false);
            const onAbort = () => settle(() => reject(options.signal?.reason), false);
            worker.on("message", onMessage).on("error", onError).on("exit", onExit);
            options.signal?.addEventListener("abort", onAbort, { once: true });
            worker.postMessage(request);
        });
    }

    private start(): Worker {
        const worker = this.startWorker();
        this.all.push(worker);
        return worker;
    }
}

function packJobs(id: number, jobs: readonly ContentJob[]): ContentRequest {
    const numbers = new Float64Array(jobs.length * 5);
    const extents: Record<number, number[]> = {};
    const paths: string[] = [];
    jobs.forEach((job, at) => {
        paths.push(job.path, "\0", job.twin?.path ?? "", "\0");
        numbers[at * 5] = job.size;
        numbers[at * 5 + 1] = job.ctimeSeconds;
        numbers[at * 5 + 2] = job.ctimeNanos;
        numbers[at * 5 + 3] = job.twin?.ctimeSeconds ?? 0;
        numbers[at * 5 + 4] = job.twin?.ctimeNanos ?? 0;
        if (job.extents) extents[at] = job.extents;
    });
    return { id, paths: paths.join(""), numbers, extents };
}

function unpackAnswers(message: Extract<ContentMessage, { states: Uint8Array }>): ContentAnswer[] {
    let digests = 0;
    let errors = 0;
    return Array.from(message.states, (state): ContentAnswer => {
        if (state === contentStates.moved) return { moved: true };
        if (state === contentStates.differs) return { differs: true };
        if (state === contentStates.failed) return { error: message.errors[errors++] ?? "unknown" };
        const digest = message.digests.slice(digests * 32, ++digests * 32);
        return state === contentStates.fresh ? { digest, fresh: true } : { digest };
    });
}

function lost(reason: string, cause?: unknown): CutoverError {
    return new CutoverError(`a thread that compares content was lost: ${reason}`, { cause });
}

interface Batch {
    from: number;
    jobs: ContentJob[];
}

/** Neighbours together; a large file alone. */
function cutBatches(jobs: readonly ContentJob[]): Batch[] {
    const batches: Batch[] = [];
    let batch: Batch | undefined;
    let bytes = 0;
    jobs.forEach((job, at) => {
        if (!batch || batch.jobs.length >= batchFiles || bytes + job.size > batchBytes) {
            batch = { from: at, jobs: [] };
            bytes = 0;
            batches.push(batch);
        }
        batch.jobs.push(job);
        bytes += job.size;
    });
    return batches;
}

/** What is known of a side's contents: by inode, so that a hard link is read once. One digest each, the newest. */
export class ContentRecords {
    private readonly byInode = new Map<number | string, number>();
    private seconds = new Float64Array(1024);
    private nanos = new Uint32Array(1024);
    private digests = Buffer.alloc(32 * 1024);

    /** Whether this very version was read. */
    knows(manifest: Manifest, at: number): boolean {
        return this.slot(manifest, at) >= 0;
    }

    /** The digest, if this very version was read. */
    get(manifest: Manifest, at: number): string | undefined {
        const slot = this.slot(manifest, at);
        return slot < 0 ? undefined : this.digests.toString("latin1", slot * 32, slot * 32 + 32);
    }

    /** Whether both versions hold the same; undefined when one of them was not read. Makes no strings of 100,000 digests. */
    same(
        manifest: Manifest,
        at: number,
        other: ContentRecords,
        otherManifest: Manifest,
        otherAt: number,
    ): boolean | undefined {
        const slot = this.slot(manifest, at);
        const otherSlot = slot < 0 ? -1 : other.slot(otherManifest, otherAt);
        if (otherSlot < 0) return undefined;
        const start = otherSlot * 32;
        return (
            this.digests.compare(other.digests, start, start + 32, slot * 32, slot * 32 + 32) === 0
        );
    }

    private slot(manifest: Manifest, at: number): number {
        const slot = this.byInode.get(manifest.inode(at)) ?? -1;
        const known =
            this.seconds[slot] === manifest.ctimeSeconds[at] &&
            this.nanos[slot] === manifest.ctimeNanos[at];
        return known ? slot : -1;
    }

    set(manifest: Manifest, at: number, digest: string): void {
        const inode = manifest.inode(at);
        let slot = this.byInode.get(inode);
        if (slot === undefined) {
            slot = this.byInode.size;
            this.byInode.set(inode, slot);
            if (slot === this.seconds.length) this.grow();
        }
        this.seconds[slot] = manifest.ctimeSeconds[at] as number;
        this.nanos[slot] = manifest.ctimeNanos[at] as number;
        this.digests.write(digest, slot * 32, "latin1");
    }

    clear(): void {
        this.byInode.clear();
    }

    private grow(): void {
        const double = this.seconds.length * 2;
        const seconds = new Float64Array(double);
        seconds.set(this.seconds);
        this.seconds = seconds;
        const nanos = new Uint32Array(double);
        nanos.set(this.nanos);
        this.nanos = nanos;
        this.digests = Buffer.concat([this.digests, Buffer.alloc(this.digests.length)]);
    }
}

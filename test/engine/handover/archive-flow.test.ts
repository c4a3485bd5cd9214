import { describe, expect, test } from "vitest";
import { archiveFlow } from "../../../provider/engine/handover/archive-flow.js";
import type { ArchivePlatform } from "../../../provider/engine/handover/archive-platform.js";
import type { ArchiveJob } from "../../../provider/engine/handover/job.js";
import type { QuiescedContainer } from "../../../provider/engine/handover/volume-platform.js";
import { silentReporter } from "../../../provider/engine/progress.js";
import { runFlow } from "../../../provider/engine/steps.js";
import { FakeClock } from "../fake-clock.js";
import { MemoryJournal } from "../memory-journal.js";

const job: ArchiveJob = {
    kind: "archive",
    id: "job-1",
    prefix: "p",
    aim: "a",
    by: "me",
    image: "runner",
    from: { source: { volume: "orders" } },
    path: "/srv/orders.tar.zst",
    recipients: [],
    quiesce: { containers: ["orders"], how: "stop", then: "restart" },
    timeout: 1_000,
    onExisting: "refuse",
    labels: {},
};

const saved = {
    createdAt: "2026-01-31T23:59:59.000Z",
    bytes: 10,
    file: "f".repeat(64),
    version: "v1",
    seconds: 1,
    volumes: [
        {
            ...{ name: "orders", entries: 1, files: 1, directories: 0, symlinks: 0, specials: 0 },
            ...{ sockets: 0, bytes: 5, allocated: 4096, empty: false, digest: "sha256:d" },
        },
    ],
};

/** An engine with one container that writes, and a folder. */
class FakePlatform implements ArchivePlatform {
    readonly done: string[] = [];
    running = true;
    fails: string | undefined;
    files: { existing?: string; partial?: string } = {};
    stranger = false;

    async volumes() {
        return [{ name: "orders", place: { volume: "orders" } }];
    }

    source() {
        const container = (): QuiescedContainer => ({
            ...{ id: "1", name: "orders", running: this.running },
            ...{ removedAtEnd: false, restartPolicy: "no" },
        });
        const own = () => (this.running ? [{ id: "1", name: "orders", paused: false }] : []);
        return {
            identity: async () => "made",
            writers: async () => [
                ...own(),
                ...(this.stranger ? [{ id: "2", name: "other", paused: false }] : []),
            ],
            container: async () => container(),
            quiesce: async () => {
                this.done.push("stop");
                this.running = false;
                return { killed: false };
            },
            keep: async () => {},
            resume: async () => {
                this.done.push("start");
                this.running = true;
                return true;
            },
        };
    }

    async lieWithin() {
        return false;
    }

    async run({ task }: { task: string }): Promise<never> {
        this.done.push(task);
        if (this.fails === task) throw new Error(`${task} failed`);
        if (task === "save") this.files = { ...this.files, partial: "v1" };
        if (task === "discard")
            this.files = this.files.existing ? { existing: this.files.existing } : {};
        if (task === "publish") this.files = { existing: "v1" };
        const results: Record<string, unknown> = {
            look: { ...this.files, free: 1 },
            save: saved,
            check: { verified: "read back", seconds: 1 },
        };
        return (results[task] ?? null) as never;
    }

    async removeMovers() {}
}

function run(
    platform: FakePlatform,
    journal = new MemoryJournal(),
    more: Partial<ArchiveJob> = {},
) {
    const { signal } = new AbortController();
    const tools = { journal, reporter: silentReporter, clock: new FakeClock(), signal };
    const reserve = { take: async () => {}, giveBack: async () => {} };
    return runFlow(archiveFlow({ ...tools, job: { ...job, ...more }, platform, reserve }), tools);
}

describe("a save", () => {
    test("lets the writer run again before the archive is verified", async () => {
        const platform = new FakePlatform();
        const { commit } = await run(platform);
        expect(platform.done).toEqual(["look", "stop", "save", "start", "check", "publish"]);
        expect(commit).toMatchObject({
            path: job.path,
            verified: "read back",
            quiesced: ["orders"],
        });
    });

    test.each(["save", "check", "publish"])(
        "that fails at %s leaves no part, and the writer runs",
        async (fails) => {
            const platform = new FakePlatform();
            platform.fails = fails;
            await expect(run(platform)).rejects.toThrow(`${fails} failed`);
            expect(platform.running).toBe(true);
            expect(platform.files).toEqual({});
        },
    );

    test("that finds its name taken, or somebody else's part, begins nothing", async () => {
        const platform = new FakePlatform();
        platform.files = { existing: "v0", partial: "v0" };
        await expect(run(platform)).rejects.toThrow("look: 2 things are in the way");
        expect(platform.done).toEqual(["look"]);
        expect(platform.files).toEqual({ existing: "v0", partial: "v0" });
        const replacing = new FakePlatform();
        replacing.files = { existing: "v0" };
        await run(replacing, new MemoryJournal(), { onExisting: "replace" });
        expect(replacing.files).toEqual({ existing: "v1" });
    });

    test("with a writer that nobody named is refused", async () => {
        const platform = new FakePlatform();
        platform.stranger = true;
        await expect(run(platform)).rejects.toThrow(
            'look: source: volume orders is written by other\nnext: declare quiesce: { containers: ["orders", "other"], how: "stop" }, or stop what writes',
        );
    });
});

describe("a runner that died", () => {
    test("after it began is followed by one that removes the part and starts over", async () => {
        const platform = new FakePlatform();
        const journal = new MemoryJournal();
        journal.append({ kind: "open", job: job.id, data: job });
        journal.append({ kind: "note", job: job.id, step: "save", data: { path: job.path } });
        platform.files = { partial: "half" };
        await run(platform, journal);
        expect(platform.done).toEqual([
            "look",
            "discard",
            "stop",
            "save",
            "start",
            "check",
            "publish",
        ]);
    });

    test("right after it gave the archive its name is followed by one that finds it done", async () => {
        const first = new FakePlatform();
        const journal = new MemoryJournal();
        const { commit } = await run(first, journal);
        const cut = journal.entries().findIndex(({ step }) => step === "publish");
        const until = new MemoryJournal();
        for (const entry of journal.entries().slice(0, cut + 1)) until.append(entry);
        const second = new FakePlatform();
        second.files = { existing: "v1" };
        expect((await run(second, until)).commit).toEqual(commit);
        expect(second.done).toEqual(["look"]);
        // Another file of that name is not ours.
        const other = new MemoryJournal();
        for (const entry of journal.entries().slice(0, cut + 1)) other.append(entry);
        const third = new FakePlatform();
        third.files = { existing: "v2" };
        await expect(run(third, other)).rejects.toThrow(
            "archive: there is a file of this name already",
        );
    });
});

import { describe, expect, test } from "vitest";
import { containerFlow } from "../../../provider/engine/handover/container-flow.js";
import type {
    ContainerPlatform,
    ContainerState,
} from "../../../provider/engine/handover/container-platform.js";
import type { ContainerJob } from "../../../provider/engine/handover/job.js";
import type { ContainerReport } from "../../../provider/engine/handover/report.js";
import { silentReporter } from "../../../provider/engine/progress.js";
import { runFlow } from "../../../provider/engine/steps.js";
import type { Mover } from "../../../provider/volumes/mover.js";
import { MemoryJournal } from "../memory-journal.js";

const job: ContainerJob = {
    kind: "container",
    id: "job-1",
    prefix: "p",
    aim: "a",
    by: "me",
    image: "runner",
    source: { name: "shop", id: "old-id" },
    name: "shop-2",
    volumes: [{ source: "data", destination: "p-data" }],
    fresh: [],
    binds: {},
    layer: "image",
    memory: "none",
    verify: "content",
    passes: { max: 2, settleBytes: 10 },
    healthTimeout: 10_000,
    timeout: 100_000,
    onExisting: "refuse",
    labels: {},
};

const labels = { "cutover.prefix": "p", "cutover.role": "moved", "cutover.job": "job-1" };

/** Two containers in memory; `did` is what was done to them. */
class World {
    readonly did: string[] = [];
    old: ContainerState = state("shop", "old-id", { restartPolicy: "always", running: true });
    young: ContainerState | undefined;
    /** What keeps it from being healthy. */
    broken = false;
    checkpoints = new Set<string>();
    destinationEmpty = true;
    journal = new MemoryJournal();
    private time = 0;

    run(more: Partial<ContainerJob> = {}): Promise<{ commit: ContainerReport }> {
        const tools = {
            job: { ...job, ...more },
            platform: this.platform(),
            journal: this.journal,
            reserve: { take: async () => {}, giveBack: async () => {} },
            reporter: silentReporter,
            clock: {
                now: () => this.time,
                sleep: async (ms: number) => {
                    this.time += ms;
                },
            },
            signal: new AbortController().signal,
        };
        return runFlow(containerFlow(tools), tools) as Promise<never>;
    }

    private platform(): ContainerPlatform {
        const { did } = this;
        const setOld = (more: Partial<ContainerState>, what: string) => {
            did.push(what);
            this.old = { ...this.old, ...more };
        };
        const setNew = (more: Partial<ContainerState>, what: string) => {
            did.push(what);
            if (this.young) this.young = { ...this.young, ...more };
        };
        const begun = () => ({ running: !this.broken, exitCode: this.broken ? 3 : 0 });
        return {
            source: {
                container: async () => this.old,
                settings: async () => ({}),
                changedPaths: async () => ["/a"],
                volumeCreatedAt: async () => "then",
                otherWriters: async () => [],
                setRestartPolicy: async (restartPolicy) =>
                    setOld({ restartPolicy }, `old policy ${restartPolicy}`),
                stop: async () => {
                    setOld({ running: false, status: "exited" }, "stop old");
                    return { killed: false };
                },
                start: async () => setOld({ running: true, status: "running" }, "start old"),
                image: async (layer) => {
                    if (layer === "commit") did.push("keep layer");
                    return layer;
                },
                removeLayerImage: async () => void did.push("remove layer"),
                checkpoint: async () => {
                    if (this.checkpoints.has("old")) return;
                    this.checkpoints.add("old");
                    setOld({ running: false, status: "exited" }, "checkpoint old");
                },
                hasCheckpoint: async () => this.checkpoints.has("old"),
                startFromCheckpoint: async () =>
                    setOld({ running: true, status: "running" }, "restore old"),
                removeCheckpoint: async () => void this.checkpoints.delete("old"),
            },
            target: {
                container: async () => this.young,
                create: async () => {
                    did.push("create new");
                    this.young = state("shop-2", "new-id", { labels });
                    return { id: "new-id" };
                },
                remove: async () => {
                    did.push("remove new");
                    this.young = undefined;
                },
                start: async () => setNew(begun(), "start new"),
                setRestartPolicy: async (restartPolicy) =>
                    setNew({ restartPolicy }, `new policy ${restartPolicy}`),
                lastLines: async () => ["bye"],
                createVolume: async () => {},
                takeImage: async () => ({ how: "there" }),
                checkpointProblem: async () => undefined,
                takeCheckpoint: async () => {
                    this.checkpoints.add("new");
                    return { bytes: 7 };
                },
                startFromCheckpoint: async () => setNew(begun(), "restore new"),
                removeCheckpoint: async () => void this.checkpoints.delete("new"),
            },
            openMover: async () => this.mover(),
            removeMovers: async () => {},
            writers: async () => [],
            overlap: async () => false,
        };
    }

    private mover(): Mover {
        const pass = {
            number: 1,
            last: false,
            mover: "rsync",
            files: 1,
            bytes: 1,
            deletes: 0,
            seconds: 1,
        };
        const mover: Partial<Mover> = {
            measure: async (side) =>
                ({ empty: side === "destination" && this.destinationEmpty }) as never,
            livePass: async () => pass,
            verifySettled: async () => ({}) as never,
            expectLastPass: async () => ({ ms: 1, basis: "" }),
            lastPass: async () => {
                this.did.push("last pass");
                this.destinationEmpty = false;
                return { ...pass, last: true };
            },
            flush: async () => {},
            prove: async () =>
                ({ equal: true, entries: 1, digest: "d", level: "content" }) as never,
            unchangedSinceProof: async () => ({ unchanged: true, changes: [] }),
            declined: async () => [],
            close: async () => {},
        };
        return mover as Mover;
    }
}

function state(name: string, id: string, more: Partial<ContainerState>): ContainerState {
    const facts = {
        status: "running",
        running: false,
        exitCode: 0,
        restarts: 0,
        removedAtEnd: false,
    };
    return { id, name, ...facts, restartPolicy: "no", labels: {}, ...more };
}

const forward = [
    "old policy no",
    "stop old",
    "last pass",
    "start new",
    "new policy always",
    "old policy no",
];

test("the new one starts when the old one is stopped and the copies are proven", async () => {
    const world = new World();
    const { commit } = await world.run();
    expect(world.did).toEqual(["create new", ...forward]);
    expect(commit).toMatchObject({
        container: "shop",
        name: "shop-2",
        id: "new-id",
        layer: { kept: "image", changed: 1, paths: ["/a"] },
        memory: { kept: "none", declined: [] },
        started: { seconds: 3 },
    });
});

test("a layer is kept when nothing writes to it any more", async () => {
    const world = new World();
    await world.run({ layer: "commit" });
    expect(world.did.slice(0, 5)).toEqual([
        "old policy no",
        "stop old",
        "last pass",
        "keep layer",
        "create new",
    ]);
});

describe("what fails before the commit goes back", () => {
    test("the new one is removed before the old one starts: they have one port", async () => {
        const world = new World();
        world.broken = true;
        await expect(world.run()).rejects.toThrow(
            /^start: shop-2 ended with exit code 3\n {2}\| bye\n/,
        );
        expect(world.did.slice(-4)).toEqual([
            "start new",
            "remove new",
            "start old",
            "old policy always",
        ]);
        expect(world.young).toBeUndefined();
    });

    test("the old one goes on from its memory, and nothing of it stays on the disk", async () => {
        const world = new World();
        world.broken = true;
        await expect(world.run({ memory: "checkpoint" })).rejects.toThrow(
            "shop-2 ended with exit code 3",
        );
        expect(world.did.slice(-4)).toEqual([
            "restore new",
            "remove new",
            "restore old",
            "old policy always",
        ]);
        expect(world.checkpoints.has("old")).toBe(false);
    });
});

describe("a runner that dies", () => {
    const steps = [
        "look",
        "create",
        "copy",
        "stop",
        "last-pass",
        "start",
        "commit",
        "settle",
        "close",
    ];
    test.each(
        steps.flatMap(
            (step) =>
                [
                    ["start", step],
                    ["end", step],
                ] as const,
        ),
    )(
        "at the %s of %s is followed by one that comes to the end, with one container at work",
        async (kind, step) => {
            const world = new World();
            world.journal.dieAt = (entry) => entry.kind === kind && entry.step === step;
            await expect(world.run()).rejects.toThrow();
            await world.run();
            expect(world.old).toMatchObject({ running: false, restartPolicy: "no" });
            expect(world.young).toMatchObject({ running: true, restartPolicy: "always" });
            expect(world.did.filter((what) => what === "start old")).toEqual([]);
        },
    );
});

test("a copy that an attempt before this one made is not taken for somebody's data; another one is", async () => {
    const world = new World();
    world.destinationEmpty = false;
    await expect(world.run()).rejects.toThrow(
        "look: volume p-data holds data, and no record says that this move wrote them",
    );
    world.broken = true;
    await expect(world.run({ id: "job-2", onExisting: "update" })).rejects.toThrow("exit code 3");
    world.broken = false;
    await world.run({ id: "job-3" });
    expect(world.young?.running).toBe(true);
});

test("what is in the way is said at once", async () => {
    const world = new World();
    world.old = state("shop", "another", { removedAtEnd: true });
    world.young = state("shop-2", "x", { labels: {} });
    await expect(world.run()).rejects.toThrow(
        "look: 2 things are in the way\n  | container.docker.name: shop is another container than the one that was looked at; run pulumi up again\n  | to.name: there is a container shop-2 already; write another name, or remove that container",
    );
    expect(world.did).toEqual([]);
});

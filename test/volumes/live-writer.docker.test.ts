import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { oracle } from "./oracle.js";
import { python, verdict, Workbench } from "./workbench.js";

let bench: Workbench;
beforeEach(() => {
    bench = new Workbench();
});
afterEach(() => bench.cleanUp());

/** Does at random all that a service may do to its files, as fast as it can, until it is ended. */
const busyService = `
import mmap, os, random, sys
os.chdir(sys.argv[1])
random.seed(int(sys.argv[2]))
names = ["d%d" % n for n in range(30)]

def some():
    return "/".join(random.choice(names) for _ in range(random.randint(1, 4)))

def act():
    path, other = some(), some()
    what = random.randrange(13)
    if what == 0: os.makedirs(path, exist_ok=True)
    elif what in (1, 2): open(path, "wb").write(os.urandom(random.choice([0, 10, 5000, 200000])))
    elif what == 3: open(path, "ab").write(b"more")
    elif what == 4: os.rename(path, other)
    elif what == 5: os.remove(path)
    elif what == 6: os.system("rm -rf -- " + path)
    elif what == 7: os.link(path, other)
    elif what == 8: os.symlink(other, path)
    elif what == 9: os.chmod(path, random.randrange(0o10000), follow_symlinks=False)
    elif what == 10:
        info = os.stat(path)
        with open(path, "r+b") as file:
            file.seek(max(0, info.st_size - 3))
            file.write(os.urandom(min(3, info.st_size)))
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    elif what == 11: os.setxattr(path, "user.%d" % random.randrange(3), os.urandom(8))
    else:
        with open(path, "r+b") as file:
            view = mmap.mmap(file.fileno(), 0)
            view[0:1] = os.urandom(1)
            view.close()

print("ready", flush=True)
while True:
    try:
        act()
    except (OSError, ValueError, NotImplementedError):
        pass
`;

/** More than the usual four, to look for trouble: CUTOVER_WRITER_SEEDS=100. */
const seeds = Array.from(
    { length: Number(process.env.CUTOVER_WRITER_SEEDS ?? 4) },
    (_, at) => at + 1,
);

test.each(seeds)(
    "whatever a running service does, the last pass makes both sides equal (seed %i)",
    { timeout: 180_000 },
    async (seed) => {
        python(
            "import os,sys\nfor n in range(500): open(sys.argv[1] + '/start %d' % n, 'wb').write(os.urandom(3000))",
            bench.source,
        );
        const service = spawn("python3", ["-c", busyService, bench.source, String(seed)], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        bench.onCleanUp(() => service.kill("SIGKILL"));
        await once(service.stdout, "data");
        await sleep(300);
        const mover = bench.mover();
        for (let pass = 0; pass < 4; pass++) {
            await mover.livePass();
            await mover.verifySettled();
        }
        await mover.expectLastPass();
        // Paused, not ended: what it has mapped stays dirty in memory.
        service.kill("SIGSTOP");
        await sleep(50);

        await mover.lastPass();
        const proof = await mover.prove("content");
        expect(verdict(proof)).toBe("equal");
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        expect(oracle(bench.destination)).toBe(oracle(bench.source));
        service.kill("SIGKILL");
    },
);

import type { Server } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { execaRunner } from "../../provider/platforms/execa.js";
import { serveTools } from "../../provider/runner/link/serve-tools.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
import { openRemoteSource } from "../../provider/volumes/remote/remote-source.js";
import { connectTo } from "../../provider/volumes/remote/tool-client.js";
import { buildNastyTree, editNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { verdict, Workbench } from "./workbench.js";

let bench: Workbench;
const servers: Server[] = [];
beforeEach(() => {
    bench = new Workbench();
});
afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await bench.cleanUp();
});

/** A mover whose source is reached through a socket, as if it were on another host. */
async function remoteMover(strategy = "auto"): Promise<LocalMover> {
    const socket = join(bench.base, "tools.sock");
    servers.push(await serveTools(socket, { root: bench.source }));
    const { signal } = new AbortController();
    const shell = `node ${resolve("dist/runner/bundle.cjs")} connect ${socket}`;
    const remote = await openRemoteSource(connectTo(socket), shell, signal);
    const options = {
        source: bench.source,
        destination: bench.destination,
        strategy,
        reporter: bench.reporter,
        signal,
    };
    const mover = new LocalMover(options, execaRunner, remote);
    bench.onCleanUp(() => void mover.close());
    return mover;
}

test.each(["auto", "rsync"])(
    "the nasty tree from another host by %s",
    {
        timeout: 120_000,
    },
    async (strategy) => {
        buildNastyTree(bench.source);
        const original = oracle(bench.source);
        const mover = await remoteMover(strategy);
        const first = await mover.livePass();
        expect(oracle(bench.destination)).toBe(original);
        expect(first.mover).toBe(strategy === "auto" ? "stream" : strategy);
        await mover.verifySettled();

        editNastyTree(bench.source);
        const edited = oracle(bench.source);
        const last = await mover.lastPass();
        await mover.flush();
        expect(verdict(await mover.prove("content"))).toBe("equal");
        expect(oracle(bench.destination)).toBe(edited);
        expect(oracle(bench.source)).toBe(edited);
        expect(last).toMatchObject({ number: 2, last: true, mover: "rsync" });
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        // Nothing had to be tried again.
        expect(bench.reporter.warnings).toEqual([
            expect.stringMatching(/^2 sockets are not carried/),
        ]);
    },
);

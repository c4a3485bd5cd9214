import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentReporter } from "../../provider/engine/progress.js";
import { DockerEngine } from "../../provider/platforms/docker/engine.js";
import { openDockerMover } from "../../provider/platforms/docker/slots.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import type { ensureImages } from "../../provider/runner/image.js";
import { ioniceArgv } from "../../provider/volumes/priority.js";
import { buildNastyTree, editNastyTree } from "./nasty-tree.js";
import { oracle } from "./oracle.js";
import { run, verdict } from "./workbench.js";

/** The built package, whose image it is. */
const built = createRequire(import.meta.url)("../../dist/runner/image.js") as {
    ensureImages: typeof ensureImages;
};

const prefix = `mover-container-${randomUUID().slice(0, 8)}`;
const [source, destination] = [`${prefix}-source`, `${prefix}-destination`];
const engine = new DockerEngine(execaRunner);

beforeEach(() => {
    for (const volume of [source, destination]) run("docker", "volume", "create", volume);
});
afterEach(() => {
    const left = run("docker", "ps", "-aq", "--filter", `volume=${source}`).trim();
    if (left) run("docker", "rm", "-f", ...left.split("\n"));
    run("docker", "volume", "rm", "-f", source, destination);
});

const folderOf = (volume: string) =>
    run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume).trim();

test("in its container, with a read-only root and its few rights, a mover watches both volumes", {
    timeout: 300_000,
}, async () => {
    const { runner } = await built.ensureImages(engine, {}, silentReporter);
    const from = folderOf(source);
    buildNastyTree(from);
    const pair = {
        source: { volume: source },
        destination: { volume: destination },
        reporter: silentReporter,
    };
    const job = { prefix, image: runner, labels: {}, id: prefix };
    const mover = await openDockerMover(
        engine,
        job,
        { ...pair, signal: new AbortController().signal },
        { fullLook: 0, parallel: 2 },
    );
    try {
        await mover.livePass();
        expect(await mover.verifySettled()).toMatchObject({ watched: true });
        editNastyTree(from);
        await mover.livePass();
        run("sh", "-c", 'echo more >> "$1/edit/grows"', "sh", from);
        await mover.lastPass();
        await mover.flush();
        const proof = await mover.prove("content");
        expect(verdict(proof)).toBe("equal");
        expect(proof.basis).toBe("what changed since every name was proven");
        expect(await mover.unchangedSinceProof()).toEqual({ unchanged: true, changes: [] });
        expect(oracle(folderOf(destination))).toBe(oracle(from));
    } finally {
        await mover.close();
    }
});

test("the image has what a low priority takes", { timeout: 300_000 }, async () => {
    const { runner } = await built.ensureImages(engine, {}, silentReporter);
    const [program, ...args] = ioniceArgv(1);
    run("docker", "run", "--rm", "--entrypoint", program, runner, ...args);
});

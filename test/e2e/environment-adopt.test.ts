import { afterAll, expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { startLoad } from "../load.js";
import { openStacks, slotAt, written } from "./open-stacks.js";
import { serviceImage, serviceProgram } from "./service.js";
import { docker, unique } from "./stack.js";

const own: { containers: string[]; volumes: string[] } = { containers: [], volumes: [] };
afterAll(async () => {
    for (const name of own.containers) await docker("rm", "--force", name).catch(() => "");
    for (const name of own.volumes) await docker("volume", "rm", name).catch(() => "");
});
// Hooks run in reverse: what the stacks have of these is removed before them.
const stacks = openStacks();

/** A service as somebody started it by hand. */
async function byHand(port: number): Promise<{ container: string; volume: string }> {
    const [container, volume] = [unique("old"), unique("olddata")];
    own.containers.push(container);
    own.volumes.push(volume);
    await docker(
        ...["run", "--detach", "--name", container, "--restart", "always"],
        ...["--publish", `127.0.0.1:${port}:3000`, "--volume", `${volume}:/data`],
        ...["--env", "SLOT=old", "--env", "VERSION=0", "--env", "DATA=/data", serviceImage()],
    );
    return { container, volume };
}

async function stateOf(container: string): Promise<string> {
    return docker(
        "inspect",
        "--format",
        "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}",
        container,
    );
}

async function answers(url: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
        if (await fetch(url).catch(() => undefined)) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${url} does not answer`);
}

test("a container that was started by hand is taken over under load, and comes back where that fails", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { container, volume } = await byHand(port);
    await answers(url);
    const program = (more: {
        seed?: boolean;
        unhealthy?: boolean;
        adopt?: string;
        maxGap?: string;
    }) =>
        serviceProgram({
            port,
            weights: { blue: 100, green: 0 },
            without: "green",
            blue: more.unhealthy ? { UNHEALTHY: "true" } : {},
            volumes: `{ data: { mounts: { web: "/data" }${more.seed === false ? "" : `, seed: { docker: { volume: "${volume}" } }`} } }`,
            more: `adopt: { container: "${more.adopt ?? container}", maxGap: "${more.maxGap ?? "20 seconds"}" },`,
        }).replace('path: "/healthz"', 'path: "/healthz", timeout: "4 seconds"');
    const stack = await stacks.open(program({ adopt: "gone-long-ago" }));

    const gone = await stack.up();
    expect(gone.exitCode).not.toBe(0);
    expect(gone.output).toContain(
        "adopt.container: there is no container gone-long-ago; name the one that serves now, or leave adopt out",
    );

    stack.program(program({ seed: false }));
    const left = await stack.up();
    expect(left.output).toContain(
        `volumes.data.seed: is missing, and container ${container} has volume ${volume} at /data, which would be left behind; write seed: { docker: { volume: "${volume}" } }`,
    );

    stack.program(program({}));
    const preview = await stack.preview();
    expect(preview.output).toContain("blue takes over from the adopted container");
    expect(preview.output).toContain(
        "there is a gap while the port changes hands, at most 20 seconds",
    );
    expect(preview.output).toMatch(new RegExp(`copies volume ${volume}: (\\d|not measured)`));

    stack.program(program({ unhealthy: true }));
    const failed = await stack.up();
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain("slot blue was not healthy within 4 s");
    expect(failed.output).toContain(`now: ${container} serves again`);
    expect(await stateOf(container)).toBe("running always");
    expect(await slotAt(url)).toBe("old");

    const acknowledged: string[] = [];
    const request = (index: number) => ({ method: "POST", path: "/", body: `write ${index}` });
    const onAnswer = (_answer: unknown, { body }: { body?: string }) =>
        void acknowledged.push(body ?? "");
    const load = startLoad({ port, connections: 4, rate: 40, request, onAnswer });
    stack.program(program({}));
    await stack.must("up", "--yes", "--skip-preview");
    await new Promise((done) => setTimeout(done, 500));
    const report = await load.stop();
    expect(report.bySlot.blue).toBeGreaterThan(0);
    expect(report.bySlot.old).toBeGreaterThan(0);

    const lines = new Set(await written(url));
    expect(acknowledged.filter((line) => !lines.has(line))).toEqual([]);
    expect(await stateOf(container)).toBe("exited no");
    const { freeze } = ((await stack.outputs()).report ?? {}) as { freeze?: { seconds: number } };
    expect(freeze?.seconds).toBeGreaterThan(0);
    expect(freeze?.seconds).toBeLessThan(20);

    // it was adopted: that it is gone now is no problem any more
    await docker("rm", container);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    stack.program(program({ maxGap: "10 seconds" }));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("blue");
});

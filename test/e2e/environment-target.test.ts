import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createNetServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { leftOf, openStacks, slotAt } from "./open-stacks.js";
import { RunnerProcess, startOf } from "./runner-process.js";
import { serviceImage, serviceProgram } from "./service.js";
import { docker, unique } from "./stack.js";

const stacks = openStacks();

function withHost(program: string, host: string): string {
    return program.replace(
        'platform: "docker",',
        `platform: "docker", docker: { host: ${JSON.stringify(host)} },`,
    );
}

test("a target that cannot be reached: preview says so and shows the rest, up refuses", async () => {
    const port = await freePort();
    const program = (green: number) =>
        serviceProgram({ port, weights: { blue: 100 - green, green } });
    const stack = await stacks.open(withHost(program(0), "tcp://127.0.0.1:9"));
    const problem = "the Docker engine (tcp://127.0.0.1:9) cannot be reached";

    const preview = await stack.preview();
    expect(preview.exitCode).toBe(0);
    expect(preview.output).toContain(`nothing was looked at on the target: ${problem}`);
    expect(preview.output).toContain(
        "blue begins to serve\n   1. make the router ready and keep room back on the disk",
    );
    expect(preview.output).toContain(
        "next: check that it runs, and docker.host, the stack's configuration or DOCKER_HOST",
    );

    const up = await stack.up();
    expect(up.exitCode).not.toBe(0);
    expect(up.output).toContain(`docker.host: ${problem}`);
    expect(await leftOf(stack.prefix("shop"))).toEqual([]);

    stack.program(withHost(program(0), "unix:///nowhere/docker.sock"));
    expect((await stack.up()).output).toContain(
        "docker.host: the Docker engine (unix:///nowhere/docker.sock) cannot be reached",
    );
});

/** A port through which the engine is reached for as long as it is open; the runner has the engine's own socket. */
async function wayToTheEngine(port: number): Promise<{ close(): Promise<void> }> {
    const open = new Set<Socket>();
    // An exec's answer comes after its caller closed his half.
    const server = createNetServer({ allowHalfOpen: true }, (here) => {
        const there = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
        for (const end of [here, there]) {
            open.add(end);
            end.on("error", () => {});
            end.on("close", () => open.delete(end));
        }
        here.pipe(there).pipe(here);
    });
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
    return {
        close: () =>
            new Promise((done) => {
                server.close(() => done());
                for (const end of open) end.destroy();
            }),
    };
}

test("a target that a pull request cannot reach: preview plans from the state; one that is lost in the middle goes on", async () => {
    const port = await freePort();
    const enginePort = await freePort();
    const program = (green: number) =>
        withHost(
            serviceProgram({ port, weights: { blue: 100 - green, green } }),
            `tcp://127.0.0.1:${enginePort}`,
        );
    const stack = await stacks.open(program(0));
    let way = await wayToTheEngine(enginePort);
    const url = `http://127.0.0.1:${port}`;
    try {
        await stack.must("up", "--yes", "--skip-preview");
        await way.close();
        stack.program(program(100));
        const preview = await stack.preview();
        expect(preview.exitCode, preview.output).toBe(0);
        expect(preview.output).toContain("nothing was looked at on the target: the Docker engine");
        expect(preview.output).toContain(
            "release: blue hands over to green\n   1. make the router",
        );
        expect(preview.output).toMatch(/~ green: 0 => 100/);
        const up = await stack.up();
        expect(up.exitCode).not.toBe(0);
        expect(await slotAt(url)).toBe("blue");

        // the way is lost in the middle of the hand-over
        way = await wayToTheEngine(enginePort);
        const runner = await RunnerProcess.of(stack.prefix("shop"));
        const lost = stack.up();
        await runner.freezeAt(startOf("last-pass"));
        await way.close();
        const { exitCode, output } = await lost;
        runner.signal("SIGCONT");
        expect(exitCode).not.toBe(0);
        expect(output).toContain("at work on the target, whatever happens here");
        expect(output).toContain(
            "now: not known: the target could not be looked at; what was begun there goes on",
        );
        await expect.poll(() => slotAt(url), { timeout: 60_000 }).toBe("green");
        way = await wayToTheEngine(enginePort);
        const jobs = runner.jobs();
        await stack.must("up", "--yes", "--skip-preview");
        expect(runner.jobs()).toBe(jobs);
        expect(await stack.outputs()).toMatchObject({ active: "green" });
    } finally {
        await stack.cleanUp();
        await way.close().catch(() => {});
    }
});

/** An engine that only says how old it is. */
function oldEngine(socket: string): Promise<Server> {
    const server = createServer((request, response) => {
        response.setHeader("Api-Version", "1.30");
        response.setHeader("Content-Type", "application/json");
        const version = {
            Version: "17.06.2-ce",
            ApiVersion: "1.30",
            MinAPIVersion: "1.12",
            Os: "linux",
            Arch: "amd64",
        };
        response.end(request.url?.endsWith("/version") ? JSON.stringify(version) : "{}");
    });
    return new Promise((done) => server.listen(socket, () => done(server)));
}

const servers: Server[] = [];
afterAll(() => {
    for (const server of servers) server.close();
});

test("an engine that is too old is refused with the version that is needed", async () => {
    const port = await freePort();
    const program = serviceProgram({ port, weights: { blue: 100, green: 0 } });
    const stack = await stacks.open(program);
    const socket = join(stack.folder, "old.sock");
    servers.push(await oldEngine(socket));
    stack.program(withHost(program, `unix://${socket}`));
    const up = await stack.up();
    expect(up.exitCode).not.toBe(0);
    expect(up.output).toContain(
        "docker.host: the Docker engine 17.06.2-ce speaks API 1.30, and 1.41 is needed\n    next: upgrade the engine to Docker 20.10 or newer",
    );
    rmSync(socket, { force: true });
});

/** What a container in a network of Docker's gets from an address. */
function getFrom(network: string, url: string): Promise<string> {
    const script = `fetch(${JSON.stringify(url)}).then((r) => console.log(r.status, r.headers.get("x-slot")))`;
    const command = [serviceImage(), "node", "-e", script];
    return docker("run", "--rm", "--network", network, ...command);
}

async function stateOf(container: string): Promise<{ StartedAt: string }> {
    return JSON.parse(await docker("inspect", "--format", "{{json .State}}", container));
}

test("a port in use, a network and a seed that are not there, an image that is nowhere; a network that changes", async () => {
    const port = await freePort();
    const name = unique("squatter");
    execFileSync(
        "docker",
        ["run", "--detach", "--name", name, "--publish", `127.0.0.1:${port}:3000`, serviceImage()],
        { stdio: "ignore" },
    );
    try {
        const program = serviceProgram({ port, weights: { blue: 100, green: 0 } });
        const stack = await stacks.open(program);
        const up = await stack.up();
        expect(up.exitCode).not.toBe(0);
        expect(up.output).toContain(`traffic.listen: port ${port} is in use by container ${name}`);
        expect(up.output).toContain(`take it over with adopt: { container: "${name}"`);
        expect(
            await docker("ps", "--format", "{{.Names}}", "--filter", `name=${stack.project}`),
        ).toBe("");

        stack.program(
            program
                .replace("traffic: {", 'traffic: { networks: ["no-such-network"],')
                .replace(
                    'mounts: { web: "/data" }',
                    'mounts: { web: "/data" }, seed: { docker: { volume: "no-such-volume" } }',
                ),
        );
        const missing = await stack.up();
        expect(missing.output).toContain(
            "traffic.networks[0]: there is no network no-such-network; write one that exists",
        );
        expect(missing.output).toContain(
            "volumes.data.seed.docker.volume: there is no volume no-such-volume; write the name of one that exists, or leave seed out",
        );

        stack.program(
            serviceProgram({
                port,
                weights: { blue: 100, green: 0 },
                image: { green: "no-such-image.invalid/a:1" },
            }),
        );
        const image = await stack.up();
        expect(image.exitCode).not.toBe(0);
        expect(image.output).toContain(
            "slots.green.containers.web.image: no-such-image.invalid/a:1 is not on the engine and cannot be pulled",
        );

        await docker("rm", "--force", name);
        stack.program(program);
        await stack.must("up", "--yes", "--skip-preview");
        expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);

        // a network of the user's own, joined and left while the slot serves on
        const router = `${stack.prefix("shop")}-router`;
        const network = `${stack.project}-proxy`;
        await docker("network", "create", network);
        const fromProxy = () => getFrom(network, `http://${router}:8080/`);
        await expect(fromProxy()).rejects.toThrow("ENOTFOUND");
        const { StartedAt: before } = await stateOf(router);
        stack.program(program.replace("traffic: {", `traffic: { networks: ["${network}"],`));
        await stack.must("up", "--yes", "--skip-preview");
        expect(await fromProxy()).toBe("200 blue");
        await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
        stack.program(program);
        await stack.must("up", "--yes", "--skip-preview");
        await expect(fromProxy()).rejects.toThrow("ENOTFOUND");
        expect((await stateOf(router)).StartedAt).toBe(before);
        await docker("network", "rm", network);
    } finally {
        await docker("rm", "--force", name).catch(() => "");
    }
});

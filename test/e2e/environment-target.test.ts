import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { leftOf, openStacks } from "./open-stacks.js";
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

test("a port in use, a network and a seed that are not there, an image that is nowhere", async () => {
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
    } finally {
        await docker("rm", "--force", name).catch(() => "");
    }
});

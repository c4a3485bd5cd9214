import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { startLoad } from "../load.js";
import { openStacks, runningIn, slotAt, volumesOf, write, written } from "./open-stacks.js";
import { serviceImage, serviceProgram } from "./service.js";
import { docker, unique } from "./stack.js";

const stacks = openStacks();

/** A slot of a service, a cache that only reads its volume, and a worker in the background. */
function threeContainers(slot: string): string {
    const container = (name: string, data: string) =>
        JSON.stringify({
            image: serviceImage(),
            envs: [`SLOT=${slot}`, `VERSION=${name}`, `DATA=${data}`],
        });
    const containers = `web: ${container("web", "/data")}, cache: ${container("cache", "/cache")}, worker: ${container("worker", "")}`;
    return `${slot}: { containers: { ${containers} }, background: ["worker"] }`;
}

function sharedProgram(port: number, green: number): string {
    return `
import * as cutover from "pulumi-cutover";
const shop = new cutover.BlueGreenEnvironment("shop", {
    platform: "docker",
    slots: { ${threeContainers("blue")}, ${threeContainers("green")} },
    volumes: { data: { mounts: { web: "/data", cache: { path: "/cache", readOnly: true } }, mode: "shared" } },
    traffic: { listen: "127.0.0.1:${port}", to: { container: "web", port: 3000 }, weights: { blue: ${100 - green}, green: ${green} } },
    health: { path: "/healthz" },
});
export const volumes = shop.volumes;
`;
}

async function containerOf(prefix: string, slot: string, key: string): Promise<string> {
    const labels = { prefix, slot, container: key };
    const filters = Object.entries(labels).flatMap(([name, value]) => [
        "--filter",
        `label=cutover.${name}=${value}`,
    ]);
    return docker("ps", "--format", "{{.Names}}", ...filters);
}

function fromInside(container: string, url: string, method = "GET"): Promise<string> {
    const script = `fetch(${JSON.stringify(url)}, { method: ${JSON.stringify(method)}, body: ${method === "POST" ? '"x"' : "undefined"} }).then(async (r) => console.log(r.status, r.headers.get("x-slot"), await r.text()))`;
    return docker("exec", container, "node", "-e", script);
}

test("shared: both slots on one volume, several containers by name, the worker where most weight is", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const stack = await stacks.open(sharedProgram(port, 40));
    await stack.must("up", "--yes", "--skip-preview");
    const prefix = stack.prefix("shop");
    expect(await volumesOf(prefix)).toEqual([
        `${prefix}-control`,
        `${prefix}-data`,
        `${prefix}-journal`,
    ]);

    const load = await startLoad({ port, connections: 1, requests: 20 }).ended;
    expect(load).toMatchObject({ failed: 0, bySlot: { blue: 12, green: 8 } });
    expect(await written(url)).toHaveLength(10);

    for (const slot of ["blue", "green"]) {
        const web = await containerOf(prefix, slot, "web");
        expect(await fromInside(web, "http://cache:3000/")).toBe(
            `200 ${slot} hello from ${slot} cache`,
        );
        const cache = await containerOf(prefix, slot, "cache");
        expect(await fromInside(cache, "http://cache:3000/log")).toContain("xxx");
        expect(await fromInside(cache, "http://cache:3000/", "POST")).toContain("500");
    }
    expect(await containerOf(prefix, "blue", "worker")).not.toBe("");
    expect(await containerOf(prefix, "green", "worker")).toBe("");

    stack.program(sharedProgram(port, 70));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await containerOf(prefix, "blue", "worker")).toBe("");
    expect(await containerOf(prefix, "green", "worker")).not.toBe("");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");

    stack.program(sharedProgram(port, 100));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await runningIn(prefix, "blue")).toBe("");
    expect(await written(url)).toHaveLength(10);

    stack.program(sharedProgram(port, 100).replace(', mode: "shared"', ""));
    const changed = await stack.up();
    expect(changed.output).toContain(
        "volumes.data.mode: cannot be changed after creation; declare a new environment with it",
    );
});

async function canaryCookie(url: string): Promise<string> {
    for (let attempt = 0; attempt < 40; attempt++) {
        const answer = await fetch(url);
        if (answer.headers.get("x-slot") === "green")
            return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    }
    throw new Error("no request came to the canary");
}

test("clone: a canary works on a copy that is thrown away, and is promoted with the real data", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const seed = unique("seed");
    await docker("volume", "create", seed);
    await docker(
        "run",
        "--rm",
        "--mount",
        `type=volume,source=${seed},target=/seed,volume-nocopy`,
        "--entrypoint",
        "sh",
        serviceImage(),
        "-c",
        "echo from the seed > /seed/log",
    );
    const volumes = `{ data: { mounts: { web: "/data" }, mode: "clone", acknowledge: "canary writes are discarded", seed: { docker: { volume: "${seed}" } } } }`;
    const program = (green: number) =>
        serviceProgram({ port, weights: { blue: 100 - green, green }, volumes });
    const stack = await stacks.open(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    // read the first time only
    await docker("volume", "rm", seed);
    await write(url, "first");

    stack.program(program(10));
    const preview = await stack.preview();
    expect(preview.output).toContain(
        "copy the volumes of blue into throw-away ones of green, while blue serves",
    );
    const before = startLoad({
        port,
        connections: 4,
        rate: 50,
        request: () => ({ method: "GET", path: "/" }),
    });
    await stack.must("up", "--yes", "--skip-preview");
    expect(await before.stop()).toMatchObject({ failed: 0, failures: [] });

    const cookie = await canaryCookie(url);
    const asCanary = (path: string, body?: string) =>
        fetch(`${url}${path}`, { headers: { cookie }, ...(body ? { method: "POST", body } : {}) });
    expect((await asCanary("/", "by the canary")).headers.get("x-slot")).toBe("green");
    for (let turn = 0; turn < 10; turn++)
        expect((await asCanary("/")).headers.get("x-slot")).toBe("green");
    expect(await (await asCanary("/log")).text()).toBe("from the seed\nfirst\nby the canary\n");

    // other weights leave the canary as it is
    stack.program(program(20));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await (await asCanary("/log")).text()).toBe("from the seed\nfirst\nby the canary\n");

    // its promotion: what it wrote is gone, the real data are there
    stack.program(program(100));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("green");
    expect(await written(url)).toEqual(["from the seed", "first"]);
    await write(url, "by green");
    expect(await stack.outputs()).toMatchObject({ active: "green" });

    stack.program(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("blue");
    expect(await written(url)).toEqual(["from the seed", "first", "by green"]);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");

    // safe methods only: what is written goes to the real data, whatever the cookie says; the router is made anew for it
    const safe = (green: number) =>
        program(green).replace(
            'acknowledge: "canary writes are discarded"',
            "safeMethodsOnly: true",
        );
    await docker("rm", "--force", `${stack.prefix("shop")}-router`);
    stack.program(safe(0));
    await stack.must("up", "--yes", "--skip-preview");
    stack.program(safe(50));
    await stack.must("up", "--yes", "--skip-preview");
    const reader = await canaryCookie(url);
    expect((await fetch(url, { headers: { cookie: reader } })).headers.get("x-slot")).toBe("green");
    const posted = await fetch(url, {
        method: "POST",
        body: "by a canary user",
        headers: { cookie: reader },
    });
    expect(posted.headers.get("x-slot")).toBe("blue");
    stack.program(safe(100));
    await stack.must("up", "--yes", "--skip-preview");
    await write(url, "by green again");
    expect(await slotAt(url)).toBe("green");
    expect(await written(url)).toEqual([
        "from the seed",
        "first",
        "by green",
        "by a canary user",
        "by green again",
    ]);
});

test("without volumes: any split, exact, under load", async () => {
    const port = await freePort();
    const program = (green: number) =>
        serviceProgram({
            port,
            weights: { blue: 100 - green, green },
            volumes: "{}",
            blue: { DATA: "" },
            green: { DATA: "" },
            ...(green === 0 ? { without: "green" as const } : {}),
        });
    const stack = await stacks.open(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    const load = startLoad({ port, connections: 8, rate: 100 });
    for (const green of [10, 100, 25]) {
        stack.program(program(green));
        await stack.must("up", "--yes", "--skip-preview");
    }
    expect(await load.stop()).toMatchObject({ failed: 0, failures: [] });
    const cycles = await startLoad({ port, connections: 1, requests: 100 }).ended;
    expect(cycles.bySlot).toEqual({ blue: 75, green: 25 });
});

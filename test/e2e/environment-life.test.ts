import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { leftOf, openStacks, slotAt, volumesOf, write, written } from "./open-stacks.js";
import { type ServiceProgram, serviceImage, serviceProgram } from "./service.js";
import { docker } from "./stack.js";

const stacks = openStacks();

async function shop(first: Partial<ServiceProgram> = {}) {
    const port = await freePort();
    const program = (green: number, more: Partial<ServiceProgram> = {}) =>
        serviceProgram({ port, weights: { blue: 100 - green, green }, ...first, ...more });
    const stack = await stacks.open(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    return { program, stack, prefix: stack.prefix("shop"), url: `http://127.0.0.1:${port}` };
}

function copyVolume(from: string, to: string): Promise<string> {
    const mounts = ["--volume", `${from}:/from`, "--volume", `${to}:/to`];
    const command = ["cp", "-a", "/from/.", "/to"];
    return docker("run", "--rm", "--network", "none", ...mounts, serviceImage(), ...command);
}

test("destroy keeps the data for the next up, which finds them or says where they are", async () => {
    const { program, stack, prefix, url } = await shop();
    await write(url, "first");
    // A changed label would replace a volume of Pulumi's, and erase it.
    expect(await stack.exported()).not.toContain("docker:index/volume:Volume");

    await stack.must("stack", "rename", "renamed");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.must("stack", "rename", stack.stack);

    await stack.must("destroy", "--yes", "--skip-preview");
    expect(await leftOf(prefix)).toEqual([]);
    const kept = [`${prefix}-data-blue`, `${prefix}-data-green`, `${prefix}-journal`];
    expect(await volumesOf(prefix)).toEqual(kept);

    stack.program(program(100));
    const other = await stack.up();
    expect(other.exitCode).not.toBe(0);
    expect(other.output).toContain(
        "traffic.weights: give traffic to green, and the newest data are in blue's volumes, which serves nothing now; begin with blue at 100, and move the weights in the next change",
    );

    stack.program(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await written(url)).toEqual(["first"]);
    await write(url, "second");
    stack.program(program(100));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await written(url)).toEqual(["first", "second"]);
    await stack.must("destroy", "--yes", "--skip-preview");
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("green");
    expect(await written(url)).toEqual(["first", "second"]);

    // the volume with the newest data is gone: it is never begun anew in silence
    await stack.must("destroy", "--yes", "--skip-preview");
    const newest = `${prefix}-data-green`;
    const backup = `${prefix}-backup`;
    await copyVolume(newest, backup);
    await docker("volume", "rm", newest);
    const lost = await stack.up();
    expect(lost.exitCode).not.toBe(0);
    const make = `docker volume create --label cutover.prefix=${prefix} --label cutover.role=data --label cutover.volume=data --label cutover.slot=green ${newest}`;
    expect(lost.output).toContain(
        `volumes.data: had the newest data in volume ${newest}, which is gone; make it again (${make}) and restore a backup into it, or begin without these data by removing what tells of them (docker rm --force ${prefix}-router; docker volume rm ${prefix}-journal)`,
    );
    await docker(...make.split(" ").slice(1));
    await copyVolume(backup, newest);
    await docker("volume", "rm", backup);
    await stack.must("up", "--yes", "--skip-preview");
    expect(await written(url)).toEqual(["first", "second"]);

    const volumes = `{ data: { mounts: { web: "/data" }, onDestroy: "delete" } }`;
    stack.program(program(100, { volumes }));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await written(url)).toEqual(["first", "second"]);
    await stack.must("destroy", "--yes", "--skip-preview");
    expect(await leftOf(prefix)).toEqual([]);
    expect(await volumesOf(prefix)).toEqual([]);
});

/** The container of a slot, running or not. */
function anyIn(prefix: string, slot: string): Promise<string> {
    const own = ["--filter", `label=cutover.prefix=${prefix}`];
    return docker("ps", "--all", "--quiet", ...own, "--filter", `label=cutover.slot=${slot}`);
}

test("what somebody did by hand shows in a refresh, and the next up repairs it", async () => {
    const { program, stack, prefix, url } = await shop();
    await write(url, "first");
    const router = `${prefix}-router`;

    // the weights, at the router's socket
    const commands = [
        "enable server slots/green",
        "set server slots/green weight 30",
        "set server slots/blue weight 70",
    ];
    const script = commands
        .map((line) => `echo "${line}" | socat - UNIX-CONNECT:/cutover/haproxy.sock`)
        .join("; ");
    await docker("exec", router, "sh", "-c", script);
    const drift = await stack.must("refresh", "--yes", "--skip-preview", "--diff");
    expect(drift.output).toContain("~ blue : 100 => 70");
    await stack.must("up", "--yes", "--skip-preview");
    expect(await stack.outputs()).toMatchObject({ weights: { blue: 100, green: 0 } });
    expect(await slotAt(url)).toBe("blue");

    // the serving slot, stopped
    const blue = await docker(
        "ps",
        "--quiet",
        "--filter",
        `label=cutover.prefix=${prefix}`,
        "--filter",
        "label=cutover.slot=blue",
    );
    await docker("stop", "--time", "1", blue);
    const down = await stack.must("refresh", "--yes", "--skip-preview", "--diff");
    expect(down.output).toContain("~ blue : 100 => 0");
    await stack.must("up", "--yes", "--skip-preview");
    expect(await written(url)).toEqual(["first"]);

    // a hand-over that failed, then refresh, which clears what Pulumi knows of the failure
    stack.program(
        program(100, {
            green: { UNHEALTHY: "true" },
            more: `handover: { onRollback: "reverseSync" }, `,
        }).replace('path: "/healthz"', 'path: "/healthz", timeout: "3 seconds"'),
    );
    const failed = await stack.up();
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain(
        "slot green was not healthy within 3 s: the last answer was status 500, asked for /healthz",
    );
    expect(failed.output).toContain("now: blue serves");
    expect(await written(url)).toEqual(["first"]);
    await stack.must("refresh", "--yes", "--skip-preview");
    stack.program(program(100));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("green");
    expect(await written(url)).toEqual(["first"]);

    // the other slot's container, volume and network, removed
    await docker("rm", "--force", await anyIn(prefix, "blue"));
    await docker("volume", "rm", `${prefix}-data-blue`);
    await docker("network", "disconnect", `${prefix}-blue`, router);
    await docker("network", "rm", `${prefix}-blue`);
    const missing = await stack.must("refresh", "--yes", "--skip-preview", "--diff");
    expect(missing.output).toContain(`"network ${prefix}-blue"`);
    expect(missing.output).toContain(`"volume ${prefix}-data-blue"`);
    expect((await stack.preview()).output).toContain(
        `network ${prefix}-blue is gone: it is made again`,
    );
    await stack.must("up", "--yes", "--skip-preview");
    expect(await volumesOf(prefix)).toContain(`${prefix}-data-blue`);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");

    // what blue left is gone with it
    stack.program(program(0, { more: "" }));
    const block = await stack.up();
    const token = /discard: "([0-9a-f]+)"/.exec(block.output)?.[1];
    stack.program(program(0, { more: `handover: { onRollback: { discard: "${token}" } },` }));
    const nothingLeft = await stack.up();
    expect(nothingLeft.exitCode).not.toBe(0);
    expect(nothingLeft.output).toContain(
        `handover.onRollback.discard: goes back to what blue left in volume ${prefix}-data-blue, and somebody removed that; write handover.onRollback: "reverseSync"`,
    );

    // the serving slot's network, without a refresh
    const network = `${prefix}-green`;
    for (const one of [router, await anyIn(prefix, "green")])
        await docker("network", "disconnect", "--force", network, one);
    await docker("network", "rm", network);
    stack.program(program(100));
    await stack.must("up", "--yes", "--skip-preview");
    await expect.poll(() => slotAt(url), { timeout: 10_000 }).toBe("green");
    expect(await written(url)).toEqual(["first"]);
    await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");

    // a router that was made for something else: consent is to remove it
    const volumes = `{ data: { mounts: { web: "/data" }, mode: "clone", acknowledge: "canary writes are discarded" } }`;
    stack.program(program(100, { volumes }));
    const refused = await stack.up();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain(
        `volumes.data.mode: was changed, and the router was made for what it was; a new router interrupts the traffic; change it back, or consent by removing the router (docker rm --force ${router}) right before pulumi up, which makes it anew`,
    );
    expect(await slotAt(url)).toBe("green");
    await docker("rm", "--force", router);
    await stack.must("up", "--yes", "--skip-preview");
    const sticky = await fetch(url);
    expect(sticky.headers.get("x-slot")).toBe("green");
    expect(sticky.headers.get("set-cookie")).toContain("cutover-slot=green");
    expect(await written(url)).toEqual(["first"]);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
});

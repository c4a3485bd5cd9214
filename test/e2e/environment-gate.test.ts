import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { openStacks, runningIn, slotAt, write, written } from "./open-stacks.js";
import { type ServiceProgram, serviceImage, serviceProgram } from "./service.js";
import { docker, type TestStack } from "./stack.js";

const stacks = openStacks();
const cli = resolve(import.meta.dirname, "..", "..", "dist", "cli.js");

async function shop(first: Partial<ServiceProgram> = {}) {
    const port = await freePort();
    const program = (green: number, more: Partial<ServiceProgram> = {}) =>
        serviceProgram({ port, weights: { blue: 100 - green, green }, ...first, ...more });
    const stack = await stacks.open(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    const prefix = stack.prefix("shop");
    return { program, stack, prefix, url: `http://127.0.0.1:${port}` };
}

const refusedBlue =
    "slots.blue.containers.web: was changed, and slot blue carries traffic (weight 100); leave it as it is, change slot green instead, and move the weights to it";

test("what serves is never replaced by mistake; a reverted release is handed over first", async () => {
    const { program, stack, prefix, url } = await shop();
    await write(url, "first");
    const before = await runningIn(prefix, "blue");
    const untouched = async () => {
        expect(await runningIn(prefix, "blue")).toBe(before);
        expect(await slotAt(url)).toBe("blue");
    };

    // its image
    await docker("tag", serviceImage(), `${stack.project}:2`);
    stack.program(program(0, { image: { blue: `${stack.project}:2` } }));
    const image = await stack.up();
    expect(image.exitCode).not.toBe(0);
    expect(image.output).toContain(refusedBlue);
    await untouched();

    // a label
    stack.program(
        program(0).replace(
            "blue: { containers: { web: {",
            'blue: { containers: { web: {labels:[{label:"a",value:"b"}],',
        ),
    );
    const label = await stack.up();
    expect(label.exitCode).not.toBe(0);
    expect(label.output).toContain(refusedBlue);
    await untouched();

    // the whole slot
    stack.program(program(0, { without: "blue" }));
    const slot = await stack.up();
    expect(slot.output).toContain(
        "traffic.weights.blue: puts all the weight on slot blue, which is not declared",
    );
    await untouched();

    // a container that a killed `up` created and Pulumi's state does not have
    stack.program(program(0, { green: { VERSION: "3" } }));
    const planned = await stack.preview();
    const name = /=> "(\S+-green-web-[0-9a-f]{8})"/.exec(planned.output)?.[1] ?? "";
    const labels = { prefix, role: "slot", slot: "green", container: "web" };
    const labelled = Object.entries(labels).flatMap(([key, value]) => [
        "--label",
        `cutover.${key}=${value}`,
    ]);
    await docker("create", "--name", name, ...labelled, serviceImage());

    // the release, and its revert
    await stack.must("up", "--yes", "--skip-preview");
    stack.program(program(100, { green: { VERSION: "3" } }));
    await stack.must("up", "--yes", "--skip-preview");
    await write(url, "second");
    stack.program(program(0));
    const revert = await stack.must("up", "--yes", "--skip-preview");
    expect(revert.output).toMatch(/shop-handover updated[\s\S]*shop-green-web deleted original/);
    expect(await slotAt(url)).toBe("blue");
    expect(await written(url)).toEqual(["first", "second"]);
    await docker("rmi", `${stack.project}:2`);

    // --target and --replace get around the gate: the next up restores service
    const urn = `urn:pulumi:test::${stack.project}::cutover:index:BlueGreenEnvironment$docker:index/container:Container::shop-blue-web`;
    await stack.run("up", "--yes", "--skip-preview", "--target", urn, "--replace", urn);
    await stack.must("up", "--yes", "--skip-preview", "--refresh");
    expect(await slotAt(url)).toBe("blue");
    expect(await written(url)).toEqual(["first", "second"]);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
});

/** The same stack as somebody else has it: a copy of the backend's folder, without the lock. */
function secondCopy(stack: TestStack, as: TestStack): void {
    cpSync(
        join(stack.folder, "backend", ".pulumi", "stacks"),
        join(as.folder, "backend", ".pulumi", "stacks"),
        { recursive: true },
    );
}

function cutover(...args: string[]): Promise<{ exitCode: number; output: string }> {
    return new Promise((done) => {
        execFile(process.execPath, [cli, ...args], (error, stdout, stderr) => {
            done({ exitCode: error ? Number(error.code) : 0, output: `${stdout}${stderr}` });
        });
    });
}

async function eventually(what: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
        if (await what()) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("it never came");
}

test("one at a time: a second up and a destroy are refused with the holder; status, follow and abort", async () => {
    // green takes its time, and has it
    const slow = { green: { START_DELAY: "240000" }, more: `handover: { maxHold: "5 minutes" },` };
    const { program: quick, stack, prefix, url } = await shop(slow);
    const program = (green: number) =>
        quick(green).replace('path: "/healthz"', 'path: "/healthz", timeout: "5 minutes"');
    await write(url, "first");
    expect((await cutover("status", prefix)).output).toMatch(
        /at rest; last: start to blue 100, green 0, done .* ago\n {2}weights: blue 100, green 0\n {2}requests: 0 in flight, 0 held/,
    );

    stack.program(program(100));
    const other = await stacks.open(program(100));
    // the other copy is of the same project and stack
    other.write(
        "Pulumi.yaml",
        `name: ${stack.project}\nruntime: nodejs\nbackend:\n  url: file://${join(other.folder, "backend")}\n`,
    );
    secondCopy(stack, other);
    const first = stack.up();
    await eventually(async () => (await cutover("status", prefix)).output.includes("step: start"));
    const status = await cutover("status", prefix);
    expect(status.output).toMatch(
        /at work: hand-over from blue to green, started .* ago by .*@.* \(process \d+\)/,
    );

    await other.run("stack", "select", stack.stack);
    const second = await other.up();
    expect(second.exitCode).not.toBe(0);
    expect(second.output).toMatch(/@\S+ \(process \d+\) is at work on this since \d{4}-\d\d-\d\dT/);
    expect(second.output).toContain(`npx pulumi-cutover follow ${prefix}`);

    // a destroy would end what is half-way
    const destroy = await other.destroy();
    expect(destroy.exitCode).not.toBe(0);
    expect(destroy.output).toMatch(
        /@\S+ \(process \d+\) is at work on this since \d{4}-\d\d-\d\dT/,
    );
    expect(destroy.output).toContain(
        `now: nothing was removed\n    next: wait for it, or have it go back with npx pulumi-cutover abort ${prefix}; then destroy`,
    );
    expect((await cutover("status", prefix)).output).toContain("step: start");

    const following = cutover("follow", prefix);
    expect((await cutover("abort", prefix)).output).toContain(`${prefix} was asked to go back`);
    expect((await following).output).toContain("somebody asked to go back");
    const aborted = await first;
    expect(aborted.exitCode).not.toBe(0);
    expect(aborted.output).toContain("somebody asked to go back");
    expect(aborted.output).toContain("now: blue serves");
    expect(await slotAt(url)).toBe("blue");
    expect((await cutover("abort", prefix)).output).toContain(`nothing is at work on ${prefix}`);
    expect((await cutover("status", prefix)).output).toContain("went back");
});

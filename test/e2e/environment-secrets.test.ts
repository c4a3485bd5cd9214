import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { openStacks } from "./open-stacks.js";
import { serviceImage } from "./service.js";
import { docker } from "./stack.js";

const stacks = openStacks();

function program(
    port: number,
    { timeout = "60 seconds", green = 0, path = '"/healthz"' } = {},
): string {
    const container = (slot: string) =>
        `{ image: "${serviceImage()}", envs: ["SLOT=${slot}", "VERSION=1", "DATA=/data", pulumi.interpolate\`PASSWORD=\${password}\`] }`;
    return `
import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";
const config = new pulumi.Config();
const password = config.requireSecret("password");
const path = config.requireSecret("path");
const shop = new cutover.BlueGreenEnvironment("shop", {
    platform: "docker",
    slots: {
        blue: { containers: { web: ${container("blue")} } },
        green: { containers: { web: ${container("green")} } },
    },
    volumes: { data: { mounts: { web: "/data" } } },
    traffic: { listen: "127.0.0.1:${port}", to: { container: "web", port: 3000 }, weights: { blue: ${100 - green}, green: ${green} } },
    health: { path: ${path}, timeout: "${timeout}" as any },
});
export const report = shop.report;
`;
}

test("a secret in a container is nowhere in clear: screen, state, journal, labels, report", async () => {
    const password = "correct-horse-battery-staple-7";
    const port = await freePort();
    const stack = await stacks.open(program(port));
    await stack.secret("password", password);
    await stack.secret("path", "/healthz?key=open-sesame-42");
    const seen: string[] = [];
    const note = (output: string) => {
        seen.push(output);
        return output;
    };

    // a bad value beside it
    stack.program(program(port, { timeout: "soon" }));
    expect(note((await stack.up()).output)).toContain(
        'health.timeout: must be a length of time with its unit; write a duration such as "60 seconds"',
    );

    stack.program(program(port));
    note((await stack.preview()).output);
    note((await stack.must("up", "--yes", "--skip-preview", "--diff")).output);
    stack.program(program(port, { green: 100 }));
    note((await stack.preview()).output);
    note((await stack.must("up", "--yes", "--skip-preview", "--diff")).output);
    note(await stack.exported());
    note(JSON.stringify((await stack.outputs()).report));

    const prefix = stack.prefix("shop");
    note(await docker("cp", `${prefix}-router:/journal/journal.jsonl`, "-"));
    const ids = await docker(
        "ps",
        "--all",
        "--quiet",
        "--filter",
        `label=cutover.prefix=${prefix}`,
    );
    note(
        await docker(
            "inspect",
            "--format",
            "{{json .Config.Labels}} {{.Name}} {{json .Args}}",
            ...ids.split("\n"),
        ),
    );
    for (const text of seen) expect(text).not.toContain(password);

    // one that a plan would have to show: refused, and printed nowhere
    stack.program(program(port, { green: 100, path: "path" }));
    const refused = await stack.up();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain(
        "health.path: is secret, and plans, journals and the router would hold it in clear; write it in the open, or use pulumi.unsecret where it is no secret",
    );
    expect(refused.output + (await stack.exported())).not.toContain("open-sesame-42");
});

import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { runningIn } from "./open-stacks.js";
import { serviceImage, serviceProgram } from "./service.js";
import { docker, TestStack } from "./stack.js";

const stacks: TestStack[] = [];
afterEach(async () => {
    for (const stack of stacks.splice(0)) await stack.cleanUp();
});

async function newStack(program: string): Promise<TestStack> {
    const stack = new TestStack(program);
    stacks.push(stack);
    return stack.init();
}

describe("a service on a volume", () => {
    it("is upgraded and brought back with its data, and rests without changes in between", async () => {
        const port = await freePort();
        const at = (green: number) =>
            serviceProgram({ port, weights: { blue: 100 - green, green } }).replace(
                "});\nexport const url",
                `}, ${withHostname});\nexport const url`,
            );
        const url = `http://127.0.0.1:${port}`;
        const stack = await newStack(at(0));

        expect((await stack.up()).output).toContain("blue serves");
        await fetch(url, { method: "POST", body: "first" });

        // the first volume has what its image brings, once; the other one waits for its copy
        const prefix = stack.prefix("shop");
        const blue = await runningIn(prefix, "blue");
        expect(await docker("exec", blue, "cat", "/data/first")).toBe("from the image");
        await docker("exec", blue, "rm", "/data/first");
        const idle = ["run", "--rm", "--volume", `${prefix}-data-green:/v`, serviceImage()];
        expect(await docker(...idle, "ls", "-A", "/v")).toBe(".cutover-parked");
        expect(await docker("exec", blue, "hostname")).toBe("renamed");

        stack.program(at(100));
        const preview = await stack.preview();
        expect(preview.output).toContain("~ green: 0 => 100");
        expect(preview.output).toContain("release: blue hands over to green");
        const planned = await stack.preview("--save-plan", "plan.json");
        expect(withoutProgress(planned.output)).toBe(withoutProgress(preview.output));
        // what a reviewer approved, and nothing else
        const up = await stack.up("--plan", "plan.json");
        expect(up.exitCode, up.output).toBe(0);
        expect(await (await fetch(`${url}/log`)).text()).toBe("first\n");
        expect((await fetch(url)).headers.get("x-slot")).toBe("green");
        const green = await runningIn(prefix, "green");
        expect(await docker("exec", green, "ls", "-A", "/data")).toBe("log");
        await fetch(url, { method: "POST", body: "second" });

        expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
        expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

        stack.program(at(0));
        expect((await stack.up()).exitCode).toBe(0);
        expect((await fetch(url)).headers.get("x-slot")).toBe("blue");
        expect(await (await fetch(`${url}/log`)).text()).toBe("first\nsecond\n");
        expect(await stack.outputs()).toMatchObject({
            active: "blue",
            weights: { blue: 100, green: 0 },
        });
    });
});

/** Pulumi's own way to change what a component makes. */
const withHostname = `{
    transforms: [({ type, props, opts }) =>
        type === "docker:index/container:Container" ? { props: { ...props, hostname: "renamed" }, opts } : undefined],
}`;

/** Dots and live figures depend on how busy the machine is. */
function withoutProgress(output: string): string {
    const passing =
        /^(@ |copies volume |expected freeze: |Update plan written|Run `pulumi up --plan)/;
    return output
        .split("\n")
        .filter((line) => !passing.test(line))
        .join("\n");
}

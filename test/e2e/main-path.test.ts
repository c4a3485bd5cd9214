import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { serviceProgram } from "./service.js";
import { TestStack } from "./stack.js";

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
            serviceProgram({ port, weights: { blue: 100 - green, green } });
        const url = `http://127.0.0.1:${port}`;
        const stack = await newStack(at(0));

        expect((await stack.up()).output).toContain("blue serves");
        await fetch(url, { method: "POST", body: "first" });

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

/** Dots and live figures depend on how busy the machine is. */
function withoutProgress(output: string): string {
    const passing =
        /^(@ |copies volume |expected freeze: |Update plan written|Run `pulumi up --plan)/;
    return output
        .split("\n")
        .filter((line) => !passing.test(line))
        .join("\n");
}

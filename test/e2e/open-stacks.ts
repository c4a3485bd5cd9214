import { afterAll } from "vitest";
import { docker, TestStack } from "./stack.js";

/** Stacks of one test file; all of them are removed at its end. */
export function openStacks(): { open(program: string): Promise<TestStack> } {
    const stacks: TestStack[] = [];
    afterAll(async () => {
        for (const stack of stacks.splice(0)) await stack.cleanUp();
    });
    return {
        async open(program) {
            const stack = new TestStack(program);
            stacks.push(stack);
            return stack.init();
        },
    };
}

/** The id of the container that runs in a slot. */
export async function runningIn(prefix: string, slot: string): Promise<string> {
    const own = ["--filter", `label=cutover.prefix=${prefix}`];
    return docker("ps", "--quiet", "--no-trunc", ...own, "--filter", `label=cutover.slot=${slot}`);
}

/** Names of all volumes of an environment. */
export async function volumesOf(prefix: string): Promise<string[]> {
    const own = `label=cutover.prefix=${prefix}`;
    const list = await docker("volume", "ls", "--format", "{{.Name}}", "--filter", own);
    return list
        .split("\n")
        .filter((name) => name !== "")
        .sort();
}

/** Names of all containers and networks of an environment. */
export async function leftOf(prefix: string): Promise<string[]> {
    const own = ["--filter", `label=cutover.prefix=${prefix}`];
    const containers = await docker("ps", "--all", "--format", "{{.Names}}", ...own);
    const networks = await docker("network", "ls", "--format", "{{.Name}}", ...own);
    return [...containers.split("\n"), ...networks.split("\n")]
        .filter((name) => name !== "")
        .sort();
}

export async function write(url: string, text: string): Promise<void> {
    const answer = await fetch(url, { method: "POST", body: text });
    if (answer.status !== 200) throw new Error(`POST ${url}: ${answer.status}`);
}

export async function written(url: string): Promise<string[]> {
    const text = await (await fetch(`${url}/log`)).text();
    return text.split("\n").filter((line) => line !== "");
}

export async function slotAt(url: string): Promise<string | null> {
    return (await fetch(url)).headers.get("x-slot");
}

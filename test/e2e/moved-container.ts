import { expect, type TestContext } from "vitest";
import type { ContainerReport } from "../../provider/index.js";
import { RunnerProcess } from "./runner-process.js";
import { docker, TestStack, unique } from "./stack.js";

/** The image of containers that need nothing but a shell. */
export const image = "debian:trixie-slim";

/** A stack with one `ContainerMigration`, `shop`, and the container that it moves. */
export class MovedContainer {
    readonly project = unique("c");
    readonly old = this.name("old");
    readonly new = this.name("new");
    readonly data = this.name("data");
    readonly stack = new TestStack("", { project: this.project });

    /** A stack of its own; it ends with the test, whatever runs beside it. */
    static async begin({ onTestFinished }: TestContext, host?: string): Promise<MovedContainer> {
        const one = new MovedContainer(host);
        onTestFinished(() => one.cleanUp());
        await one.stack.init();
        return one;
    }

    private constructor(readonly host: string | undefined) {}

    /** Everything that a test makes begins like this, and is removed with the stack. */
    name(part: string): string {
        return `${this.project}-${part}`;
    }

    get prefix(): string {
        return this.stack.prefix("shop");
    }

    /** `docker ARGS` on the engine of the container. */
    docker(...args: string[]): Promise<string> {
        return docker(...(this.host ? ["--host", this.host] : []), ...args);
    }

    /** The program's text: `more` are further arguments. */
    declare(more = ""): this {
        const host = this.host ? `, host: "${this.host}"` : "";
        this.stack.program(`
import * as cutover from "pulumi-cutover";
const shop = new cutover.ContainerMigration("shop", {
    container: { docker: { name: "${this.old}"${host} } },
    to: { name: "${this.new}" },
    ${more}
});
export const name = shop.name;
export const containerId = shop.containerId;
export const volumes = shop.volumes;
export const report = shop.report;
`);
        return this;
    }

    /** The old container: a shell that runs `script` with its data in /data. */
    async run(script: string, ...options: string[]): Promise<void> {
        const mount = ["--volume", `${this.data}:/data`];
        const command = [image, "bash", "-c", script];
        await this.docker("run", "--detach", "--name", this.old, ...mount, ...options, ...command);
    }

    inspect<T>(container: string, field: string): Promise<T> {
        const format = `{{json ${field}}}`;
        return this.docker("container", "inspect", "--format", format, container).then(
            (text) => JSON.parse(text) as T,
        );
    }

    /** `"running"`, `"exited"`, …, or `"none"`. */
    status(container: string): Promise<string> {
        return this.inspect<string>(container, ".State.Status").catch(() => "none");
    }

    restartPolicy(container: string): Promise<string> {
        return this.inspect<string>(container, ".HostConfig.RestartPolicy.Name");
    }

    /** Lets a shell at a volume. */
    shell(volume: string, script: string): Promise<string> {
        const mount = `type=volume,source=${volume},target=/v,volume-nocopy`;
        const options = ["--rm", "--mount", mount, "--workdir", "/v"];
        return this.docker("run", ...options, image, "bash", "-c", script);
    }

    /** `pulumi up`, which has to succeed. */
    async up(): Promise<string> {
        const result = await this.stack.up();
        expect(result.exitCode, result.output).toBe(0);
        return result.output;
    }

    /** `pulumi up`, which has to fail. */
    async refused(): Promise<string> {
        const result = await this.stack.up();
        expect(result.exitCode, result.output).not.toBe(0);
        return result.output;
    }

    async report(): Promise<ContainerReport> {
        return (await this.stack.outputs()).report as ContainerReport;
    }

    /** The volume that has the data of another now. */
    async movedVolume(volume = this.data): Promise<string> {
        const { volumes } = await this.stack.outputs();
        return (volumes as Record<string, string>)[volume] ?? "";
    }

    /** `pulumi up` and `pulumi refresh` find nothing to do. */
    async rests(): Promise<void> {
        for (const result of [
            await this.stack.refresh("--expect-no-changes"),
            await this.stack.up("--expect-no-changes"),
        ]) {
            expect(result.exitCode, result.output).toBe(0);
        }
    }

    /** As the old container is after a failure, and the new one. */
    async expectBack(policy = "no"): Promise<void> {
        expect(await this.status(this.old)).toBe("running");
        expect(await this.restartPolicy(this.old)).toBe(policy);
        expect(await this.status(this.new)).toBe("none");
    }

    /** The runner of its move, before there is one. */
    async runner(): Promise<RunnerProcess> {
        const journal = `${this.prefix}-journal`;
        await this.docker("volume", "create", journal);
        await this.shell(journal, "touch journal.jsonl");
        return RunnerProcess.of(this.prefix, (...args) => this.docker(...args));
    }

    async cleanUp(): Promise<void> {
        await this.stack.cleanUp();
        const label = `label=cutover.prefix=${this.prefix}`;
        const layers = await this.docker("image", "ls", "--quiet", "--filter", label);
        for (const layer of layers.split("\n").filter((id) => id !== ""))
            await this.docker("image", "rm", layer);
    }
}

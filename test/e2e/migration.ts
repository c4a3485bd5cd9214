import { afterEach, expect } from "vitest";
import { docker, type PulumiResult, TestStack, unique } from "./stack.js";

const made: Migration[] = [];
afterEach(async () => {
    for (const migration of made.splice(0)) await migration.stack.cleanUp();
});

const image = "debian:trixie-slim";

/** A stack with one `VolumeMigration`, `orders`, and the volumes and containers around it. */
export class Migration {
    readonly project = unique("v");
    readonly source = this.name("v1");
    readonly destination = this.name("v2");
    /** The destination's engine, where that is another one, as a property: `, host: "…"`. */
    there = "";
    readonly writer = this.name("writer");
    readonly stack = new TestStack("", { project: this.project });

    /** A stack of its own; it ends with the test. */
    static async begin(): Promise<Migration> {
        const migration = new Migration();
        made.push(migration);
        await migration.stack.init();
        return migration;
    }

    private constructor() {}

    /** Everything that a test makes begins like this, and is removed with the stack. */
    name(part: string): string {
        return `${this.project}-${part}`;
    }

    get runner(): string {
        return `${this.stack.prefix("orders")}-runner`;
    }

    /** The program's text: `more` are further arguments, `rest` further lines. */
    declare(more = "", rest = ""): this {
        this.stack.program(this.program(more, rest));
        return this;
    }

    program(more = "", rest = ""): string {
        return `
import * as cutover from "pulumi-cutover";
import * as docker from "@pulumi/docker";
const orders = new cutover.VolumeMigration("orders", {
    source: { docker: { volume: "${this.source}" } },
    destination: { docker: { volume: "${this.destination}"${this.there} } },
    ${more}
});
export const volume = orders.volume;
export const report = orders.report;
${rest}
void docker;
`;
    }

    /** Lets a shell at a volume, which is made where it is missing. */
    shell(volume: string, script: string): Promise<string> {
        return docker(
            "run",
            "--rm",
            "--mount",
            `type=volume,source=${volume},target=/v,volume-nocopy`,
            "--workdir",
            "/v",
            image,
            "bash",
            "-c",
            script,
        );
    }

    /** Names, modes, owners, times and content of a volume, as text. */
    tree(volume: string): Promise<string> {
        const script =
            "find . -printf '%p %y %m %U:%G %T@ %s %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0r sha256sum";
        return this.shell(volume, script);
    }

    /** A container that appends a line to /v/log all the time, and ends as soon as it is asked to. */
    async write(
        name = this.writer,
        mount = `type=volume,source=${this.source},target=/v`,
        ...options: string[]
    ): Promise<string> {
        const script =
            "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo $n >> /v/log; sleep 0.02; done";
        return docker(
            "run",
            "--detach",
            "--name",
            name,
            ...options,
            "--mount",
            mount,
            image,
            "bash",
            "-c",
            script,
        );
    }

    async status(container = this.writer): Promise<string> {
        return docker("inspect", "--format", "{{.State.Status}}", container);
    }

    /** Whether its runner is there, at work or not. */
    async hasRunner(): Promise<boolean> {
        return (await docker("ps", "--all", "--quiet", "--filter", `name=^${this.runner}$`)) !== "";
    }

    /** `pulumi up`, which has to succeed. */
    async up(): Promise<string> {
        const result = await this.stack.up();
        expect(result.exitCode, result.output).toBe(0);
        return result.output;
    }

    /** `pulumi up`, which has to fail. */
    async refused(): Promise<string> {
        const result: PulumiResult = await this.stack.up();
        expect(result.exitCode, result.output).not.toBe(0);
        return result.output;
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

    report(): Promise<Record<string, unknown>> {
        return this.stack.outputs().then(({ report }) => report as Record<string, unknown>);
    }
}

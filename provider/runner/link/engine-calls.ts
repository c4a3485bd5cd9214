import type {
    QuiescedContainer,
    SourcePlatform,
    Writer,
} from "../../engine/handover/volume-platform.js";
import type { Reporter } from "../../engine/progress.js";
import { linkSockets } from "../../platforms/docker/names.js";
import { LinkLost } from "../../volumes/remote/frames.js";
import { overLink } from "../../volumes/remote/retry.js";
import { connectTo, RemoteTools } from "../../volumes/remote/tool-client.js";
import type { OwnTool } from "../../volumes/remote/tool-server.js";
import { fromWireError, toWireError, type WireError } from "../../volumes/wire.js";

/** What the destination's runner asks the source's runner for. */
export interface SourceCalls extends SourcePlatform {
    /** Starts what reads the source, anew. @param limit bytes a second */
    openTools(limit: number | undefined): Promise<void>;
    /** It is over: nothing is asked for any more. */
    end(): Promise<void>;
}

const calls = [
    "identity",
    "writers",
    "container",
    "quiesce",
    "resume",
    "keep",
    "openTools",
    "end",
] as const satisfies readonly (keyof SourceCalls)[];

type Call = (typeof calls)[number];
type Answer = { result: unknown } | { error: WireError };

const leaseTool = "engine:lease";

/**
 * The calls, each a tool that reads its arguments and prints what it returns.
 * @param lease told when a destination is there, and when it is not any more
 */
export function engineTools(
    source: SourceCalls,
    lease: (held: boolean) => void,
): Record<string, OwnTool> {
    const served = calls.map((name) => [
        `engine:${name}`,
        async (input: NodeJS.ReadableStream, output: NodeJS.WritableStream) => {
            const parts: Buffer[] = [];
            for await (const chunk of input) parts.push(chunk as Buffer);
            const args = JSON.parse(Buffer.concat(parts).toString()) as unknown[];
            const call = source[name] as (...args: unknown[]) => Promise<unknown>;
            const answer: Answer = await call.apply(source, args).then(
                (result) => ({ result: result ?? null }),
                (error) => ({ error: toWireError(error) }),
            );
            output.write(JSON.stringify(answer));
        },
    ]);
    const hold: OwnTool = async (input) => {
        lease(true);
        try {
            for await (const _ of input);
        } catch {
            // Cut off: that is what is waited for.
        } finally {
            lease(false);
        }
    };
    return { ...Object.fromEntries(served), [leaseTool]: hold };
}

/** The source's engine from afar; what a broken link ends is asked again. */
export class RemoteSourcePlatform implements SourceCalls {
    private readonly tools = new RemoteTools(connectTo(linkSockets.engine));
    private readonly released = new AbortController();

    constructor(private readonly options: { reporter: Reporter; signal: AbortSignal }) {}

    identity(): Promise<string | undefined> {
        return this.call<string | null>("identity").then((found) => found ?? undefined);
    }
    writers(): Promise<Writer[]> {
        return this.call("writers");
    }
    container(name: string): Promise<QuiescedContainer | undefined> {
        return this.call<QuiescedContainer | null>("container", name).then((it) => it ?? undefined);
    }
    quiesce(container: QuiescedContainer, how: "stop" | "pause"): Promise<{ killed: boolean }> {
        return this.call("quiesce", container, how);
    }
    /** Not given up when somebody asked to go back: it is the way back. */
    resume(container: QuiescedContainer): Promise<boolean> {
        return this.call("resume", container);
    }
    async keep(ids: readonly string[]): Promise<void> {
        await this.call("keep", ids);
    }
    async openTools(limit: number | undefined): Promise<void> {
        await this.call("openTools", ...(limit === undefined ? [] : [limit]));
    }
    async end(): Promise<void> {
        this.released.abort();
        await this.ask("end", []);
    }

    /** Shows the source's runner that this one lives, until the end. */
    async hold(): Promise<void> {
        const { signal } = this.released;
        while (!signal.aborted) {
            const lease = this.tools.start({ argv: [leaseTool] }, signal);
            lease.stdout.resume();
            lease.stderr.resume();
            await lease.ended.catch(() => {});
            if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
        }
    }

    private call<T>(name: Call, ...args: unknown[]): Promise<T> {
        const { reporter } = this.options;
        return overLink({ reporter, signal: new AbortController().signal }, () =>
            this.ask<T>(name, args),
        );
    }

    private async ask<T>(name: Call, args: unknown[]): Promise<T> {
        const { exitCode, stdout, stderr } = await this.tools.run({
            argv: [`engine:${name}`],
            stdin: JSON.stringify(args),
        });
        if (exitCode !== 0) throw new LinkLost(`the source's runner failed: ${stderr.trim()}`);
        const answer = JSON.parse(stdout) as Answer;
        if ("error" in answer) throw fromWireError(answer.error);
        return answer.result as T;
    }
}

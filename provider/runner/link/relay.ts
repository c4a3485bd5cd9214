import { setTimeout as sleep } from "node:timers/promises";
import type { RunningCommand } from "../../platforms/commands.js";
import type { DockerEngine } from "../../platforms/docker/engine.js";
import { linkPort, linkSockets, names } from "../../platforms/docker/names.js";

/** Connections held ready at once: a copy opens several, and each takes two calls of docker. */
const spares = 3;

/**
 * Carries connections between two runners whose hosts do not reach each other, for as long as this process lives. Some
 * are always held ready at the destination; the source is called when the first byte comes. What passes through is encrypted
 * between the runners: this machine cannot read it.
 */
export async function relay(
    prefix: string,
    { engine, source }: { engine: DockerEngine; source: DockerEngine },
    signal: AbortSignal,
): Promise<void> {
    const carried: Promise<void>[] = [];
    const hold = async () => {
        while (!signal.aborted) {
            const held = engine
                .withSignal(signal)
                .execAttached(names.runner(prefix), [
                    ...["socat", "-"],
                    `UNIX-CONNECT:${linkSockets.relay}`,
                ]);
            held.stderr.resume();
            const first = await firstBytes(held);
            if (first) carried.push(carry(held, first, prefix, source.withSignal(signal)));
            // Not there yet, or started again.
            else await sleep(1_000, undefined, { signal }).catch(() => {});
        }
    };
    await Promise.all(Array.from({ length: spares }, hold));
    await Promise.allSettled(carried);
}

/** Undefined when it ended without a byte. */
function firstBytes(held: RunningCommand): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
        held.stdout.once("data", (chunk: Buffer) => {
            held.stdout.pause();
            resolve(chunk);
        });
        held.ended.then(
            () => resolve(undefined),
            () => resolve(undefined),
        );
    });
}

async function carry(
    held: RunningCommand,
    first: Buffer,
    prefix: string,
    source: DockerEngine,
): Promise<void> {
    const called = source.execAttached(names.source(prefix), [
        "socat",
        "-",
        `TCP:127.0.0.1:${linkPort}`,
    ]);
    called.stderr.resume();
    called.stdin.write(first);
    held.stdout.pipe(called.stdin);
    called.stdout.pipe(held.stdin);
    await Promise.allSettled([held.ended, called.ended]);
}

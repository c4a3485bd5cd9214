import { join } from "node:path";
import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import { execaRunner } from "../platforms/execa.js";
import { ArchiveMover } from "./archive/restore.js";
import { LocalMover } from "./local-mover.js";
import type { Mover, MoverOptions } from "./mover.js";
import { methods, type Reply, type Request, readLines, toWireError } from "./wire.js";

/** What the command line of a mover's container carries. */
export type ServedOptions = Omit<MoverOptions, "reporter" | "signal">;

/** Makes the mover that is served; tests hand in their own. */
export type MoverFactory = (options: MoverOptions) => Mover | Promise<Mover>;

const localMover: MoverFactory = (options) => {
    const { archive, source, destination, reporter, signal } = options;
    if (!archive) return new LocalMover(options, execaRunner);
    const { file, ...volume } = archive;
    const restore = { archive: join(source, file), destination, ...volume };
    return new ArchiveMover(restore, { runner: execaRunner, reporter, signal });
};

/**
 * Serves one mover: a line of JSON a request, its reply, and progress in between; one request at a time. Ends when the
 * input does, and with it whatever still runs: nobody would read the answer. Resolves with the exit code.
 */
export async function serveMover(
    options: ServedOptions,
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
    create: MoverFactory = localMover,
): Promise<number> {
    const gone = new AbortController();
    const send = (reply: Reply) => {
        output.write(`${JSON.stringify(reply)}\n`);
    };
    // Nobody reads any more: that shows at the input too.
    output.on("error", () => {});
    const open = openOnce(() =>
        create({ ...options, reporter: lineReporter(send), signal: gone.signal }),
    );
    let last: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve) => {
        const serve = (line: string) => {
            last = last.then(() => answer(line, open, send));
        };
        readLines(input, serve, resolve);
    });
    gone.abort(new CutoverError("the runner went away"));
    await last;
    await (await open.opened()?.catch(() => undefined))?.close();
    return 0;
}

/** A bad option is the answer to the first request, not the end of the process: so it arrives with its details. */
function openOnce(
    create: () => Mover | Promise<Mover>,
): (() => Promise<Mover>) & { opened: () => Promise<Mover> | undefined } {
    let mover: Promise<Mover> | undefined;
    const open = () => {
        mover ??= Promise.resolve().then(create);
        return mover;
    };
    return Object.assign(open, { opened: () => mover });
}

async function answer(
    line: string,
    open: () => Promise<Mover>,
    send: (reply: Reply) => void,
): Promise<void> {
    let request: Request;
    try {
        request = JSON.parse(line) as Request;
    } catch (error) {
        send({
            warn: `the mover was sent a line that is no request: ${error instanceof Error ? error.message : error}`,
        });
        return;
    }
    const { id, method, args } = request;
    try {
        if (!methods.includes(method))
            throw new CutoverError(`the mover knows no request ${JSON.stringify(method)}`);
        const mover = await open();
        const call = mover[method] as (...args: unknown[]) => Promise<unknown>;
        send({ id, result: (await call.apply(mover, args)) ?? null });
    } catch (error) {
        send({ id, error: toWireError(error) });
    }
}

function lineReporter(send: (reply: Reply) => void): Reporter {
    return {
        status: (status, progress) => send(progress ? { status, progress } : { status }),
        info: (info) => send({ info }),
        warn: (warn) => send({ warn }),
    };
}

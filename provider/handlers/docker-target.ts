import { CutoverError } from "../engine/errors.js";
import { DockerEngine } from "../platforms/docker/engine.js";
import type { HandlerContext } from "./handler.js";

/** How long preview waits for an engine, in milliseconds. */
const previewWait = 2_000;

/** The engine that a resource's declaration names. */
export function dockerEngine(host: string | undefined, context: HandlerContext): DockerEngine {
    return new DockerEngine(context.commands, host === undefined ? {} : { host });
}

/**
 * Looks at the engine. In preview one that cannot be reached is no failure: a pull request's CI often cannot.
 * @returns the problem, or undefined when it is there and usable
 */
export async function targetProblem(
    engine: DockerEngine,
    context: HandlerContext,
): Promise<string | undefined> {
    try {
        const { rootless } = await engine.version(context.preview ? previewWait : 10_000);
        if (!rootless || engine.target.host?.startsWith("unix://")) return undefined;
        return 'the runner needs the engine\'s own socket, and a rootless engine has none at /var/run/docker.sock; name it with docker.host: "unix:///run/user/UID/docker.sock"';
    } catch (error) {
        return error instanceof CutoverError ? error.message : String(error);
    }
}

/** Resolves with undefined when it takes longer than preview waits: then it reads "not measured". */
export async function measuredInTime<T>(
    work: Promise<T>,
    context: HandlerContext,
): Promise<T | undefined> {
    const late = context.clock.sleep(previewWait).then(() => undefined);
    return Promise.race([work.catch(() => undefined), late]);
}

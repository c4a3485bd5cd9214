import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CutoverError } from "../engine/errors.js";
import type { DockerEngine } from "../platforms/docker/engine.js";

/**
 * Where a runner is handed the private key for an encrypted archive: in its own memory (a tmpfs), which no other container
 * sees, `docker inspect` and `docker cp` do not show, and which is gone when it ends. So a runner that was started again
 * needs it again; nobody has to trust a disk with it.
 */
const identityPath = "/tmp/identity";

/** A constant: the key itself goes by standard input. */
const take = `umask 077 && cat > ${identityPath}.new && mv ${identityPath}.new ${identityPath}`;

/** Into a runner that runs; one that has ended meanwhile is left to whoever follows it. */
export async function handOverIdentity(
    engine: DockerEngine,
    runner: string,
    identity: string,
): Promise<void> {
    await engine.exec(runner, ["sh", "-c", take], { stdin: identity }).catch(() => {});
}

/** Milliseconds that a runner waits for it. */
const patience = 60_000;

/** In the runner. @throws CutoverError when nobody hands it over: whoever had it is gone. */
export async function handedIdentity(signal: AbortSignal): Promise<string> {
    for (const end = Date.now() + patience; Date.now() < end; ) {
        signal.throwIfAborted();
        try {
            return readFileSync(identityPath, "utf8").trim();
        } catch {
            await sleep(100);
        }
    }
    throw new CutoverError("nobody handed over the identity that opens the archive", {
        next: "run pulumi up again: only that has it",
    });
}

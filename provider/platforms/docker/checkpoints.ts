import type { Clock } from "../../engine/clock.js";
import { isNotFound, lines } from "./command-line.js";
import { DockerNetworks } from "./networks.js";

/** Milliseconds. */
const tidiedWithin = 30_000;

/** The memory of an engine's containers, on disk; it takes an engine with `experimental` set and CRIU on its host. */
export class DockerCheckpoints extends DockerNetworks {
    /** Writes a container's memory to disk and ends it. Where that fails it goes on as before. */
    async createCheckpoint(container: string, name: string): Promise<void> {
        await this.run(["checkpoint", "create", container, name]);
    }

    async checkpointNames(container: string): Promise<string[]> {
        const result = await this.try(["checkpoint", "ls", container]);
        if (result.exitCode === 0) return lines(result.stdout).slice(1);
        if (isNotFound(result)) return [];
        throw this.failure(["checkpoint", "ls", container], result);
    }

    /** Gone already is fine. */
    async removeCheckpoint(container: string, name: string): Promise<void> {
        const result = await this.try(["checkpoint", "rm", container, name]);
        if (result.exitCode === 0 || isNotFound(result)) return;
        if (/does not exist/i.test(result.stderr)) return;
        throw this.failure(["checkpoint", "rm", container], result);
    }

    /**
     * Starts a container from a checkpoint of its own. containerd may still have what the engine gave it when the
     * checkpoint was made, and refuses the same bytes a second time until it has tidied up: then it is tried again.
     */
    async startFrom(container: string, checkpoint: string, clock: Clock): Promise<void> {
        const args = ["start", "--checkpoint", checkpoint, container];
        const deadline = clock.now() + tidiedWithin;
        for (;;) {
            const result = await this.try(args);
            if (result.exitCode === 0) return;
            const again = /already exists/i.test(result.stderr) && clock.now() < deadline;
            if (!again) throw this.failure(args, result);
            await clock.sleep(200);
        }
    }
}

import { isNotFound, lines } from "./command-line.js";
import { DockerNetworks } from "./networks.js";

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

    async startFrom(container: string, checkpoint: string): Promise<void> {
        await this.run(["start", "--checkpoint", checkpoint, container]);
    }
}

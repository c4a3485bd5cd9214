import { labelFilters } from "./argv.js";
import { DockerCommandLine, isNotFound, type Labels, labelOptions, lines } from "./command-line.js";
import { parseVolumes, type VolumeFacts } from "./facts.js";

/** An engine's volumes. */
export class DockerVolumes extends DockerCommandLine {
    async volume(name: string): Promise<VolumeFacts | undefined> {
        const result = await this.try(["volume", "inspect", name]);
        if (result.exitCode === 0) return parseVolumes(result.stdout)[0];
        if (isNotFound(result)) return undefined;
        throw this.failure(["volume", "inspect", name], result);
    }

    async volumes(labels: Labels): Promise<VolumeFacts[]> {
        const { stdout } = await this.run(["volume", "ls", "--quiet", ...labelFilters(labels)]);
        const names = lines(stdout);
        if (names.length === 0) return [];
        const result = await this.try(["volume", "inspect", ...names]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["volume", "inspect"], result);
        return parseVolumes(result.stdout);
    }

    /** Found where it exists already, with whatever labels. */
    async createVolume(name: string, labels: Labels): Promise<void> {
        await this.run(["volume", "create", ...labelOptions(labels), name]);
    }

    async removeVolume(name: string): Promise<void> {
        const result = await this.try(["volume", "rm", name]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["volume", "rm", name], result);
    }
}

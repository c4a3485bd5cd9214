import { labelFilters } from "./argv.js";
import { isNotFound, type Labels, labelOptions, lines } from "./command-line.js";
import { DockerImages } from "./images.js";
import { type NetworkFacts, parseNetwork } from "./network-facts.js";

/** An engine's networks, and what it has of volumes and images. */
export class DockerNetworks extends DockerImages {
    async networkExists(name: string): Promise<boolean> {
        const result = await this.try(["network", "inspect", name]);
        if (result.exitCode === 0) return true;
        if (isNotFound(result)) return false;
        throw this.failure(["network", "inspect", name], result);
    }

    /** Undefined where there is none. */
    async network(name: string): Promise<NetworkFacts | undefined> {
        const result = await this.try(["network", "inspect", name]);
        if (result.exitCode === 0) return parseNetwork(result.stdout);
        if (isNotFound(result)) return undefined;
        throw this.failure(["network", "inspect", name], result);
    }

    async networks(labels: Labels): Promise<string[]> {
        const { stdout } = await this.run([
            "network",
            "ls",
            "--format",
            "{{.Name}}",
            ...labelFilters(labels),
        ]);
        return lines(stdout);
    }

    /** Found where it exists already; true when it was made. */
    async createNetwork(name: string, labels: Labels): Promise<boolean> {
        // Docker allows two networks of one name: look first.
        if (await this.networkExists(name)) return false;
        await this.run(["network", "create", ...labelOptions(labels), name]);
        return true;
    }

    async removeNetwork(name: string): Promise<void> {
        const result = await this.try(["network", "rm", name]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["network", "rm", name], result);
    }

    /** @param aliases what others in the network find it by, beside its name */
    async connect(
        network: string,
        container: string,
        aliases: readonly string[] = [],
    ): Promise<void> {
        const options = aliases.flatMap((alias) => ["--alias", alias]);
        const args = ["network", "connect", ...options, network, container];
        const result = await this.try(args);
        if (result.exitCode !== 0 && !/already exists/i.test(result.stderr))
            throw this.failure(args, result);
    }

    async disconnect(network: string, container: string): Promise<void> {
        const result = await this.try(["network", "disconnect", network, container]);
        if (result.exitCode !== 0 && !/not connected|no such|not found/i.test(result.stderr)) {
            throw this.failure(["network", "disconnect", network, container], result);
        }
    }
}

import type { RunningCommand } from "../commands.js";
import { isNotFound, type Labels, labelOptions, lines } from "./command-line.js";
import { type ImageFacts, parseImage, parseImages } from "./image-facts.js";
import { DockerVolumes } from "./volumes.js";

/** An engine's images, and what it has of volumes. */
export class DockerImages extends DockerVolumes {
    async imageExists(name: string): Promise<boolean> {
        const result = await this.try(["image", "inspect", "--format", "{{.Id}}", name]);
        if (result.exitCode === 0) return true;
        if (isNotFound(result)) return false;
        throw this.failure(["image", "inspect", name], result);
    }

    /** The image's content, which a tag only names. */
    async imageId(name: string): Promise<string> {
        const { stdout } = await this.run(["image", "inspect", "--format", "{{.Id}}", name]);
        return stdout.trim();
    }

    /** Undefined where there is none. */
    async image(name: string): Promise<ImageFacts | undefined> {
        const result = await this.try(["image", "inspect", name]);
        if (result.exitCode === 0) return parseImage(result.stdout);
        if (isNotFound(result)) return undefined;
        throw this.failure(["image", "inspect", name], result);
    }

    /** All that it has, by id. */
    async images(): Promise<ImageFacts[]> {
        const { stdout } = await this.run(["image", "ls", "--all", "--quiet", "--no-trunc"]);
        const ids = [...new Set(lines(stdout))];
        if (ids.length === 0) return [];
        // One that goes away meanwhile makes the exit code 1; the others are printed all the same.
        const result = await this.try(["image", "inspect", ...ids]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["image", "inspect"], result);
        return parseImages(result.stdout);
    }

    /** Finds it under one more name. */
    async tag(image: string, name: string): Promise<void> {
        await this.run(["image", "tag", image, name]);
    }

    /** Its archive, on stdout. */
    save(image: string): RunningCommand {
        return this.stream(["image", "save", image]);
    }

    /** Takes an archive, on stdin. */
    load(): RunningCommand {
        return this.stream(["image", "load", "--quiet"]);
    }

    /** A container's layer as an image; it must not run. What else the container is becomes part of it too. */
    async commit(container: string, tag: string, labels: Labels): Promise<void> {
        const changes = Object.entries(labels).flatMap(([key, value]) => [
            "--change",
            `LABEL ${JSON.stringify(key)}=${JSON.stringify(value)}`,
        ]);
        await this.run(["commit", "--pause=false", ...changes, container, tag]);
    }

    /** Gone already is fine. */
    async removeImage(name: string): Promise<void> {
        const result = await this.try(["image", "rm", name]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["image", "rm", name], result);
    }

    async pull(image: string): Promise<void> {
        await this.run(["pull", "--quiet", image]);
    }

    async build(options: {
        folder: string;
        target: string;
        tag: string;
        labels: Labels;
    }): Promise<void> {
        const { folder, target, tag, labels } = options;
        await this.run([
            "build",
            "--quiet",
            "--target",
            target,
            "--tag",
            tag,
            ...labelOptions(labels),
            folder,
        ]);
    }
}

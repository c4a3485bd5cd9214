import { isNotFound, type Labels, labelOptions } from "./command-line.js";
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

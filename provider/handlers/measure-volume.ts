import type { DockerEngine } from "../platforms/docker/engine.js";
import { moverCapabilities } from "../platforms/docker/slots.js";
import { imageTags } from "../runner/image.js";
import type { Measure } from "../volumes/mover.js";

/** Measures a volume in a short-lived container that cannot write to it. Fails where the image is not on the target. */
export async function measureVolume(
    engine: DockerEngine,
    volume: string,
    image = imageTags().runner,
): Promise<Measure> {
    if (!(await engine.imageExists(image)))
        throw new Error("not measured: preview builds no image");
    const { stdout } = await engine.runToEnd({
        image,
        command: ["measure"],
        network: "none",
        readOnlyRoot: true,
        capabilities: moverCapabilities.filter((name) => name === "DAC_READ_SEARCH"),
        volumes: [{ volume, path: "/source", readOnly: true }],
    });
    return JSON.parse(stdout) as Measure;
}

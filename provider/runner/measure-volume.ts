import type { DockerEngine } from "../platforms/docker/engine.js";
import { mountsOfPlace } from "../platforms/docker/places.js";
import { moverCapabilities } from "../platforms/docker/slots.js";
import type { Measure } from "../volumes/mover.js";
import type { Place } from "../volumes/refs.js";
import type { Watched } from "../volumes/watch.js";
import { imageTags } from "./image.js";

/** Measures a volume in a short-lived container that cannot write to it. Fails where the image is not on the target. */
export async function measureVolume(
    engine: DockerEngine,
    place: Place,
    image = imageTags().runner,
): Promise<Measure> {
    if (!(await engine.imageExists(image)))
        throw new Error("not measured: preview builds no image");
    return JSON.parse(await measured(engine, place, image, 0)) as Measure;
}

/** As `measureVolume`, and then watches for some seconds what is written to it. */
export async function watchVolume(
    engine: DockerEngine,
    place: Place,
    image: string,
    seconds: number,
): Promise<Measure & { watched: Watched }> {
    const text = await measured(engine, place, image, seconds);
    return JSON.parse(text) as Measure & { watched: Watched };
}

async function measured(
    engine: DockerEngine,
    place: Place,
    image: string,
    seconds: number,
): Promise<string> {
    const { stdout } = await engine.runToEnd({
        image,
        command: ["measure", String(seconds)],
        network: "none",
        readOnlyRoot: true,
        capabilities: moverCapabilities.filter((name) => name === "DAC_READ_SEARCH"),
        ...mountsOfPlace(place, "/source", { readOnly: true }),
    });
    return stdout;
}

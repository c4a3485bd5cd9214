import { CutoverError } from "../../engine/errors.js";
import type { Place } from "../../volumes/refs.js";
import type { CreateContainer } from "./argv.js";
import type { DockerEngine } from "./engine.js";
import type { VolumeFacts } from "./facts.js";

/** How a container mounts a place. */
export function mountsOfPlace(
    place: Place,
    path: string,
    how: { readOnly: boolean },
): Pick<CreateContainer, "volumes" | "binds"> {
    return "volume" in place
        ? { volumes: [{ volume: place.volume, path, ...how }] }
        : { binds: [{ source: place.directory, path, ...how }] };
}

/** Both kinds of mounts of several parts. */
export function joinMounts(
    ...parts: readonly Pick<CreateContainer, "volumes" | "binds">[]
): Required<Pick<CreateContainer, "volumes" | "binds">> {
    return {
        volumes: parts.flatMap(({ volumes }) => volumes ?? []),
        binds: parts.flatMap(({ binds }) => binds ?? []),
    };
}

/**
 * What the engine says of a place; undefined where there is none. A folder lies on the engine's machine, and only a
 * container from `image` can look at it: `createdAt` is then its device and inode.
 */
export async function placeFacts(
    engine: DockerEngine,
    place: Place,
    image: string,
): Promise<VolumeFacts | undefined> {
    if ("volume" in place) return engine.volume(place.volume);
    const kind = await statFolder(engine, place.directory, image);
    if (kind === undefined) return undefined;
    return { name: "", labels: {}, createdAt: kind, mountpoint: place.directory };
}

async function statFolder(
    engine: DockerEngine,
    directory: string,
    image: string,
): Promise<string | undefined> {
    try {
        const { stdout } = await engine.runToEnd({
            image,
            entrypoint: "stat",
            command: ["--format", "%F|%d:%i", "/place"],
            network: "none",
            readOnlyRoot: true,
            capabilities: [],
            binds: [{ source: directory, path: "/place", readOnly: true }],
        });
        const [kind = "", identity = ""] = stdout.trim().split("|");
        if (kind === "directory") return identity;
        throw new CutoverError(`${directory} is a ${kind}, and no folder`);
    } catch (error) {
        if (error instanceof CutoverError && isNoBindSource(error)) return undefined;
        throw error;
    }
}

function isNoBindSource({ details }: CutoverError): boolean {
    return (details.lastLines ?? []).some((line) =>
        line.includes("bind source path does not exist"),
    );
}

/** Makes a volume or a folder where it is missing. The folder above has to be there. */
export async function createPlace(
    engine: DockerEngine,
    place: Place,
    image: string,
    labels: Readonly<Record<string, string>>,
): Promise<void> {
    if ("volume" in place) return engine.createVolume(place.volume, labels);
    if (await statFolder(engine, place.directory, image)) return;
    const cut = place.directory.lastIndexOf("/");
    const [above, name] = [place.directory.slice(0, cut) || "/", place.directory.slice(cut + 1)];
    if ((await statFolder(engine, above, image)) === undefined) {
        throw new CutoverError(`there is no folder ${above} to make ${name} in`, {
            next: "make it on the engine's machine, or choose another path",
        });
    }
    await engine.runToEnd({
        image,
        entrypoint: "mkdir",
        command: ["-p", "--", `/above/${name}`],
        network: "none",
        readOnlyRoot: true,
        capabilities: ["DAC_OVERRIDE"],
        binds: [{ source: above, path: "/above" }],
    });
}

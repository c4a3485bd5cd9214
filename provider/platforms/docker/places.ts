import { CutoverError } from "../../engine/errors.js";
import type { Place, VolumePlace } from "../../volumes/refs.js";
import type { CreateContainer } from "./argv.js";
import type { DockerEngine } from "./engine.js";
import type { VolumeFacts } from "./facts.js";

/** A path, cut before its last part. */
export function folderAndFile(path: string): { folder: string; file: string } {
    const cut = path.lastIndexOf("/");
    return { folder: path.slice(0, cut) || "/", file: path.slice(cut + 1) };
}

/** How a container mounts a place. */
export function mountsOfPlace(
    place: Place,
    path: string,
    how: { readOnly: boolean },
): Pick<CreateContainer, "volumes" | "binds"> {
    if ("volume" in place) return { volumes: [{ volume: place.volume, path, ...how }] };
    const source = "directory" in place ? place.directory : folderAndFile(place.archive).folder;
    return { binds: [{ source, path, ...how }] };
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
    const [path, kind] =
        "directory" in place
            ? [place.directory, await statFolder(engine, place.directory, image)]
            : [place.archive, await statFile(engine, place.archive, image)];
    if (kind === undefined) return undefined;
    return { name: "", labels: {}, createdAt: kind, mountpoint: path };
}

/** Its device and inode; undefined where there is none. What it is, the mover looks at. */
async function statFile(
    engine: DockerEngine,
    path: string,
    image: string,
): Promise<string | undefined> {
    const { folder, file } = folderAndFile(path);
    try {
        const { stdout } = await engine.runToEnd({
            image,
            entrypoint: "stat",
            command: ["--format", "%d:%i", "--", `/place/${file}`],
            network: "none",
            readOnlyRoot: true,
            capabilities: ["DAC_READ_SEARCH"],
            binds: [{ source: folder, path: "/place", readOnly: true }],
        });
        return stdout.trim();
    } catch (error) {
        if (!(error instanceof CutoverError)) throw error;
        const gone = error.details.lastLines?.some((line) =>
            /: No such file or directory$/.test(line),
        );
        if (gone || isNoBindSource(error)) return undefined;
        throw error;
    }
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
    place: VolumePlace,
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

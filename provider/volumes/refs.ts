/**
 * A volume, wherever it is.
 * @example { docker: { volume: "orders-v1" } }
 * @example { docker: { volume: "orders-v1", host: "ssh://deploy@shop-1" } }
 * @example { directory: { path: "/srv/orders" } }
 */
export type VolumeRef = DockerVolumeRef | DirectoryRef;

export interface DockerVolumeRef {
    docker: {
        /** The volume's name. */
        volume: string;
        /** The engine, as DOCKER_HOST has it. @default stack configuration, else DOCKER_HOST, else the local engine */
        host?: string;
    };
}

/** A folder of the machine that a Docker engine runs on. */
export interface DirectoryRef {
    directory: {
        /** Absolute. */
        path: string;
        /** The engine of that machine, as DOCKER_HOST has it. @default as for a Docker volume */
        host?: string;
    };
}

/** Where data lie on the machine of one engine. */
export type Place = { volume: string } | { directory: string };

export function placeOf(ref: VolumeRef): Place {
    return "docker" in ref ? { volume: ref.docker.volume } : { directory: ref.directory.path };
}

/** The engine of a reference; undefined where it names none. */
export function hostOf(ref: VolumeRef): string | undefined {
    return "docker" in ref ? ref.docker.host : ref.directory.host;
}

/** As a container mounts it: a volume's name, or a path. */
export function placeName(place: Place): string {
    return "volume" in place ? place.volume : place.directory;
}

/** For people: `volume orders-v1`, `folder /srv/orders`. */
export function describePlace(place: Place): string {
    return "volume" in place ? `volume ${place.volume}` : `folder ${place.directory}`;
}

export function samePlace(one: Place, other: Place): boolean {
    return describePlace(one) === describePlace(other);
}

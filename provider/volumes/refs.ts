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

/** An archive that `VolumeArchive` wrote: a source, never a destination. */
export interface ArchiveRef {
    archive: {
        /** Absolute. */
        path: string;
        /** The engine of that machine, as DOCKER_HOST has it. @default as for a Docker volume */
        host?: string;
        /** Which of its volumes. @default the only one */
        volume?: string;
        /** A private key of age: secret, in no plan, job, journal or message. */
        identity?: string;
    };
}

export type SourceRef = VolumeRef | ArchiveRef;

/** Where data lie on the machine of one engine. */
export type Place = { volume: string } | { directory: string } | ArchivePlace;

export interface ArchivePlace {
    /** The file. */
    archive: string;
    /** Which of its volumes. */
    member?: string;
    /** A key is handed over when it is read. */
    locked?: true;
}

/** A place that can be written to. */
export type VolumePlace = Exclude<Place, ArchivePlace>;

export function placeOf(ref: VolumeRef): VolumePlace;
export function placeOf(ref: SourceRef): Place;
export function placeOf(ref: SourceRef): Place {
    if ("docker" in ref) return { volume: ref.docker.volume };
    if ("directory" in ref) return { directory: ref.directory.path };
    const { path, volume, identity } = ref.archive;
    return {
        archive: path,
        ...(volume === undefined ? {} : { member: volume }),
        ...(identity === undefined ? {} : { locked: true }),
    };
}

/** The engine of a reference; undefined where it names none. */
export function hostOf(ref: SourceRef): string | undefined {
    if ("docker" in ref) return ref.docker.host;
    return "directory" in ref ? ref.directory.host : ref.archive.host;
}

/** A source without its key: for whatever is kept, compared or shown. */
export function withoutIdentity(ref: SourceRef): SourceRef {
    if (!("archive" in ref)) return ref;
    const { identity: _identity, ...archive } = ref.archive;
    return { archive };
}

/** As a container mounts it: a volume's name, or a path. */
export function placeName(place: Place): string {
    if ("volume" in place) return place.volume;
    return "directory" in place ? place.directory : place.archive;
}

/** For people: `volume orders-v1`, `folder /srv/orders`. */
export function describePlace(place: Place): string {
    if ("volume" in place) return `volume ${place.volume}`;
    return "directory" in place ? `folder ${place.directory}` : `archive ${place.archive}`;
}

export function samePlace(one: Place, other: Place): boolean {
    return describePlace(one) === describePlace(other);
}
